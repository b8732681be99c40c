/*
 * Whole calls of a client, in both faces, against a server, in the clear and
 * under TLS: with each
 * allocation failing in turn, with each read and each write failing in turn,
 * and with every one of them as short as can be. Nothing leaks, no descriptor
 * stays open, and what is told of the recipients is true.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "failing_memory.h"
#include "mail_server.h"
#include "pneu/client.h"
#include "tls_server.h"
#include "unit.h"

/* Reading and writing, in the linker's names. */
ssize_t __real_recv(int descriptor, void *to, size_t size, int flags);
ssize_t __real_sendmsg(int descriptor, const struct msghdr *message, int flags);
ssize_t __wrap_recv(int descriptor, void *to, size_t size, int flags);
ssize_t __wrap_sendmsg(int descriptor, const struct msghdr *message, int flags);

typedef struct faults {
    bool is_short;    /* one octet at a time, and not at every call */
    unsigned fail_at; /* this call fails, and all after it; 0: none */
    unsigned calls;
} faults;

static faults line_faults;

/* errno for a call that is to fail; 0: it is not. */
static int fault(void)
{
    line_faults.calls++;
    if (line_faults.fail_at > 0 && line_faults.calls >= line_faults.fail_at)
        return ECONNRESET;
    return line_faults.is_short && line_faults.calls % 3 == 0 ? EAGAIN : 0;
}

ssize_t __wrap_recv(int descriptor, void *to, size_t size, int flags)
{
    errno = fault();
    if (errno != 0)
        return -1;
    return __real_recv(descriptor, to, line_faults.is_short ? 1 : size, flags);
}

ssize_t __wrap_sendmsg(int descriptor, const struct msghdr *message, int flags)
{
    errno = fault();
    if (errno != 0)
        return -1;
    if (!line_faults.is_short)
        return __real_sendmsg(descriptor, message, flags);
    return send(descriptor, message->msg_iov[0].iov_base, 1, flags);
}

/* One face, one server, and what they have come to. */
typedef struct story {
    mail_server server;
    bool non_blocking;
    bool is_split; /* a connection for each recipient */
    pneu_tls_mode tls;
    pneu_status sent;
    size_t tally[PNEU_OUTCOME_IN_DOUBT + 1];
} story;

static void ignore_log(void *context, pneu_log_kind kind, const char *line)
{
    unsigned *lines = context;
    (void)kind;
    *lines += line[0] != '\0';
}

typedef enum interruption_kind {
    CANCEL,
    CLOSE,
    LEAVE
} interruption_kind;

/* What is done at the n-th wait. */
static struct {
    unsigned at; /* 0: nothing, any more */
    interruption_kind how;
} interruption;

/* True if the call is not to be gone on with. */
static bool interrupt(pneu_client *client)
{
    if (interruption.at == 0 || --interruption.at > 0)
        return false;
    if (interruption.how == CANCEL)
        pneu_client_cancel(client);
    if (interruption.how == CLOSE)
        pneu_client_close(client);
    return interruption.how != CANCEL;
}

/* Takes a call to its end, as a loop does. */
static pneu_status finish(pneu_client *client, pneu_status status)
{
    pneu_wait wait;
    while (status == PNEU_AGAIN &&
           (status = pneu_client_go_on(client, &wait)) == PNEU_AGAIN) {
        if (interrupt(client))
            return pneu_client_error(client)->status;
        struct pollfd one = {.fd = wait.descriptor};
        assert_true(wait.descriptor >= 0 || wait.timeout_ms >= 0);
        one.events |= (wait.events & PNEU_WAIT_READ) != 0 ? POLLIN : 0;
        one.events |= (wait.events & PNEU_WAIT_WRITE) != 0 ? POLLOUT : 0;
        poll(&one, 1, (int)wait.timeout_ms);
    }
    assert_status(pneu_client_error(client)->status, status);
    if (status != PNEU_OK)
        assert_true(pneu_client_error(client)->message[0] != '\0');
    return status;
}

static void send_one(story *of, pneu_client *client)
{
    static const char *const TO[] = {"you@example.org", "him@example.org"};
    pneu_envelope envelope =
        *PNEU_ENVELOPE(.sender = "me@example.org", .recipients = TO,
                       .recipient_count = 2);
    pneu_message message =
        *PNEU_MESSAGE(.data = "Subject: x\n\n.Hi\n", .length = 16);
    of->sent =
        finish(client, pneu_client_sendmail(client, &envelope, &message, NULL));
    const pneu_delivery *result = pneu_client_result(client);
    for (int kind = 0; kind <= PNEU_OUTCOME_IN_DOUBT; kind++)
        of->tally[kind] =
            result != NULL
                ? pneu_delivery_tally(result, (pneu_outcome_kind)kind)
                : 0;
}

static void talk(story *of, pneu_client *client)
{
    finish(client, pneu_client_connect(client, NULL));
    finish(client, pneu_client_login(client, "me", "secret", NULL));
    send_one(of, client);
    finish(client, pneu_client_verify(client, "you", NULL));
    finish(client, pneu_client_quit(client, NULL));
}

