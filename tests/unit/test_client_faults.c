/* A client in trouble: cancelled, out of time, or half-way through something
 * when the connection goes. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "client/debug.h"
#include "mail_server.h"
#include "pneu/client.h"
#include "transport/clock.h"
#include "transport/wake.h"
#include "unit.h"

static pneu_client *client;

static void begin(const pneu_client_options *options)
{
    pneu_error error;
    assert_status(pneu_client_new(&client, options, &error), PNEU_OK);
}

static pneu_status finish(pneu_status status)
{
    pneu_wait wait;
    while (status == PNEU_AGAIN &&
           (status = pneu_client_go_on(client, &wait)) == PNEU_AGAIN) {
        struct pollfd one = {.fd = wait.descriptor};
        one.events |= (wait.events & PNEU_WAIT_READ) != 0 ? POLLIN : 0;
        one.events |= (wait.events & PNEU_WAIT_WRITE) != 0 ? POLLOUT : 0;
        poll(&one, 1, (int)wait.timeout_ms);
    }
    return status;
}

static const char *const TO[] = {"you@example.org", "him@example.org"};

static pneu_status send_text(const char *text, size_t recipients,
                             const pneu_delivery **result)
{
    return pneu_client_sendmail(
        client,
        PNEU_ENVELOPE(.sender = "me@example.org", .recipients = TO,
                      .recipient_count = recipients),
        PNEU_MESSAGE(.data = text, .length = strlen(text)), result);
}

static void on_alarm(int number)
{
    (void)number;
    pneu_client_cancel(client);
}

static void cancel_in_ms(long ms)
{
    struct sigaction action = {.sa_handler = on_alarm};
    struct itimerval timer = {.it_value = {ms / 1000, ms % 1000 * 1000}};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &timer, NULL);
}

/* RFC 9422: one transaction a connection, one recipient each; QUIT is not
 * answered. */
static const char *one_at_a_time(unsigned connection, const char *line)
{
    (void)connection;
    if (strncmp(line, "EHLO", 4) == 0)
        return "250-mail.example\r\n250 LIMITS MAILMAX=1 RCPTMAX=1\r\n";
    return strcmp(line, "QUIT") == 0 ? "" : NULL;
}

static void cancelling_while_parting_sends_nothing_more(void **state)
{
    mail_server server = mail_server_start(one_at_a_time);
    const pneu_delivery *result = NULL;
    (void)state;
    begin(PNEU_CLIENT_OPTIONS(.host = "127.0.0.1", .port = server.port));
    cancel_in_ms(200);
    assert_status(send_text("Subject: x\n\nHi\n", 2, &result), PNEU_CANCELLED);
    assert_non_null(result);
    assert_int_equal(pneu_delivery_tally(result, PNEU_OUTCOME_ACCEPTED), 1);
    assert_int_equal(pneu_delivery_tally(result, PNEU_OUTCOME_NOT_TRIED), 1);
    assert_int_equal(server.log->connections, 1);
    pneu_client_free(client);
    mail_server_stop(&server);
}

static pneu_status gives_in(void *context, const void *challenge, size_t length,
                            pneu_answer *answer)
{
    (void)context;
    (void)length;
    (void)answer;
    return challenge == NULL ? PNEU_OK : PNEU_NOT_OFFERED;
}

static const char *asks_for_a_ticket(unsigned connection, const char *line)
{
    (void)connection;
    if (strncmp(line, "EHLO", 4) == 0)
        return "250-mail.example\r\n250 AUTH X-TICKET\r\n";
    if (strncmp(line, "AUTH", 4) == 0)
        return "334 \r\n";
    return strcmp(line, "*") == 0 ? "501 as you like\r\n" : NULL;
}

/* RFC 4954 4: EHLO may be said again after AUTH; but who was to log in and did
 * not, sends nothing. */
