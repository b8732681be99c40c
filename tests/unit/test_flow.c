/* The small rooms of flow and session: what a message is like, what an event
 * means for a recipient, how long to wait. */
#include <stdio.h>
#include <string.h>

#include "flow/batch.h"
#include "flow/message.h"
#include "flow/outcome.h"
#include "pneu/delivery.h"
#include "session/patience.h"
#include "unit.h"

static void examines_a_message(void **state)
{
    (void)state;
    pn_message_facts facts = pn_message_examine(PN_SPAN("a\nbcd\r\n\r\n.x"));
    assert_int_equal(facts.size, 3 + 5 + 2 + 4);
    assert_int_equal(facts.longest_line, 3);
    assert_int_equal(facts.longest_line_number, 2);
    assert_false(facts.is_8bit);
    assert_false(facts.has_nul);
    facts = pn_message_examine(PN_SPAN("aaaaaaaaaaa\xe4"));
    assert_true(facts.is_8bit);
    facts = pn_message_examine((pn_span){"a\0b", 3});
    assert_true(facts.has_nul);
    facts = pn_message_examine(PN_SPAN(""));
    assert_int_equal(facts.size, 0);
}

/* What is wrong with a message: how many things, and the first of them. */
static size_t problems_of(const pn_message_facts *facts, bool allow_long_lines,
                          pneu_status *first)
{
    pneu_error error = {.status = PNEU_OK};
    pn_problems problems = {.list = &error, .max = 1};
    pn_message_check(facts, allow_long_lines, &problems);
    *first = error.status;
    return problems.count;
}

/* RFC 5321 4.5.3.1.6: 1,000 octets with the CRLF */
static void knows_how_long_a_line_may_be(void **state)
{
    char line[1000];
    pneu_status first;
    (void)state;
    memset(line, 'x', sizeof(line));
    pn_message_facts facts = pn_message_examine((pn_span){line, 998});
    assert_int_equal(problems_of(&facts, false, &first), 0);
    facts = pn_message_examine((pn_span){line, 999});
    assert_int_equal(problems_of(&facts, false, &first), 1);
    assert_status(first, PNEU_BAD_MESSAGE);
    assert_int_equal(problems_of(&facts, true, &first), 0);
    facts.has_nul = true;
    assert_int_equal(problems_of(&facts, true, &first), 1);
    assert_int_equal(problems_of(&facts, false, &first), 2);
    facts = pn_message_of_binary((pn_span){"a\n\0", 3}); /* RFC 3030 3 */
    assert_int_equal(problems_of(&facts, false, &first), 0);
    assert_int_equal(facts.size, 3);
}

static pneu_outcome_kind outcome(int code, pneu_sent sent, bool after_421)
{
    pneu_reply reply = {.code = code, .text = ""};
    pneu_event event = {
        .kind = code != 0 ? PNEU_EVENT_REPLY : PNEU_EVENT_DROPPED,
        .command = PNEU_COMMAND_CONTENT,
        .sent = sent,
        .after_421 = after_421,
        .reply = code != 0 ? &reply : NULL,
    };
    return pn_outcome_of_end(&event);
}

static void never_claims_more_than_was_said(void **state)
{
    (void)state;
    assert_int_equal(outcome(250, PNEU_SENT_ALL, false), PNEU_OUTCOME_ACCEPTED);
    assert_int_equal(outcome(250, PNEU_SENT_PART, false),
                     PNEU_OUTCOME_IN_DOUBT);
    assert_int_equal(outcome(250, PNEU_SENT_ALL, true), PNEU_OUTCOME_IN_DOUBT);
    assert_int_equal(outcome(451, PNEU_SENT_ALL, false),
                     PNEU_OUTCOME_REFUSED_FOR_NOW);
    assert_int_equal(outcome(554, PNEU_SENT_PART, false),
                     PNEU_OUTCOME_REFUSED_FOR_GOOD);
    assert_int_equal(outcome(451, PNEU_SENT_ALL, true),
                     PNEU_OUTCOME_NOT_TRIED); /* RFC 5321 3.8 */
    assert_int_equal(outcome(0, PNEU_SENT_ALL, false), PNEU_OUTCOME_IN_DOUBT);
    assert_int_equal(outcome(0, PNEU_SENT_ALL, true), PNEU_OUTCOME_NOT_TRIED);
    assert_int_equal(outcome(0, PNEU_SENT_PART, false), PNEU_OUTCOME_NOT_TRIED);
    assert_int_equal(outcome(0, PNEU_SENT_NOTHING, false),
                     PNEU_OUTCOME_NOT_TRIED);
}

