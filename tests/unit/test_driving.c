/* A client that does not block, driven from outside: client and server take
 * turns in one thread, so any wait inside would be for ever. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pneu/client.h"
#include "unit.h"

enum {
    ROUNDS_MAX = 2000
};

typedef struct world {
    int listener;
    uint16_t port;
    int line; /* -1: not accepted yet */
    pneu_client *client;
    char heard[4096];
    size_t heard_length;
    unsigned changes; /* descriptors that a wait named anew */
    unsigned questions;
} world;

static void listen_here(world *in)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    in->line = -1;
    in->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(
        bind(in->listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(in->listener, 8), 0);
    assert_int_equal(
        getsockname(in->listener, (struct sockaddr *)&address, &length), 0);
    in->port = ntohs(address.sin_port);
    fcntl(in->listener, F_SETFL, O_NONBLOCK);
}

static void begin(world *in, const char *host)
{
    pneu_error error;
    *in = (world){.line = -1};
    listen_here(in);
    assert_status(
        pneu_client_new(&in->client,
                        PNEU_CLIENT_OPTIONS(.host = host, .port = in->port,
                                            .local_name = "me.example",
                                            .timeout_ms = 5000,
                                            .non_blocking = true),
                        &error),
        PNEU_OK);
}

static void end(world *in)
{
    pneu_client_free(in->client);
    close(in->listener);
    if (in->line >= 0)
        close(in->line);
}

static void say(const world *in, const char *text)
{
    assert_int_equal(write(in->line, text, strlen(text)), strlen(text));
}

/* Takes what has come, and answers each whole command by the next answer. */
static void serve(world *in, const char *const *answers, size_t *answered)
{
    if (in->line < 0) {
        in->line = accept(in->listener, NULL, NULL);
        if (in->line < 0)
            return;
        fcntl(in->line, F_SETFL, O_NONBLOCK);
        say(in, "220 mail.example\r\n");
    }
    ssize_t got = read(in->line, in->heard + in->heard_length,
                       sizeof(in->heard) - in->heard_length - 1);
    if (got <= 0)
        return;
    in->heard_length += (size_t)got;
    if (in->heard[in->heard_length - 1] == '\n' && answers[*answered] != NULL)
        say(in, answers[(*answered)++]);
}

/* Takes what has come, and forgets it. */
static void drain(const world *in)
{
    char octets[65536];
    while (read(in->line, octets, sizeof(octets)) > 0)
        continue;
}

static void wait_shortly(world *in, const pneu_wait *wait)
{
    struct pollfd one = {.fd = wait->descriptor};
    in->changes += wait->has_changed && wait->descriptor >= 0;
    if ((wait->events & PNEU_WAIT_ADDRESSES) != 0) {
        in->questions++;
        assert_status(pneu_client_add_address(in->client, "127.0.0.1"),
                      PNEU_OK);
    }
    one.events = (wait->events & PNEU_WAIT_READ) != 0 ? POLLIN : POLLOUT;
    poll(&one, 1, 1);
}

/* Takes the call to its end, being the server meanwhile. */
static pneu_status finish(world *in, pneu_status status,
                          const char *const *answers, size_t *answered)
{
    pneu_wait wait;
    for (int round = 0; status == PNEU_AGAIN && round < ROUNDS_MAX; round++) {
        serve(in, answers, answered);
        status = pneu_client_go_on(in->client, &wait);
        if (status == PNEU_AGAIN)
            wait_shortly(in, &wait);
    }
    return status;
}

static const char *const RECIPIENTS[] = {"you@example.org", "him@example.org"};

static pneu_envelope envelope(void)
{
    return (pneu_envelope){.size = sizeof(pneu_envelope),
                           .sender = "me@example.org",
                           .recipients = RECIPIENTS,
                           .recipient_count = 2};
}

static pneu_message message(void)
{
    return (pneu_message){.size = sizeof(pneu_message),
                          .data = "Subject: x\n\nHi\n",
                          .length = 15};
}

