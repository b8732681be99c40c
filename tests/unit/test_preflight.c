/* All that is wrong with an envelope and a message, in one answer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "failing_memory.h"
#include "pneu/delivery.h"
#include "unit.h"

enum {
    MOST = 16
};

static const char *const GOOD[] = {"a@example.com", "b@other.example"};
static const pneu_message *const HELLO =
    PNEU_MESSAGE(.data = "hello\n", .length = 6);

static void say(pneu_session *session, const char *text)
{
    pneu_event event;
    pneu_piece pieces[16];
    size_t total = 0;
    size_t count = pneu_session_output(session, pieces, 16);
    for (size_t i = 0; i < count; i++)
        total += pieces[i].length;
    pneu_session_output_done(session, total);
    assert_status(pneu_session_input(session, text, strlen(text)), PNEU_OK);
    while (pneu_session_next_event(session, &event)) {
    }
}

/* A session whose server offers these, a blank between two. */
static pneu_session *offered(const char *offers)
{
    char answer[512] = "250-x\r\n";
    pneu_session *session = NULL;
    assert_status(pneu_session_new(&session, NULL), PNEU_OK);
    say(session, "220 x\r\n");
    assert_status(pneu_session_hello(session, false, "c.example", 1), PNEU_OK);
    while (*offers != '\0') {
        size_t length = strcspn(offers, ";");
        size_t used = strlen(answer);
        snprintf(answer + used, sizeof(answer) - used, "250-%.*s\r\n",
                 (int)length, offers);
        offers += length + (offers[length] == ';');
    }
    size_t used = strlen(answer);
    snprintf(answer + used, sizeof(answer) - used, "250 HELP\r\n");
    say(session, answer);
    return session;
}

/* The statuses found are those wanted, in this order and up to OK; and what
 * _new() and _start() say is the first of them. */
static void check(const pneu_envelope *envelope, const pneu_message *message,
                  const char *offers, const pneu_status *wanted)
{
    size_t count = 0;
    pneu_error found[MOST];
    pneu_delivery *delivery = NULL;
    while (wanted[count] != PNEU_OK)
        count++;
    pneu_session *session = offers != NULL ? offered(offers) : NULL;
    size_t problems = pneu_preflight(envelope, message, session, found, MOST);
    assert_int_equal(problems, count);
    for (size_t i = 0; i < count; i++) {
        assert_status(found[i].status, wanted[i]);
        assert_true(found[i].message[0] != '\0');
    }
    pneu_error first = {.status = PNEU_OK, .message = ""};
    pneu_status status =
        pneu_delivery_new(&delivery, envelope, message, &first);
    if (status == PNEU_OK && session != NULL)
        status = pneu_delivery_start(delivery, session, 1, &first);
    assert_status(status, wanted[0]);
    if (count > 0)
        assert_string_equal(first.message, found[0].message);
    /* nothing was issued by what was refused */
    if (session != NULL && count > 0)
        assert_int_equal(pneu_session_wants(session), PNEU_WANT_COMMAND);
    pneu_delivery_free(delivery);
    pneu_session_free(session);
}

#define CHECK(envelope, message, offers, ...) \
    check(envelope, message, offers, (const pneu_status[]){__VA_ARGS__})

static void finds_nothing_wrong(void **state)
{
    (void)state;
    CHECK(PNEU_ENVELOPE(.recipients = GOOD, .recipient_count = 2), HELLO, NULL,
          PNEU_OK);
    CHECK(PNEU_ENVELOPE(.recipients = GOOD, .recipient_count = 2,
                        .all_or_nothing = true),
          HELLO, "SIZE 7;LIMITS RCPTMAX=2 RCPTDOMAINMAX=2", PNEU_OK);
    CHECK(PNEU_ENVELOPE(.recipients = GOOD, .recipient_count = 2,
                        .mail =
                            PNEU_MAIL_PARAMETERS(.body = PNEU_BODY_BINARYMIME)),
          PNEU_MESSAGE(.data = "\0\n\xff", .length = 3), "CHUNKING;BINARYMIME",
          PNEU_OK);
}

