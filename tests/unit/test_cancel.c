/* pneu_client_cancel() from a signal handler: the call under way ends soon,
 * whatever it waits for, and the client can be used again. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "pneu/client.h"
#include "unit.h"

static pneu_client *under_way;

static void on_alarm(int number)
{
    (void)number;
    pneu_client_cancel(under_way);
}

static void alarm_in_ms(long ms)
{
    struct sigaction action = {.sa_handler = on_alarm};
    struct itimerval timer = {.it_value = {ms / 1000, ms % 1000 * 1000}};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &timer, NULL);
}

/* A port whose connections are accepted by nobody: it never greets. */
static int silent_port(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(
        bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(listener, 8), 0);
    getsockname(listener, (struct sockaddr *)&address, &length);
    *port = ntohs(address.sin_port);
    return listener;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void ends_while_the_greeting_is_awaited(void **state)
{
    uint16_t port = 0;
    int listener = silent_port(&port);
    pneu_error error;
    (void)state;
    assert_status(
        pneu_client_new(&under_way,
                        PNEU_CLIENT_OPTIONS(.host = "127.0.0.1", .port = port),
                        &error),
        PNEU_OK);
    for (int round = 0; round < 2; round++) {
        alarm_in_ms(100);
        int64_t begin = now_ms();
        assert_status(pneu_client_open(under_way), PNEU_CANCELLED);
        assert_status(pneu_client_error(under_way)->status, PNEU_CANCELLED);
        assert_false(pneu_client_is_connected(under_way));
        assert_in_range((uintmax_t)(now_ms() - begin), 90, 8000);
    }
    pneu_client_free(under_way);
    close(listener);
}

static void ends_the_handshake(void **state)
{
    uint16_t port = 0;
    int listener = silent_port(&port);
    pneu_error error;
    (void)state;
    assert_status(
        pneu_client_new(&under_way,
                        PNEU_CLIENT_OPTIONS(.host = "127.0.0.1", .port = port,
                                            .tls = PNEU_TLS_IMPLICIT),
                        &error),
        PNEU_OK);
    alarm_in_ms(100);
    assert_status(pneu_client_open(under_way), PNEU_CANCELLED);
    pneu_client_free(under_way);
    close(listener);
}

static void ends_the_next_call_if_there_is_none(void **state)
{
    uint16_t port = 0;
    int listener = silent_port(&port);
    pneu_error error;
    (void)state;
    assert_status(
        pneu_client_new(&under_way,
                        PNEU_CLIENT_OPTIONS(.host = "127.0.0.1", .port = port),
                        &error),
        PNEU_OK);
    pneu_client_cancel(under_way);
    assert_status(pneu_client_connect(under_way, NULL), PNEU_CANCELLED);
    pneu_client_free(under_way);
    close(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_while_the_greeting_is_awaited),
        cmocka_unit_test(ends_the_handshake),
        cmocka_unit_test(ends_the_next_call_if_there_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