static void sends_while_others_have_their_turn(void **state)
{
    static const char *const ANSWERS[] = {
        "250 mail.example\r\n", "250 ok\r\n",
        "250 ok\r\n",           "550 no such\r\n",
        "354 go on\r\n",        "250 queued as 7\r\n",
        "221 bye\r\n",          NULL};
    world in;
    size_t answered = 0;
    const pneu_delivery *result = NULL;
    pneu_envelope from = envelope();
    pneu_message what = message();
    (void)state;
    begin(&in, "127.0.0.1");
    pneu_status status = pneu_client_sendmail(in.client, &from, &what, &result);
    assert_status(status, PNEU_AGAIN);
    assert_null(result);
    assert_null(pneu_client_result(in.client));
    status = finish(&in, status, ANSWERS, &answered);
    assert_status(status, PNEU_REFUSED);
    result = pneu_client_result(in.client);
    assert_non_null(result);
    assert_int_equal(pneu_delivery_outcome(result, 0)->kind,
                     PNEU_OUTCOME_ACCEPTED);
    assert_int_equal(pneu_delivery_outcome(result, 1)->code, 550);
    assert_int_equal(in.changes, 1);
    assert_int_equal(in.questions, 0);

    status = pneu_client_quit(in.client, NULL);
    assert_status(finish(&in, status, ANSWERS, &answered), PNEU_OK);
    assert_int_equal(pneu_client_reply(in.client)->code, 221);
    end(&in);
}

static void asks_for_addresses_and_never_looks_up(void **state)
{
    static const char *const ANSWERS[] = {"250-mail.example\r\n250 HELP\r\n",
                                          NULL};
    world in;
    size_t answered = 0;
    (void)state;
    begin(&in, "mail.nowhere.invalid");
    assert_string_equal(pneu_client_lookup_name(in.client),
                        "mail.nowhere.invalid");
    pneu_status status = pneu_client_open(in.client);
    assert_status(finish(&in, status, ANSWERS, &answered), PNEU_OK);
    assert_int_equal(in.questions, 1);
    assert_true(pneu_client_has_extension(in.client, "HELP"));
    assert_int_equal(pneu_client_hello_reply(in.client)->code, 250);
    assert_true(pneu_client_is_extended(in.client));
    end(&in);
}

static void without_addresses_the_host_is_unknown(void **state)
{
    world in;
    pneu_wait wait;
    (void)state;
    begin(&in, "mail.nowhere.invalid");
    assert_status(pneu_client_open(in.client), PNEU_AGAIN);
    assert_status(pneu_client_go_on(in.client, &wait), PNEU_AGAIN);
    assert_int_equal(wait.events, PNEU_WAIT_ADDRESSES);
    assert_int_equal(wait.descriptor, -1);
    assert_status(pneu_client_add_address(in.client, "mail.example"),
                  PNEU_INVALID);
    assert_status(pneu_client_go_on(in.client, &wait), PNEU_HOST_UNKNOWN);
    for (int i = 0; i < 16; i++)
        assert_status(pneu_client_add_address(in.client, "127.0.0.1"), PNEU_OK);
    assert_status(pneu_client_add_address(in.client, "127.0.0.1"),
                  PNEU_TOO_LARGE);
    end(&in);
}

/* The second address is another descriptor, and the wait says so. */
static void tells_when_the_descriptor_is_another(void **state)
{
    static const char *const ANSWERS[] = {"250 mail.example\r\n", NULL};
    world in;
    size_t answered = 0;
    (void)state;
    begin(&in, "mail.nowhere.invalid");
    assert_status(pneu_client_add_address(in.client, "127.0.0.2"), PNEU_OK);
    assert_status(pneu_client_add_address(in.client, "127.0.0.1"), PNEU_OK);
    pneu_status status = pneu_client_open(in.client);
    assert_status(finish(&in, status, ANSWERS, &answered), PNEU_OK);
    assert_int_equal(in.questions, 0);

    close(in.line);
    in.line = -1;
    unsigned before = in.changes;
    answered = 0;
    status = pneu_client_open(in.client);
    assert_status(finish(&in, status, ANSWERS, &answered), PNEU_OK);
    assert_int_equal(in.questions, 1);
    assert_in_range(in.changes, before + 1, before + 2);
    end(&in);
}

static void one_call_at_a_time(void **state)
{
    static const char *const ANSWERS[] = {"250 mail.example\r\n", NULL};
    world in;
    size_t answered = 0;
    pneu_wait wait;
    (void)state;
    begin(&in, "127.0.0.1");
    assert_status(pneu_client_go_on(in.client, &wait), PNEU_MISUSE);
    pneu_status status = pneu_client_open(in.client);
    assert_status(status, PNEU_AGAIN);
    assert_status(pneu_client_noop(in.client, NULL), PNEU_MISUSE);
    assert_status(pneu_client_error(in.client)->status, PNEU_MISUSE);
    assert_status(finish(&in, status, ANSWERS, &answered), PNEU_OK);
    assert_status(pneu_client_error(in.client)->status, PNEU_OK);
    end(&in);
}