static void asking_again_is_no_way_around_auth(void **state)
{
    static const pneu_mechanism TICKET = {
        .size = sizeof(TICKET), .name = "X-TICKET", .step = gives_in};
    mail_server server = mail_server_start(asks_for_a_ticket);
    (void)state;
    begin(PNEU_CLIENT_OPTIONS(.host = "127.0.0.1", .port = server.port,
                              .own_mechanism = &TICKET));
    assert_status(send_text("Subject: x\n\nHi\n", 1, NULL), PNEU_NOT_OFFERED);
    assert_int_equal(server.log->mails, 0);
    pneu_client_free(client);
    mail_server_stop(&server);
}

/* A descriptor of the program's is none of the client's, and 0 is one. */
static void closes_nothing_that_it_did_not_open(void **state)
{
    int kept = dup(STDIN_FILENO);
    (void)state;
    assert_int_equal(dup2(STDERR_FILENO, STDIN_FILENO), STDIN_FILENO);
    begin(PNEU_CLIENT_OPTIONS(.host = "127.0.0.1", .port = 1));
    pneu_client_close(client);
    pneu_client_free(client);
    begin(PNEU_CLIENT_OPTIONS(.host = "127.0.0.1", .port = 1));
    assert_status(pneu_client_connect(client, NULL), PNEU_CONNECT);
    pneu_client_free(client);
    assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0);
    if (kept >= 0)
        dup2(kept, STDIN_FILENO);
    close(kept);
}

typedef struct heard {
    uint64_t sent;
    uint64_t total;
    unsigned wrong;
    unsigned times;
} heard;

static void hear(void *context, uint64_t sent, uint64_t total)
{
    heard *so_far = context;
    so_far->wrong += sent > total || sent < so_far->sent || sent == 0;
    so_far->sent = sent;
    so_far->total = total;
    so_far->times++;
}

static void progress_is_of_the_message_under_way(void **state)
{
    mail_server server = mail_server_start(NULL);
    heard so_far = {0};
    (void)state;
    begin(PNEU_CLIENT_OPTIONS(.host = "127.0.0.1", .port = server.port,
                              .progress = hear, .progress_context = &so_far));
    assert_status(
        send_text("Subject: long\n\nA text of some length\n", 1, NULL),
        PNEU_OK);
    for (int i = 0; i < 2; i++) { /* the same again is told again */
        so_far = (heard){0};
        assert_status(send_text("Subject: x\n\nHi\n", 1, NULL), PNEU_OK);
        assert_int_equal(so_far.wrong, 0);
        assert_true(so_far.times > 0);
        assert_int_equal(so_far.sent, so_far.total);
    }
    pneu_client_free(client);
    mail_server_stop(&server);
}

/* A port at which no connection is ever made: its queue is full. */
typedef struct dead_port {
    int listener;
    int fillers[8];
    struct sockaddr_in address;
} dead_port;

static dead_port dead_at(uint32_t host, uint16_t port)
{
    dead_port it = {.address = {.sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(host),
                                .sin_port = htons(port)}};
    socklen_t length = sizeof(it.address);
    struct sockaddr *address = (struct sockaddr *)&it.address;
    it.listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(it.listener, address, length), 0);
    assert_int_equal(listen(it.listener, 0), 0);
    assert_int_equal(getsockname(it.listener, address, &length), 0);
    for (size_t i = 0; i < sizeof(it.fillers) / sizeof(it.fillers[0]); i++) {
        it.fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)connect(it.fillers[i], address, length);
    }
    return it;
}

static void bury(const dead_port *it)
{
    close(it->listener);
    for (size_t i = 0; i < sizeof(it->fillers) / sizeof(it->fillers[0]); i++)
        close(it->fillers[i]);
}