static bool is_too_many(int code, pneu_enhanced_code enhanced, size_t accepted)
{
    pneu_reply reply = {.code = code, .enhanced = enhanced, .text = ""};
    return pn_outcome_is_too_many(&reply, accepted);
}

/* RFC 5321 4.5.3.1.10 */
static void knows_too_many_recipients(void **state)
{
    static const pneu_enhanced_code NONE = {0, 0, 0};
    static const pneu_enhanced_code TOO_MANY = {5, 5, 3};
    static const pneu_enhanced_code MAILBOX_FULL = {5, 2, 2};
    (void)state;
    assert_true(is_too_many(452, NONE, 1));
    assert_false(is_too_many(452, NONE, 0));
    assert_true(is_too_many(552, NONE, 1));
    assert_true(is_too_many(552, TOO_MANY, 1));
    assert_false(is_too_many(552, MAILBOX_FULL, 1));
    assert_false(is_too_many(550, NONE, 1));
}

/* RFC 5321 4.5.3.2 */
static void is_as_patient_as_the_rfc(void **state)
{
    (void)state;
    assert_int_equal(pn_patience_ms(PN_PHASE_GREETING, 0), 300000);
    assert_int_equal(pn_patience_ms(PN_PHASE_MAIL, 0), 300000);
    assert_int_equal(pn_patience_ms(PN_PHASE_RCPT, 0), 300000);
    assert_int_equal(pn_patience_ms(PN_PHASE_DATA, 0), 120000);
    assert_int_equal(pn_patience_ms(PN_PHASE_BLOCK, 0), 180000);
    assert_int_equal(pn_patience_ms(PN_PHASE_END, 0), 600000);
    assert_int_equal(pn_patience_ms(PN_PHASE_END, 700), 700);
    assert_int_equal(pn_patience_ms(PN_PHASE_FAREWELL, 700), 700);
    assert_int_equal(pn_patience_ms(PN_PHASE_FAREWELL, 60000), 5000);
}

/* Whoever is to be refused is refused before there is a line. */
static void refuses_a_bad_delivery_at_once(void **state)
{
    static const char *const GOOD[] = {"a@example.com", "Postmaster"};
    static const char *const BAD[] = {"a@example.com", "x y@example.com"};
    static const char *const LOCAL[] = {"root"};
    pneu_delivery *delivery = NULL;
    pneu_error error;
    const pneu_message *empty = PNEU_MESSAGE(.data = "", .length = 0);
    (void)state;
    assert_status(pneu_delivery_new(&delivery, PNEU_ENVELOPE(.sender = ""),
                                    empty, &error),
                  PNEU_INVALID);
    assert_null(delivery);
    pneu_envelope envelope =
        *PNEU_ENVELOPE(.recipients = BAD, .recipient_count = 2);
    assert_status(pneu_delivery_new(&delivery, &envelope, empty, &error),
                  PNEU_BAD_ADDRESS);
    assert_non_null(strstr(error.message, "x y@example.com"));
    envelope = *PNEU_ENVELOPE(.recipients = LOCAL, .recipient_count = 1);
    assert_status(pneu_delivery_new(&delivery, &envelope, empty, &error),
                  PNEU_BAD_ADDRESS);
    envelope.allow_local = true;
    assert_status(pneu_delivery_new(&delivery, &envelope, empty, &error),
                  PNEU_OK);
    pneu_delivery_free(delivery);
    envelope =
        *PNEU_ENVELOPE(.recipients = GOOD, .recipient_count = 2,
                       .rcpt =
                           PNEU_RCPT_PARAMETERS(.raw = "NOTIFY=NEVER\r\nRSET"));
    assert_status(pneu_delivery_new(&delivery, &envelope, empty, &error),
                  PNEU_LINE_BREAK);
}

/* A delivery by hand: what the client writes is dropped, the server says what
 * the test has it say. */
enum {
    TAG = 7
};

static const char *const THREE[] = {"a@example.com", "b@example.com",
                                    "c@example.com"};