static void time_runs_out_without_anybody_waiting(void **state)
{
    world in;
    pneu_wait wait;
    (void)state;
    begin(&in, "127.0.0.1");
    pneu_client_set_deadline(in.client, 30);
    pneu_status status = pneu_client_open(in.client);
    for (int round = 0; status == PNEU_AGAIN && round < ROUNDS_MAX; round++) {
        status = pneu_client_go_on(in.client, &wait);
        if (status == PNEU_AGAIN) {
            assert_in_range(wait.timeout_ms, 0, 30);
            wait_shortly(&in, &wait);
        }
    }
    assert_status(status, PNEU_DEADLINE);
    end(&in);
}

static void closing_ends_the_call(void **state)
{
    static const char *const ANSWERS[] = {"250 mail.example\r\n", "250 ok\r\n",
                                          "250 ok\r\n",           "250 ok\r\n",
                                          "354 go on\r\n",        NULL};
    world in;
    size_t answered = 0;
    pneu_wait wait;
    pneu_envelope from = envelope();
    pneu_message what = message();
    (void)state;
    begin(&in, "127.0.0.1");
    pneu_status status = pneu_client_sendmail(in.client, &from, &what, NULL);
    while (status == PNEU_AGAIN && strstr(in.heard, "\r\n.\r\n") == NULL) {
        serve(&in, ANSWERS, &answered);
        status = pneu_client_go_on(in.client, &wait);
        wait_shortly(&in, &wait);
    }
    assert_status(status, PNEU_AGAIN);
    pneu_client_close(in.client);
    assert_status(pneu_client_error(in.client)->status, PNEU_CANCELLED);
    assert_false(pneu_client_is_connected(in.client));
    /* the end had left: nobody can know */
    const pneu_delivery *result = pneu_client_result(in.client);
    assert_non_null(result);
    assert_int_equal(pneu_delivery_tally(result, PNEU_OUTCOME_IN_DOUBT), 2);
    assert_status(pneu_client_go_on(in.client, &wait), PNEU_MISUSE);
    end(&in);
}

static void cancelling_ends_the_call(void **state)
{
    world in;
    size_t answered = 0;
    static const char *const ANSWERS[] = {NULL};
    (void)state;
    begin(&in, "127.0.0.1");
    pneu_status status = pneu_client_open(in.client);
    pneu_client_cancel(in.client);
    assert_status(finish(&in, status, ANSWERS, &answered), PNEU_CANCELLED);
    end(&in);
}

/* A long message to a server that takes it as fast as it comes. */
static void leaves_others_their_turn(void **state)
{
    static const char *const ANSWERS[] = {"250 mail.example\r\n", "250 ok\r\n",
                                          "250 ok\r\n",           "250 ok\r\n",
                                          "354 go on\r\n",        NULL};
    enum {
        SIZE = 8 * 1024 * 1024
    };
    world in;
    size_t answered = 0;
    unsigned turns = 0;
    pneu_wait wait;
    pneu_envelope from = envelope();
    char *text = malloc(SIZE);
    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < SIZE; i++)
        text[i] = i % 64 == 63 ? '\n' : 'x';
    pneu_message what = {.size = sizeof(what), .data = text, .length = SIZE};
    begin(&in, "127.0.0.1");
    pneu_status status = pneu_client_sendmail(in.client, &from, &what, NULL);
    for (int round = 0; status == PNEU_AGAIN && answered < 5; round++) {
        serve(&in, ANSWERS, &answered);
        status = pneu_client_go_on(in.client, &wait);
        assert_in_range(round, 0, ROUNDS_MAX);
    }
    for (; status == PNEU_AGAIN && turns < 20; turns++) {
        drain(&in);
        status = pneu_client_go_on(in.client, &wait);
    }
    assert_status(status, PNEU_AGAIN);
    assert_int_equal(turns, 20);
    free(text);
    end(&in);
}

static void freeing_in_the_midst_leaks_nothing(void **state)
{
    world in;
    (void)state;
    begin(&in, "127.0.0.1");
    assert_status(pneu_client_login(in.client, "me", "secret", NULL),
                  PNEU_AGAIN);
    end(&in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sends_while_others_have_their_turn),
        cmocka_unit_test(asks_for_addresses_and_never_looks_up),
        cmocka_unit_test(without_addresses_the_host_is_unknown),
        cmocka_unit_test(tells_when_the_descriptor_is_another),
        cmocka_unit_test(one_call_at_a_time),
        cmocka_unit_test(time_runs_out_without_anybody_waiting),
        cmocka_unit_test(closing_ends_the_call),
        cmocka_unit_test(cancelling_ends_the_call),
        cmocka_unit_test(leaves_others_their_turn),
        cmocka_unit_test(freeing_in_the_midst_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