static void tells_everything_at_once(void **state)
{
    static const char *const BAD[] = {"x y@example.com", "a@example.com",
                                      "b@-\xc3\xbc.example",
                                      "j\xc3\xbc@example.com"};
    char line[1200];
    (void)state;
    memset(line, '\xe4', sizeof(line));
    line[600] = '\0';
    CHECK(PNEU_ENVELOPE(.sender = "no domain", .recipients = BAD,
                        .recipient_count = 4,
                        .mail = PNEU_MAIL_PARAMETERS(.envid = "a\nb",
                                                     .require_tls = true,
                                                     .raw = "X=\r")),
          PNEU_MESSAGE(.data = line, .length = sizeof(line)),
          "SIZE 1000;REQUIRETLS", PNEU_BAD_ADDRESS, PNEU_BAD_ADDRESS,
          PNEU_BAD_ADDRESS, PNEU_BAD_MESSAGE, PNEU_BAD_MESSAGE, PNEU_LINE_BREAK,
          PNEU_UNPROTECTED, PNEU_LINE_BREAK, PNEU_NOT_OFFERED, PNEU_NOT_OFFERED,
          PNEU_TOO_LARGE, PNEU_OK);
}

/* RFC 6152 3, RFC 6531 3.5, RFC 3030 3, RFC 3461 4, RFC 1870 6 */
static void tells_what_is_not_offered(void **state)
{
    static const char *const UTF8[] = {"j\xc3\xbc@example.com"};
    const pneu_message *eight = PNEU_MESSAGE(.data = "\xe4", .length = 1);
    const pneu_rcpt_parameters *own[] = {
        NULL, PNEU_RCPT_PARAMETERS(.notify = PNEU_NOTIFY_NEVER)};
    pneu_envelope envelope =
        *PNEU_ENVELOPE(.recipients = GOOD, .recipient_count = 2);
    (void)state;
    CHECK(&envelope, eight, "8BITMIME", PNEU_OK);
    CHECK(&envelope, eight, "SIZE", PNEU_NOT_OFFERED, PNEU_OK);
    CHECK(&envelope, eight, "8BITMIME;SIZE 2", PNEU_TOO_LARGE, PNEU_OK);
    CHECK(PNEU_ENVELOPE(.recipients = UTF8, .recipient_count = 1,
                        .mail = PNEU_MAIL_PARAMETERS(.smtputf8 = true)),
          HELLO, "SIZE", PNEU_NOT_OFFERED, PNEU_OK);
    envelope.rcpt_each = own;
    CHECK(&envelope, HELLO, "DSN", PNEU_OK);
    CHECK(&envelope, HELLO, "SIZE", PNEU_NOT_OFFERED, PNEU_OK);
    envelope.mail = PNEU_MAIL_PARAMETERS(.body = PNEU_BODY_8BITMIME);
    CHECK(&envelope, eight, "DSN", PNEU_NOT_OFFERED, PNEU_OK);
    envelope.mail = PNEU_MAIL_PARAMETERS(.body = PNEU_BODY_7BIT);
    CHECK(&envelope, eight, "DSN;8BITMIME", PNEU_BAD_MESSAGE, PNEU_OK);
    envelope.mail = PNEU_MAIL_PARAMETERS(.body = PNEU_BODY_BINARYMIME);
    CHECK(&envelope, eight, "DSN;CHUNKING;8BITMIME", PNEU_NOT_OFFERED, PNEU_OK);
    envelope.mail = PNEU_MAIL_PARAMETERS(.raw = "x=1 body=binarymime");
    CHECK(&envelope, HELLO, "DSN;CHUNKING;BINARYMIME", PNEU_INVALID, PNEU_OK);
}

/* Each recipient's parameters are judged, whatever is wrong with others'; what
 * is not offered is one problem. */