static void take_events(pneu_session *session, pneu_delivery *delivery)
{
    pneu_event event;
    while (pneu_session_next_event(session, &event)) {
        if (event.tag == TAG && delivery != NULL)
            assert_status(pneu_delivery_event(delivery, session, &event),
                          PNEU_OK);
    }
}

/* Writes all that the session has, and takes the answer. */
static void exchange(pneu_session *session, pneu_delivery *delivery,
                     const char *answer)
{
    take_events(session, delivery);
    while ((pneu_session_wants(session) & PNEU_WANT_WRITE) != 0) {
        pneu_piece pieces[16];
        size_t total = 0;
        size_t count = pneu_session_output(session, pieces, 16);
        for (size_t i = 0; i < count; i++)
            total += pieces[i].length;
        pneu_session_output_done(session, total);
    }
    assert_status(pneu_session_input(session, answer, strlen(answer)), PNEU_OK);
    take_events(session, delivery);
}

static pneu_session *connected(const char *offers)
{
    char answer[256];
    pneu_session *session = NULL;
    assert_status(pneu_session_new(&session, NULL), PNEU_OK);
    exchange(session, NULL, "220 x\r\n");
    assert_status(pneu_session_hello(session, false, "c.example", 1), PNEU_OK);
    snprintf(answer, sizeof(answer), "250-x\r\n%s250 HELP\r\n", offers);
    exchange(session, NULL, answer);
    return session;
}

static pneu_delivery *to_three(void)
{
    pneu_delivery *delivery = NULL;
    assert_status(pneu_delivery_new(
                      &delivery,
                      PNEU_ENVELOPE(.sender = "s@example.com",
                                    .recipients = THREE, .recipient_count = 3),
                      PNEU_MESSAGE(.data = ".a\nb", .length = 4), NULL),
                  PNEU_OK);
    return delivery;
}

/* RFC 9422 4.2 */
static void knows_how_many_a_transaction_holds(void **state)
{
    static const struct {
        const char *offers;
        size_t room;
        size_t undivided;
    } CASES[] = {
        {"", 100, SIZE_MAX},
        {"250-LIMITS\r\n", 100, SIZE_MAX},
        {"250-LIMITS RCPTMAX=0\r\n", 100, SIZE_MAX},
        {"250-LIMITS RCPTMAX=1\r\n", 1, 1},
        {"250-LIMITS MAILMAX=3 RCPTMAX=150\r\n", 150, 150},
        {"250-LIMITS RCPTMAX=999999\r\n", 1000, 999999},
    };
    (void)state;
    assert_int_equal(pn_batch_room(NULL, false), 1000);
    assert_int_equal(pn_batch_room(NULL, true), SIZE_MAX);
    for (size_t i = 0; i < COUNT(CASES); i++) {
        pneu_session *session = connected(CASES[i].offers);
        assert_int_equal(pn_batch_room(session, false), CASES[i].room);
        assert_int_equal(pn_batch_room(session, true), CASES[i].undivided);
        pneu_session_free(session);
    }
}

/* RFC 9422 4.1: two transactions a connection, three are needed. */
static void goes_on_over_another_connection(void **state)
{
    static const char OFFERS[] =
        "250-PIPELINING\r\n250-CHUNKING\r\n250-LIMITS RCPTMAX=1 MAILMAX=2\r\n";
    static const char GOOD[] = "250 ok\r\n250 ok\r\n250 ok\r\n";
    pneu_delivery *delivery = to_three();
    pneu_session *first = connected(OFFERS);
    (void)state;
    assert_status(pneu_delivery_start(delivery, first, TAG, NULL), PNEU_OK);
    assert_status(pneu_delivery_start(delivery, first, TAG, NULL), PNEU_MISUSE);
    exchange(first, delivery, GOOD);
    assert_int_equal(pneu_delivery_renewal(delivery), PNEU_RENEWAL_NONE);
    exchange(first, delivery, GOOD);
    assert_int_equal(pneu_delivery_renewal(delivery), PNEU_RENEWAL_MAILMAX);
    assert_false(pneu_delivery_is_done(delivery));
    pneu_session_free(first);
    pneu_session *second = connected(OFFERS);
    assert_status(pneu_delivery_start(delivery, second, TAG, NULL), PNEU_OK);
    assert_int_equal(pneu_delivery_renewal(delivery), PNEU_RENEWAL_NONE);
    exchange(second, delivery, GOOD);
    assert_true(pneu_delivery_is_done(delivery));
    assert_int_equal(pneu_delivery_tally(delivery, PNEU_OUTCOME_ACCEPTED), 3);
    assert_int_equal(pneu_delivery_exit_status(delivery), 0);
    assert_int_equal(pneu_delivery_octets(delivery), 4 + 3);
    assert_status(pneu_delivery_start(delivery, second, TAG, NULL),
                  PNEU_MISUSE);
    pneu_session_free(second);
    pneu_delivery_free(delivery);
}

