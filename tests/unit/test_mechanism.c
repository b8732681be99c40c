/* Which mechanism is taken, why others are not, and what a program may
 * name. */
#include <string.h>

#include "sasl/mechanism.h"
#include "sasl/own.h"
#include "unit.h"

enum {
    LOGIN = PN_NEEDS_PASSWORD | PN_HAS_ONE_SELF,
    BOUND = LOGIN | PN_HAS_BINDING,
    ALL = BOUND | PN_HAS_TOKEN
};

static pn_mechanism_offer offer(const char *offered, const char *wanted,
                                unsigned has)
{
    return (pn_mechanism_offer){
        .offered = pn_span_of(offered), .wanted = wanted, .has = has};
}

static const char *choose(const char *offered, const char *wanted, unsigned has)
{
    pn_mechanism_offer from = offer(offered, wanted, has);
    const pn_mechanism *choice = pn_mechanism_choose(&from);
    return choice != NULL ? choice->name : "none";
}

static void chooses_the_strongest(void **state)
{
    (void)state;
    assert_string_equal(choose("PLAIN LOGIN CRAM-MD5", NULL, LOGIN),
                        "CRAM-MD5");
    assert_string_equal(choose("PLAIN SCRAM-SHA-1 SCRAM-SHA-256", NULL, LOGIN),
                        "SCRAM-SHA-256");
    assert_string_equal(choose("LOGIN PLAIN", NULL, BOUND), "PLAIN");
    assert_string_equal(choose("login", NULL, BOUND), "LOGIN");
    assert_string_equal(choose("", NULL, BOUND), "none");
}

static void takes_some_only_if_they_are_named(void **state)
{
    static const char *const NAMES[] = {"DIGEST-MD5", "NTLM", "GSSAPI",
                                        "EXTERNAL", "ANONYMOUS"};
    (void)state;
    for (size_t i = 0; i < COUNT(NAMES); i++) {
        assert_string_equal(choose(NAMES[i], NULL, ALL), "none");
        assert_string_equal(choose(NAMES[i], NAMES[i], ALL), NAMES[i]);
    }
    /* a password is not taken for a token */
    assert_string_equal(choose("XOAUTH2 OAUTHBEARER PLAIN", NULL, ALL),
                        "PLAIN");
}

/* Without TLS there is nothing to bind to. */
static void needs_a_binding_for_plus(void **state)
{
    static const char OFFER[] = "SCRAM-SHA-256-PLUS SCRAM-SHA-256";
    (void)state;
    assert_string_equal(choose(OFFER, NULL, BOUND), "SCRAM-SHA-256-PLUS");
    assert_string_equal(choose(OFFER, NULL, LOGIN), "SCRAM-SHA-256");
}

static void keeps_to_what_is_wanted(void **state)
{
    (void)state;
    assert_string_equal(choose("SCRAM-SHA-256 PLAIN", "plain", LOGIN), "PLAIN");
    assert_string_equal(choose("SCRAM-SHA-256", "PLAIN", LOGIN), "none");
    assert_string_equal(
        choose("SCRAM-SHA-256 PLAIN LOGIN", "LOGIN PLAIN", LOGIN), "LOGIN");
    assert_string_equal(choose("PLAIN", "LOGIN  PLAIN", LOGIN), "PLAIN");
}

static void prefers_tokens_that_can_be_asked_for(void **state)
{
    pn_mechanism_offer from = offer("XOAUTH2 PLAIN OAUTHBEARER", NULL, ALL);
    (void)state;
    from.by_token = true;
    assert_string_equal(pn_mechanism_choose(&from)->name, "OAUTHBEARER");
    from.tried = pn_mechanism_bit(pn_mechanism_choose(&from));
    assert_string_equal(pn_mechanism_choose(&from)->name, "XOAUTH2");
    from.has &= ~(unsigned)PN_HAS_USER;
    assert_null(pn_mechanism_choose(&from));
}

/* To leave out whom to act for would be to act as oneself. */
static void does_not_forget_whom_to_act_for(void **state)
{
    (void)state;
    assert_string_equal(choose("CRAM-MD5 PLAIN LOGIN", NULL, PN_NEEDS_PASSWORD),
                        "PLAIN");
    assert_string_equal(choose("LOGIN", NULL, PN_NEEDS_PASSWORD), "none");
}

static void does_not_try_again(void **state)
{
    pn_mechanism_offer from = offer("PLAIN LOGIN", NULL, LOGIN);
    (void)state;
    from.tried = pn_mechanism_bit(pn_mechanism_choose(&from));
    assert_string_equal(pn_mechanism_choose(&from)->name, "LOGIN");
}

static void assert_explains(pn_mechanism_offer from, const char *wanted)
{
    char text[300];
    pn_mechanism_explain(&from, text, sizeof(text));
    assert_string_equal(text, wanted);
}