static void judges_the_parameters_of_each_recipient(void **state)
{
    static const char *const SIX[] = {"a@x.example", "b@x.example",
                                      "c@x.example", "d@x.example",
                                      "e@x.example", "f@x.example"};
    const pneu_rcpt_parameters *twice =
        PNEU_RCPT_PARAMETERS(.notify = PNEU_NOTIFY_NEVER, .raw = "X=\n");
    const pneu_rcpt_parameters *own[] = {
        PNEU_RCPT_PARAMETERS(.notify = PNEU_NOTIFY_NEVER, .orcpt = "a@x"),
        twice,
        twice,
        NULL,
        PNEU_RCPT_PARAMETERS(.orcpt = ""),
        NULL,
    };
    pneu_error found[MOST];
    pneu_envelope envelope =
        *PNEU_ENVELOPE(.recipients = SIX, .recipient_count = 6,
                       .rcpt = PNEU_RCPT_PARAMETERS(.raw = "Y=\r"),
                       .rcpt_each = own);
    (void)state;
    assert_int_equal(pneu_preflight(&envelope, HELLO, NULL, found, MOST), 3);
    assert_non_null(strstr(found[0].message, "for <b@x.example>: "));
    CHECK(&envelope, HELLO, "DSN", PNEU_LINE_BREAK, PNEU_LINE_BREAK,
          PNEU_INVALID, PNEU_OK);
    pneu_session *session = offered("SIZE");
    assert_int_equal(pneu_preflight(&envelope, HELLO, session, found, MOST), 4);
    assert_status(found[0].status, PNEU_NOT_OFFERED);
    assert_int_equal(strncmp(found[0].message, "NOTIFY=", 7), 0);
    assert_int_equal(pneu_preflight(&envelope, HELLO, session, NULL, 0), 4);
    pneu_session_free(session);
    /* what nobody is stated by cannot be wrong */
    envelope.recipient_count = 1;
    CHECK(&envelope, HELLO, "DSN", PNEU_OK);
}

/* BDAT is offered and switched off: BINARYMIME cannot go. */
static void knows_that_binary_needs_bdat(void **state)
{
    pneu_session *session = NULL;
    pneu_error problem;
    (void)state;
    assert_status(
        pneu_session_new(&session, PNEU_SESSION_OPTIONS(.no_chunking = true)),
        PNEU_OK);
    say(session, "220 x\r\n");
    assert_status(pneu_session_hello(session, false, "c.example", 1), PNEU_OK);
    say(session, "250-x\r\n250-BINARYMIME\r\n250 CHUNKING\r\n");
    assert_int_equal(
        pneu_preflight(PNEU_ENVELOPE(.recipients = GOOD, .recipient_count = 2,
                                     .mail = PNEU_MAIL_PARAMETERS(
                                             .body = PNEU_BODY_BINARYMIME)),
                       HELLO, session, &problem, 1),
        1);
    assert_status(problem.status, PNEU_NOT_OFFERED);
    pneu_session_free(session);
}

/* RFC 9422 4: what one transaction holds */
static void knows_what_all_or_nothing_can_hold(void **state)
{
    static const char *many[1001];
    pneu_envelope envelope =
        *PNEU_ENVELOPE(.recipients = many, .recipient_count = 101,
                       .all_or_nothing = true);
    (void)state;
    for (size_t i = 0; i < COUNT(many); i++)
        many[i] = GOOD[i % 2];
    CHECK(&envelope, HELLO, NULL, PNEU_OK);
    CHECK(&envelope, HELLO, "SIZE", PNEU_TOO_LARGE, PNEU_OK);
    CHECK(&envelope, HELLO, "LIMITS RCPTMAX=101", PNEU_OK);
    CHECK(&envelope, HELLO, "LIMITS RCPTMAX=100", PNEU_TOO_LARGE, PNEU_OK);
    CHECK(&envelope, HELLO, "LIMITS RCPTMAX=101 RCPTDOMAINMAX=2", PNEU_OK);
    CHECK(&envelope, HELLO, "LIMITS RCPTMAX=101 RCPTDOMAINMAX=1",
          PNEU_TOO_LARGE, PNEU_OK);
    envelope.recipient_count = 1001;
    CHECK(&envelope, HELLO, NULL, PNEU_TOO_LARGE, PNEU_OK);
    CHECK(&envelope, HELLO, "LIMITS RCPTMAX=2000", PNEU_TOO_LARGE, PNEU_OK);
}