/* All addresses are tried within the one time for connecting. */
static void dead_addresses_do_not_add_up(void **state)
{
    dead_port one = dead_at(INADDR_LOOPBACK, 0);
    dead_port two = dead_at(INADDR_LOOPBACK + 1, ntohs(one.address.sin_port));
    dead_port three = dead_at(INADDR_LOOPBACK + 2, ntohs(one.address.sin_port));
    (void)state;
    begin(PNEU_CLIENT_OPTIONS(.host = "mail.invalid",
                              .port = ntohs(one.address.sin_port),
                              .timeout_ms = 300, .non_blocking = true));
    assert_status(pneu_client_add_address(client, "127.0.0.1"), PNEU_OK);
    assert_status(pneu_client_add_address(client, "127.0.0.2"), PNEU_OK);
    assert_status(pneu_client_add_address(client, "127.0.0.3"), PNEU_OK);
    int64_t start = pn_clock_now_ms();
    assert_status(finish(pneu_client_open(client)), PNEU_TIMEOUT);
    assert_in_range(pn_clock_now_ms() - start, 250, 550);
    pneu_client_free(client);
    bury(&one);
    bury(&two);
    bury(&three);
}

static void a_deadline_holds_that_is_set_in_the_midst(void **state)
{
    dead_port one = dead_at(INADDR_LOOPBACK, 0);
    (void)state;
    begin(PNEU_CLIENT_OPTIONS(.host = "127.0.0.1",
                              .port = ntohs(one.address.sin_port),
                              .timeout_ms = 5000, .non_blocking = true));
    assert_status(pneu_client_open(client), PNEU_AGAIN);
    pneu_client_set_deadline(client, 50);
    int64_t start = pn_clock_now_ms();
    assert_status(finish(PNEU_AGAIN), PNEU_DEADLINE);
    assert_in_range(pn_clock_now_ms() - start, 40, 1000);

    pneu_client_set_deadline(client, 50);
    assert_status(pneu_client_open(client), PNEU_AGAIN);
    pneu_client_set_deadline(client, 300); /* is one that is put off */
    start = pn_clock_now_ms();
    assert_status(finish(PNEU_AGAIN), PNEU_DEADLINE);
    assert_in_range(pn_clock_now_ms() - start, 250, 2000);
    pneu_client_free(client);
    bury(&one);
}

static void a_deadline_is_for_addresses_too(void **state)
{
    pneu_wait wait;
    (void)state;
    begin(PNEU_CLIENT_OPTIONS(.host = "mail.invalid", .non_blocking = true));
    pneu_client_set_deadline(client, 30);
    assert_status(pneu_client_open(client), PNEU_AGAIN);
    assert_status(pneu_client_go_on(client, &wait), PNEU_AGAIN);
    assert_int_equal(wait.events, PNEU_WAIT_ADDRESSES);
    assert_in_range(wait.timeout_ms, 0, 30);
    poll(NULL, 0, 40);
    assert_status(pneu_client_go_on(client, &wait), PNEU_DEADLINE);
    pneu_client_free(client);
}

static const char *silent_to_noop(unsigned connection, const char *line)
{
    (void)connection;
    return strcmp(line, "NOOP") == 0 ? "" : NULL;
}

/* A result is of the last sendmail, whatever was closed since. */
static void closing_brings_no_old_result_back(void **state)
{
    mail_server server = mail_server_start(silent_to_noop);
    (void)state;
    begin(PNEU_CLIENT_OPTIONS(.host = "127.0.0.1", .port = server.port,
                              .non_blocking = true));
    const char *text = "Subject: x\n\nHi\n";
    pneu_envelope envelope =
        *PNEU_ENVELOPE(.sender = "me@example.org", .recipients = TO,
                       .recipient_count = 1);
    pneu_message message = *PNEU_MESSAGE(.data = text, .length = strlen(text));
    assert_status(
        finish(pneu_client_sendmail(client, &envelope, &message, NULL)),
        PNEU_OK);
    assert_non_null(pneu_client_result(client));
    assert_status(pneu_client_sendmail(client, NULL, NULL, NULL), PNEU_INVALID);
    assert_null(pneu_client_result(client));
    assert_status(pneu_client_noop(client, NULL), PNEU_AGAIN);
    pneu_client_close(client);
    assert_status(pneu_client_error(client)->status, PNEU_CANCELLED);
    assert_null(pneu_client_result(client));
    pneu_client_free(client);
    mail_server_stop(&server);
}