/* The list is ready for another delivery, and nobody in doubt is on it. */
static void lists_who_may_be_sent_to_again(void **state)
{
    const char *again[3] = {NULL, NULL, NULL};
    pneu_delivery *delivery = to_three();
    pneu_session *session =
        connected("250-PIPELINING\r\n250-LIMITS RCPTMAX=1\r\n");
    (void)state;
    assert_status(pneu_delivery_start(delivery, session, TAG, NULL), PNEU_OK);
    exchange(session, delivery, "250 ok\r\n450 later\r\n503 nobody\r\n");
    exchange(session, delivery, "250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n");
    exchange(session, delivery, "");
    pneu_session_input_end(session, PNEU_END_RESET, 0);
    take_events(session, delivery);
    assert_int_equal(pneu_delivery_resend_list(delivery, NULL, 0), 2);
    assert_int_equal(pneu_delivery_resend_list(delivery, again, 3), 2);
    assert_ptr_equal(again[0], THREE[0]);
    assert_ptr_equal(again[1], THREE[2]);
    again[1] = NULL;
    assert_int_equal(pneu_delivery_resend_list(delivery, again, 1), 2);
    assert_null(again[1]);
    assert_int_equal(pneu_delivery_outcome(delivery, 1)->kind,
                     PNEU_OUTCOME_IN_DOUBT);
    pneu_session_free(session);
    pneu_delivery_free(delivery);
}

/* Given up while it waits for a connection: done, with the reason. */
static void can_be_given_up_before_a_renewal(void **state)
{
    static const pneu_error WHY = {.status = PNEU_CONNECT,
                                   .message = "no way there"};
    pneu_delivery *delivery = to_three();
    pneu_session *session = connected("250-PIPELINING\r\n");
    (void)state;
    assert_status(pneu_delivery_start(delivery, session, TAG, NULL), PNEU_OK);
    exchange(session, delivery, "");
    pneu_session_input_end(session, PNEU_END_OF_STREAM, 0);
    take_events(session, delivery);
    assert_int_equal(pneu_delivery_renewal(delivery),
                     PNEU_RENEWAL_NO_PIPELINING);
    pneu_delivery_give_up(delivery, &WHY);
    assert_int_equal(pneu_delivery_renewal(delivery), PNEU_RENEWAL_NONE);
    assert_true(pneu_delivery_is_done(delivery));
    assert_string_equal(pneu_delivery_outcome(delivery, 2)->text,
                        "no way there");
    assert_int_equal(pneu_delivery_exit_status(delivery), 75);
    pneu_session_free(session);
    pneu_delivery_free(delivery);
}

/* What has its turn on the session now goes on, and the delivery can begin
 * later. */
static void waits_its_turn(void **state)
{
    pneu_error error;
    pneu_delivery *delivery = to_three();
    pneu_session *session = connected("");
    (void)state;
    assert_status(pneu_session_mail(session, "a@example.com", NULL, 1),
                  PNEU_OK);
    assert_status(pneu_session_rcpt(session, "b@example.com", NULL, 1),
                  PNEU_OK);
    assert_status(pneu_session_data(session, 1), PNEU_OK);
    assert_status(pneu_delivery_start(delivery, session, TAG, &error),
                  PNEU_MISUSE);
    assert_non_null(strstr(error.message, "DATA"));
    assert_false(pneu_delivery_is_done(delivery));
    assert_status(pneu_session_error(session)->status, PNEU_OK);
    assert_status(pneu_session_body(session, "x", 1, true), PNEU_OK);
    assert_status(pneu_delivery_start(delivery, session, TAG, &error), PNEU_OK);
    pneu_session_free(session);
    pneu_delivery_free(delivery);
}

