/* The small rooms of flow and session: what a message is like, what an event
 * means for a recipient, how long to wait. */
#include <string.h>

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

/* RFC 5321 4.5.3.1.6: 1,000 octets with the CRLF */
static void knows_how_long_a_line_may_be(void **state)
{
    char line[1000];
    pneu_error error;
    (void)state;
    memset(line, 'x', sizeof(line));
    pn_message_facts facts = pn_message_examine((pn_span){line, 998});
    assert_status(pn_message_check(&facts, false, &error), PNEU_OK);
    facts = pn_message_examine((pn_span){line, 999});
    assert_status(pn_message_check(&facts, false, &error), PNEU_BAD_MESSAGE);
    assert_status(pn_message_check(&facts, true, &error), PNEU_OK);
    facts.has_nul = true;
    assert_status(pn_message_check(&facts, true, &error), PNEU_BAD_MESSAGE);
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
    envelope = *PNEU_ENVELOPE(.recipients = GOOD, .recipient_count = 2,
                              .rcpt_parameters = "NOTIFY=NEVER\r\nRSET");
    assert_status(pneu_delivery_new(&delivery, &envelope, empty, &error),
                  PNEU_LINE_BREAK);
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