enum {
    CALLS = 5000
};

typedef struct caller {
    pn_wake wake;
    atomic_int called;
    atomic_int done; /* with what was called */
} caller;

static void wait_for(const atomic_int *number, int value)
{
    while (*number < value)
        sched_yield();
}

static void *call_again_and_again(void *context)
{
    caller *it = context;
    for (int i = 1; i <= CALLS; i++) {
        pn_wake_call(&it->wake);
        it->called = i;
        wait_for(&it->done, i);
    }
    return NULL;
}

/* What is left in the pipe would wake each wait from then on, at once. */
static void a_call_that_was_taken_wakes_nobody_else(void **state)
{
    caller it = {.called = 0};
    pthread_t thread;
    int left = 0;
    (void)state;
    assert_true(pn_wake_init(&it.wake));
    assert_int_equal(pthread_create(&thread, NULL, call_again_and_again, &it),
                     0);
    struct pollfd one = {.fd = pn_wake_descriptor(&it.wake), .events = POLLIN};
    for (int i = 1; i <= CALLS; i++) {
        while (!pn_wake_take(&it.wake))
            sched_yield();
        wait_for(&it.called, i);
        left += poll(&one, 1, 0);
        it.done = i;
    }
    pthread_join(thread, NULL);
    assert_int_equal(left, 0);
    pn_wake_finish(&it.wake);
}

/* What is printed to standard error meanwhile, into text. */
static void shown_of(void (*print)(size_t), size_t argument, char *text,
                     size_t size)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    int kept = dup(STDERR_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    print(argument);
    fflush(stderr);
    dup2(kept, STDERR_FILENO);
    close(kept);
    rewind(file);
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
}

/* AUTH, cut after so many octets, then the connection is gone; another. */
static void print_cut_auth(size_t cut)
{
    pn_debug debug;
    const pneu_piece auth[] = {
        {"AUTH PLAIN ", 11, 0},
        {"c2VjcmV0\r\n", 10, PNEU_PIECE_SECRET},
    };
    const pneu_piece hello = {"EHLO me\r\n", 9, 0};
    pn_debug_init(&debug);
    debug.level = 1;
    pn_debug_sent(&debug, auth, 2, cut);
    pn_debug_end(&debug);
    pn_debug_connect(&debug, "mail.example", 25);
    pn_debug_sent(&debug, &hello, 1, 9);
    pn_debug_finish(&debug);
}

static void a_line_cut_short_is_shown_apart_and_without_secret(void **state)
{
    char text[512];
    (void)state;
    for (size_t cut = 0; cut <= 21; cut++) {
        shown_of(print_cut_auth, cut, text, sizeof(text));
        assert_non_null(strstr(text, "connect: to ('mail.example', 25)\n"
                                     "send: 'EHLO me\\r\\n'\n"));
        assert_null(strstr(text, "c2"));
        assert_true(cut == 0 || strncmp(text, "send: 'A", 8) == 0);
        assert_true((strstr(text, "[secret]") != NULL) == (cut > 11));
        assert_true(cut == 0 || strstr(text, "'\nconnect: ") != NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cancelling_while_parting_sends_nothing_more),
        cmocka_unit_test(asking_again_is_no_way_around_auth),
        cmocka_unit_test(closes_nothing_that_it_did_not_open),
        cmocka_unit_test(progress_is_of_the_message_under_way),
        cmocka_unit_test(dead_addresses_do_not_add_up),
        cmocka_unit_test(a_deadline_holds_that_is_set_in_the_midst),
        cmocka_unit_test(a_deadline_is_for_addresses_too),
        cmocka_unit_test(closing_brings_no_old_result_back),
        cmocka_unit_test(a_call_that_was_taken_wakes_nobody_else),
        cmocka_unit_test(a_line_cut_short_is_shown_apart_and_without_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