static void says_why_not(void **state)
{
    (void)state;
    assert_explains(offer("", NULL, LOGIN), "it offers none");
    assert_explains(offer("X-NEW GSSAPI", NULL, LOGIN),
                    "X-NEW (not known here), GSSAPI (used only if it is "
                    "named)");
    assert_explains(offer("SCRAM-SHA-1-PLUS", NULL, LOGIN),
                    "SCRAM-SHA-1-PLUS (needs a channel binding, and the line "
                    "has none)");
    assert_explains(offer("PLAIN XOAUTH2", "GSSAPI", LOGIN),
                    "PLAIN (not wanted), XOAUTH2 (not wanted)");
    assert_explains(offer("XOAUTH2", NULL, LOGIN),
                    "XOAUTH2 (needs an OAuth token)");
    assert_explains(offer("LOGIN", NULL, PN_NEEDS_PASSWORD),
                    "LOGIN (cannot act as another user)");
    pn_mechanism_offer from = offer("PLAIN", NULL, LOGIN);
    from.tried = pn_mechanism_bit(pn_mechanism_choose(&from));
    assert_explains(from, "PLAIN (was tried)");
    /* a server's words are shown, not obeyed */
    assert_explains(offer("\x1b[2J", NULL, LOGIN), "\\x1b[2J (not known here)");
}

static void cuts_a_long_reason(void **state)
{
    char text[20];
    pn_mechanism_offer from = offer("X-A X-B X-C X-D", NULL, LOGIN);
    (void)state;
    pn_mechanism_explain(&from, text, sizeof(text));
    assert_string_equal(text, "X-A (not known here");
}

static void knows_the_names(void **state)
{
    pneu_error error;
    (void)state;
    assert_status(pn_mechanism_check_names(NULL, &error), PNEU_OK);
    assert_status(pn_mechanism_check_names("plain  Login", &error), PNEU_OK);
    assert_status(pn_mechanism_check_names("PLAIN X-NEW", &error),
                  PNEU_INVALID);
    assert_non_null(strstr(error.message, "\"X-NEW\""));
    assert_status(pn_mechanism_check_names("", &error), PNEU_INVALID);
    assert_status(pn_mechanism_check_names("  ", &error), PNEU_INVALID);
    assert_status(pn_mechanism_check_names("PLAIN\r\nQUIT", &error),
                  PNEU_LINE_BREAK);
    assert_non_null(strstr(error.message, "mechanisms"));
    assert_status(pn_mechanism_check_names("PLAIN\n", &error), PNEU_LINE_BREAK);
}

static void assert_needs(const char *wanted, unsigned has, const char *what)
{
    pneu_error error;
    pn_mechanism_offer from = offer("", wanted, has);
    assert_status(pn_mechanism_check_needs(&from, &error), PNEU_INVALID);
    assert_string_equal(error.message, what);
}

static void says_what_is_missing(void **state)
{
    pneu_error error;
    pn_mechanism_offer from = offer("", "PLAIN GSSAPI", PN_HAS_ONE_SELF);
    (void)state;
    assert_status(pn_mechanism_check_needs(&from, &error), PNEU_OK);
    assert_needs("PLAIN", PN_HAS_ONE_SELF,
                 "PLAIN needs a user name and a password");
    assert_needs("PLAIN", PN_HAS_USER, "PLAIN needs a password");
    assert_needs("XOAUTH2", PN_HAS_TOKEN | PN_HAS_ONE_SELF,
                 "XOAUTH2 needs a user name");
    assert_needs("OAUTHBEARER", 0, "OAUTHBEARER needs an OAuth token");
    assert_needs("ANONYMOUS", LOGIN & ~(unsigned)PN_HAS_ONE_SELF,
                 "ANONYMOUS cannot act as another user");
}

static pneu_status no_step(void *context, const void *challenge, size_t length,
                           pneu_answer *answer)
{
    (void)context;
    (void)challenge;
    (void)length;
    (void)answer;
    return PNEU_OK;
}

static void checks_a_mechanism_of_the_programs_own(void **state)
{
    static const struct {
        const char *name;
        pneu_status status;
    } CASES[] = {
        {"X-TICKET", PNEU_OK},
        {"x_9", PNEU_OK},
        {"ABCDEFGHIJKLMNOPQRST", PNEU_OK},
        {"ABCDEFGHIJKLMNOPQRSTU", PNEU_INVALID}, /* RFC 4422 3.1 */
        {"X TICKET", PNEU_INVALID},
        {"X-T\xc3\xa4", PNEU_INVALID},
        {"", PNEU_INVALID},
        {NULL, PNEU_INVALID},
        {"X\r\nQUIT", PNEU_LINE_BREAK},
    };
    pneu_error error;
    (void)state;
    assert_status(pn_own_check(NULL, &error), PNEU_OK);
    for (size_t i = 0; i < COUNT(CASES); i++)
        assert_status(
            pn_own_check(PNEU_MECHANISM(.name = CASES[i].name, .step = no_step),
                         &error),
            CASES[i].status);
    assert_status(pn_own_check(PNEU_MECHANISM(.name = "X-TICKET"), &error),
                  PNEU_INVALID);
    assert_non_null(strstr(error.message, "step"));
    pneu_mechanism unsized = {.name = "X-TICKET", .step = no_step};
    assert_status(pn_own_check(&unsized, &error), PNEU_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chooses_the_strongest),
        cmocka_unit_test(takes_some_only_if_they_are_named),
        cmocka_unit_test(needs_a_binding_for_plus),
        cmocka_unit_test(keeps_to_what_is_wanted),
        cmocka_unit_test(prefers_tokens_that_can_be_asked_for),
        cmocka_unit_test(does_not_forget_whom_to_act_for),
        cmocka_unit_test(does_not_try_again),
        cmocka_unit_test(says_why_not),
        cmocka_unit_test(cuts_a_long_reason),
        cmocka_unit_test(knows_the_names),
        cmocka_unit_test(says_what_is_missing),
        cmocka_unit_test(checks_a_mechanism_of_the_programs_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