/* Given up with events still to come: what has gone out may have been taken.
 */
static void is_in_doubt_if_given_up_on_the_way(void **state)
{
    static const pneu_error WHY = {.status = PNEU_DEADLINE,
                                   .message = "enough"};
    pneu_delivery *delivery = to_three();
    pneu_session *session =
        connected("250-PIPELINING\r\n250-CHUNKING\r\n250-LIMITS RCPTMAX=2\r\n");
    (void)state;
    assert_status(pneu_delivery_start(delivery, session, TAG, NULL), PNEU_OK);
    exchange(session, delivery, "250 ok\r\n550 no\r\n");
    pneu_delivery_give_up(delivery, &WHY);
    assert_true(pneu_delivery_is_done(delivery));
    assert_int_equal(pneu_delivery_outcome(delivery, 0)->kind,
                     PNEU_OUTCOME_REFUSED_FOR_GOOD);
    assert_int_equal(pneu_delivery_outcome(delivery, 1)->kind,
                     PNEU_OUTCOME_IN_DOUBT);
    assert_int_equal(pneu_delivery_outcome(delivery, 2)->kind,
                     PNEU_OUTCOME_NOT_TRIED);
    exchange(session, delivery, "250 ok\r\n250 ok\r\n");
    assert_int_equal(pneu_delivery_outcome(delivery, 1)->kind,
                     PNEU_OUTCOME_IN_DOUBT);
    assert_int_equal(pneu_session_wants(session), PNEU_WANT_COMMAND);
    pneu_session_free(session);
    pneu_delivery_free(delivery);
}

/* How many RCPTs there are in what can be written now. */
static size_t recipients_on_the_wire(pneu_session *session)
{
    pneu_piece pieces[16];
    size_t found = 0;
    size_t count = pneu_session_output(session, pieces, 16);
    for (size_t i = 0; i < count; i++) {
        const char *text = pieces[i].data;
        for (size_t at = 0; at + 5 <= pieces[i].length; at++)
            found += memcmp(text + at, "RCPT ", 5) == 0;
    }
    return found;
}

/* RFC 9422 4.3: past 1,000 who would bring one domain too many, nobody looks
 * for others of the same domain: with very many recipients that would be slow.
 */
static void looks_only_so_far_for_the_same_domain(void **state)
{
    static char names[1002][24];
    static const char *recipients[1002];
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++)
        snprintf(names[i], sizeof(names[i]), "u@d%zu.example", i);
    for (size_t far = 1000; far <= 1001; far++) {
        pneu_delivery *delivery = NULL;
        pneu_session *session =
            connected("250-PIPELINING\r\n250-LIMITS RCPTDOMAINMAX=1\r\n");
        for (size_t i = 0; i < far; i++)
            recipients[i] = names[i];
        recipients[far] = "v@d0.example";
        assert_status(
            pneu_delivery_new(&delivery,
                              PNEU_ENVELOPE(.recipients = recipients,
                                            .recipient_count = far + 1),
                              PNEU_MESSAGE(.data = "x", .length = 1), NULL),
            PNEU_OK);
        assert_status(pneu_delivery_start(delivery, session, TAG, NULL),
                      PNEU_OK);
        assert_int_equal(recipients_on_the_wire(session), far == 1000 ? 2 : 1);
        pneu_session_free(session);
        pneu_delivery_free(delivery);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examines_a_message),
        cmocka_unit_test(knows_how_long_a_line_may_be),
        cmocka_unit_test(never_claims_more_than_was_said),
        cmocka_unit_test(knows_too_many_recipients),
        cmocka_unit_test(is_as_patient_as_the_rfc),
        cmocka_unit_test(refuses_a_bad_delivery_at_once),
        cmocka_unit_test(knows_how_many_a_transaction_holds),
        cmocka_unit_test(goes_on_over_another_connection),
        cmocka_unit_test(lists_who_may_be_sent_to_again),
        cmocka_unit_test(can_be_given_up_before_a_renewal),
        cmocka_unit_test(waits_its_turn),
        cmocka_unit_test(is_in_doubt_if_given_up_on_the_way),
        cmocka_unit_test(looks_only_so_far_for_the_same_domain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