static void refuses_what_is_no_letter(void **state)
{
    pneu_envelope envelope =
        *PNEU_ENVELOPE(.recipients = NULL, .recipient_count = 2);
    (void)state;
    CHECK(NULL, HELLO, NULL, PNEU_INVALID, PNEU_OK);
    CHECK(PNEU_ENVELOPE(.recipients = GOOD, .recipient_count = 1), NULL, NULL,
          PNEU_INVALID, PNEU_OK);
    CHECK(&envelope, HELLO, NULL, PNEU_INVALID, PNEU_OK);
    envelope.size = 0;
    CHECK(&envelope, HELLO, NULL, PNEU_INVALID, PNEU_OK);
    CHECK(PNEU_ENVELOPE(.recipients = GOOD), HELLO, NULL, PNEU_INVALID,
          PNEU_OK);
    CHECK(PNEU_ENVELOPE(.recipients = GOOD, .recipient_count = 1),
          PNEU_MESSAGE(.data = NULL, .length = 1), NULL, PNEU_INVALID, PNEU_OK);
    CHECK(PNEU_ENVELOPE(.recipients = GOOD, .recipient_count = 1,
                        .mail = &(const pneu_mail_parameters){.size = 0}),
          HELLO, NULL, PNEU_INVALID, PNEU_OK);
    CHECK(PNEU_ENVELOPE(.recipients = (const char *const[]){NULL},
                        .recipient_count = 1),
          HELLO, NULL, PNEU_BAD_ADDRESS, PNEU_OK);
}

static void counts_past_the_end_of_the_list(void **state)
{
    static const char *const BAD[] = {"1 x", "2 x", "3 x"};
    const pneu_envelope *envelope =
        PNEU_ENVELOPE(.recipients = BAD, .recipient_count = 3);
    pneu_error found[3] = {{.status = PNEU_OK}, {.status = PNEU_OK}};
    (void)state;
    assert_int_equal(pneu_preflight(envelope, HELLO, NULL, NULL, 0), 3);
    assert_int_equal(pneu_preflight(envelope, HELLO, NULL, found, 2), 3);
    assert_non_null(strstr(found[1].message, "2 x"));
    assert_status(found[2].status, PNEU_OK);
}

static void tells_that_memory_is_out(void **state)
{
    static const char *const UTF8[] = {"a@\xc3\xbc.example", "b@x.example"};
    const pneu_envelope *envelope =
        PNEU_ENVELOPE(.sender = "s@\xc3\xbc.example", .recipients = UTF8,
                      .recipient_count = 2);
    (void)state;
    for (size_t nth = 1;; nth++) {
        pneu_error found[MOST];
        failing_memory_start(nth);
        size_t count = pneu_preflight(envelope, HELLO, NULL, found, MOST);
        if (!failing_memory_stop())
            break;
        assert_int_equal(count, 1);
        assert_status(found[0].status, PNEU_NO_MEMORY);
        assert_true(nth < 10);
    }
    assert_int_equal(pneu_preflight(envelope, HELLO, NULL, NULL, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_nothing_wrong),
        cmocka_unit_test(tells_everything_at_once),
        cmocka_unit_test(tells_what_is_not_offered),
        cmocka_unit_test(judges_the_parameters_of_each_recipient),
        cmocka_unit_test(knows_that_binary_needs_bdat),
        cmocka_unit_test(knows_what_all_or_nothing_can_hold),
        cmocka_unit_test(refuses_what_is_no_letter),
        cmocka_unit_test(counts_past_the_end_of_the_list),
        cmocka_unit_test(tells_that_memory_is_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