static void run(story *of)
{
    pneu_client *client = NULL;
    pneu_error error;
    unsigned lines = 0;
    of->sent = PNEU_NO_MEMORY;
    memset(of->tally, 0, sizeof(of->tally));
    pneu_status status = pneu_client_new(
        &client,
        PNEU_CLIENT_OPTIONS(.host = "127.0.0.1", .port = of->server.port,
                            .local_name = "me.example", .timeout_ms = 5000,
                            .tls = of->tls,
                            .tls_options =
                                PNEU_TLS_OPTIONS(.ca_file = world.ca_file,
                                                 .name = WORLD_HOST),
                            .log = ignore_log, .log_context = &lines,
                            .non_blocking = of->non_blocking),
        &error);
    if (status == PNEU_OK)
        talk(of, client);
    else
        assert_status(status, PNEU_NO_MEMORY);
    pneu_client_free(client);
}

/* What was told of the recipients, against what the server did. */
static void compare(const story *of, unsigned taken_before)
{
    mail_server_settle(&of->server);
    size_t taken = of->server.log->taken - taken_before;
    size_t each = of->is_split ? 1 : 2; /* recipients a message */
    if (of->sent == PNEU_OK)
        assert_int_equal(of->tally[PNEU_OUTCOME_ACCEPTED], 2);
    assert_in_range(taken * each, of->tally[PNEU_OUTCOME_ACCEPTED],
                    of->tally[PNEU_OUTCOME_ACCEPTED] +
                        of->tally[PNEU_OUTCOME_IN_DOUBT]);
}

static bool run_without_memory(story *of, size_t nth)
{
    unsigned taken = of->server.log->taken;
    size_t open = open_descriptors();
    failing_memory_start(nth);
    run(of);
    bool has_failed = failing_memory_stop();
    compare(of, taken);
    assert_int_equal(open_descriptors(), open);
    return has_failed;
}

/* RFC 9422: each recipient goes over a connection of its own. */
static const char *one_at_a_time(unsigned number, const char *line)
{
    (void)number;
    return strncmp(line, "EHLO", 4) == 0
               ? "250-mail.example\r\n250-AUTH PLAIN\r\n"
                 "250 LIMITS MAILMAX=1 RCPTMAX=1\r\n"
               : NULL;
}

static void tell(story of, void (*check)(story *))
{
    mail_answers *answers = of.is_split ? one_at_a_time : NULL;
    bool is_clear = of.tls == PNEU_TLS_NONE;
    of.server = mail_server_start_tls(answers, is_clear ? NULL : world.server,
                                      of.tls == PNEU_TLS_IMPLICIT);
    check(&of);
    assert_status(of.sent, PNEU_OK);
    mail_server_stop(&of.server);
    line_faults = (faults){0};
}

/* Each face: all in one transaction, with renewals, and under TLS. */
static void for_each_story(void (*check)(story *))
{
    for (int face = 0; face < 2; face++) {
        story of = {.non_blocking = face > 0, .tls = PNEU_TLS_NONE};
        tell(of, check);
        of.is_split = true;
        tell(of, check);
        of.is_split = false;
        of.tls = of.non_blocking ? PNEU_TLS_STARTTLS : PNEU_TLS_IMPLICIT;
        tell(of, check);
    }
}

static void fail_each_allocation(story *of)
{
    size_t nth = 1;
    while (run_without_memory(of, nth))
        nth++;
    assert_true(nth > 20);
}

static void survives_every_allocation(void **state)
{
    (void)state;
    for_each_story(fail_each_allocation);
}

static void fail_each_read_and_write(story *of)
{
    size_t open = open_descriptors();
    unsigned at = 0;
    do {
        unsigned taken = of->server.log->taken;
        line_faults = (faults){.fail_at = ++at};
        run(of);
        compare(of, taken);
        assert_int_equal(open_descriptors(), open);
    } while (line_faults.calls >= at);
}

static void survives_every_read_and_write(void **state)
{
    (void)state;
    for_each_story(fail_each_read_and_write);
}

static void give_and_take_single_octets(story *of)
{
    line_faults = (faults){.is_short = true};
    run(of);
    compare(of, 0);
    assert_non_null(strstr(of->server.log->heard, "\n..Hi\n.\n"));
}

static void one_octet_at_a_time_will_do(void **state)
{
    (void)state;
    for_each_story(give_and_take_single_octets);
}

static void interrupt_everywhere(story *of)
{
    size_t open = open_descriptors();
    for (unsigned at = 1; interruption.at == 0; at++) {
        unsigned taken = of->server.log->taken;
        interruption.at = at;
        run(of);
        if (interruption.how != LEAVE) /* then nothing is told */
            compare(of, taken);
        mail_server_settle(&of->server);
        assert_int_equal(open_descriptors(), open);
    }
}

/* Cancelled, closed, or freed in the midst. */
static void can_be_left_anywhere(void **state)
{
    static const interruption_kind HOW[] = {CANCEL, CLOSE, LEAVE};
    (void)state;
    for (int i = 0; i < 9; i++) {
        story of = {.non_blocking = true, .tls = PNEU_TLS_NONE};
        of.is_split = i % 3 == 1;
        if (i % 3 == 2)
            of.tls = PNEU_TLS_STARTTLS;
        interruption.how = HOW[i / 3];
        interruption.at = 0;
        tell(of, interrupt_everywhere);
    }
    interruption.at = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(survives_every_allocation),
        cmocka_unit_test(survives_every_read_and_write),
        cmocka_unit_test(one_octet_at_a_time_will_do),
        cmocka_unit_test(can_be_left_anywhere),
    };
    return cmocka_run_group_tests(tests, world_set_up, world_tear_down);
}
