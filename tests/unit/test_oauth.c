/* OAUTHBEARER and XOAUTH2: their messages, the error in words, and the token
 * that is asked for again. */
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "failing_memory.h"
#include "sasl/exchange.h"
#include "sasl/oauth_error.h"
#include "unit.h"

#define TOKEN "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="

typedef struct talk {
    pn_exchange *exchange;
    pn_exchange_options options;
    pn_token token;
    pneu_answer answer;
    pneu_error error;
} talk;

static pneu_status begin(talk *of, const char *name, const char *token)
{
    of->options.mechanism = pn_mechanism_find(pn_span_of(name));
    of->options.token = &of->token;
    pn_token_init(&of->token, token, NULL, NULL);
    pn_answer_init(&of->answer, 65536);
    return pn_exchange_new(&of->exchange, &of->options, &of->error);
}

static pneu_status say_first(talk *of)
{
    pn_span none = {NULL, 0};
    return pn_exchange_step(of->exchange, none, &of->answer, &of->error);
}

static void finish(talk *of)
{
    pn_exchange_free(of->exchange);
    pn_answer_clear(&of->answer);
    pn_token_finish(&of->token);
}

static void assert_said(const talk *of, const char *wanted)
{
    pn_span said = pn_buffer_span(&of->answer.data);
    assert_true(of->answer.is_set);
    assert_int_equal(said.length, strlen(wanted));
    assert_memory_equal(said.data, wanted, said.length);
}

static void assert_first(talk of, const char *name, const char *token,
                         const char *wanted)
{
    assert_status(begin(&of, name, token), PNEU_OK);
    assert_false(pn_exchange_is_complete(of.exchange));
    assert_status(say_first(&of), PNEU_OK);
    assert_said(&of, wanted);
    assert_true(pn_exchange_is_complete(of.exchange));
    assert_null(pn_exchange_detail(of.exchange));
    finish(&of);
}

/* RFC 7628 4.1 */
static void speaks_oauthbearer(void **state)
{
    talk of = {.options = {.user = "user@example.com",
                           .host = "server.example.com",
                           .port = 143}};
    (void)state;
    assert_first(of, "OAUTHBEARER", TOKEN,
                 "n,a=user@example.com,\x01host=server.example.com\x01"
                 "port=143\x01"
                 "auth=Bearer " TOKEN "\x01\x01");
}

/* RFC 7628 3.1: what is not known is left out; RFC 5801 4: names */
static void leaves_out_what_it_does_not_know(void **state)
{
    talk of = {.options = {.user = NULL}};
    (void)state;
    assert_first(of, "OAUTHBEARER", "t",
                 "n,,\x01"
                 "auth=Bearer t\x01\x01");
    of.options.user = "a,b=c";
    assert_first(of, "OAUTHBEARER", "t",
                 "n,a=a=2Cb=3Dc,\x01"
                 "auth=Bearer t\x01\x01");
    of.options.authorization = "other";
    assert_first(of, "OAUTHBEARER", "t",
                 "n,a=other,\x01"
                 "auth=Bearer t\x01\x01");
}

/* As Google and Microsoft describe it. */
static void speaks_xoauth2(void **state)
{
    talk of = {.options = {.user = "someuser@example.com",
                           .host = "smtp.example.com",
                           .port = 587}};
    (void)state;
    assert_first(of, "XOAUTH2", "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg",
                 "user=someuser@example.com\x01"
                 "auth=Bearer ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg"
                 "\x01\x01");
}

static pneu_status challenge(talk *of, const char *words)
{
    pn_answer_clear(&of->answer);
    return pn_exchange_step(of->exchange, pn_span_of(words), &of->answer,
                            &of->error);
}

/* RFC 7628 3.2.3: ^A to the error of OAUTHBEARER, nothing to XOAUTH2's; no
 * success is to be believed afterwards, and no further challenge. */
static void answers_the_error(void **state)
{
    static const struct {
        const char *name;
        const char *answer;
    } CASES[] = {{"OAUTHBEARER", "\x01"}, {"XOAUTH2", ""}};
    (void)state;
    for (size_t i = 0; i < COUNT(CASES); i++) {
        talk of = {.options = {.user = "u"}};
        assert_status(begin(&of, CASES[i].name, TOKEN), PNEU_OK);
        assert_status(say_first(&of), PNEU_OK);
        assert_status(challenge(&of, "{\"status\":\"invalid_token\",\"scope\":"
                                     "\"example_scope\"}"),
                      PNEU_OK);
        assert_said(&of, CASES[i].answer);
        assert_string_equal(pn_exchange_detail(of.exchange),
                            "status invalid_token, scope example_scope");
        assert_false(pn_exchange_is_complete(of.exchange));
        assert_status(challenge(&of, ""), PNEU_AUTH_FAILED);
        finish(&of);
    }
}

static void assert_tells(const char *words, const char *wanted)
{
    char text[120];
    pn_oauth_error_tell(pn_span_of(words), PN_SPAN("secret-token"), text,
                        sizeof(text));
    assert_string_equal(text, wanted);
}

/* RFC 7628 3.2.2, and what servers say in its place. */
static void tells_the_error(void **state)
{
    (void)state;
    assert_tells("{\"status\":\"401\",\"schemes\":\"bearer mac\",\"scope\":"
                 "\"https://mail.google.com/\"}\n",
                 "status 401, scope https://mail.google.com/");
    assert_tells("{ \"schemes\" : \"bearer\", \"status\" : 400 }",
                 "status 400");
    assert_tells("{\"scope\":\"\",\"x\":\"status\"}",
                 "{\"scope\":\"\",\"x\":\"status\"}");
    assert_tells("{\"a\\\"b\":\"status\",\"status\":\"c\\\"d\"}",
                 "status c\\\"d");
    assert_tells("{\"scope\":\"s\"}", "scope s");
    assert_tells("", "");
    assert_tells("plain words", "plain words");
    assert_tells("{\"status\":\"\x1b[31m\n\"}", "status \\x1b[31m ");
    assert_tells("{\"status\":\"unterminated", "{\"status\":\"unterminated");
    assert_tells("\"status\":", "\"status\":");
    /* whoever says the token back is not quoted */
    assert_tells("{\"status\":\"bad\",\"scope\":\"secret-token\"}", "");
}

/* No ^A of anybody else's, and nothing that is not a token. */
static void refuses_controls(void **state)
{
    static const pn_exchange_options WRONG[] = {
        {.user = "a\x01"
                 "auth=Bearer x"},
        {.user = "a\r\nb"},
        {.user = "a", .host = "h\x7f"},
        {.user = "a", .authorization = "b\x01"},
    };
    static const char *const TOKENS[] = {"",       "a b",   "a\n",
                                         "a\x01z", "a\xc3", "\x7f"};
    (void)state;
    for (size_t i = 0; i < COUNT(WRONG); i++) {
        talk of = {.options = WRONG[i]};
        assert_status(begin(&of, "OAUTHBEARER", "t"), PNEU_INVALID);
        assert_non_null(strstr(of.error.message, "control character"));
        finish(&of);
    }
    for (size_t i = 0; i < COUNT(TOKENS); i++) {
        talk of = {.options = {.user = "a"}};
        assert_status(begin(&of, "XOAUTH2", TOKENS[i]), PNEU_OK);
        assert_status(say_first(&of), PNEU_INVALID);
        assert_non_null(strstr(of.error.message, "token"));
        finish(&of);
    }
}

/* A program that gives tokens, and what it was asked. */
typedef struct giver {
    const char *tokens[3];
    pneu_status status;
    size_t asked;
    bool was_refused;
} giver;

static pneu_status give(void *context, bool was_refused, pneu_answer *token)
{
    giver *from = context;
    const char *text = from->tokens[from->asked++];
    from->was_refused = was_refused;
    if (text != NULL)
        (void)pneu_answer_set(token, text, strlen(text));
    return from->status;
}

static void assert_token(pn_token *token, const char *wanted)
{
    pn_span span;
    assert_status(pn_token_get(token, &span, NULL), PNEU_OK);
    assert_int_equal(span.length, strlen(wanted));
    assert_memory_equal(span.data, wanted, span.length);
}

static void asks_for_a_token_once_more(void **state)
{
    giver from = {.tokens = {"first", "second"}};
    pn_token token;
    (void)state;
    pn_token_init(&token, "given", give, &from);
    assert_token(&token, "first");
    assert_token(&token, "first");
    assert_int_equal(from.asked, 1);
    assert_false(from.was_refused);
    assert_true(pn_token_refuse(&token));
    assert_token(&token, "second");
    assert_true(from.was_refused);
    assert_token(&token, "second");
    assert_int_equal(from.asked, 2);
    assert_false(pn_token_refuse(&token));
    pn_token_finish(&token);
    pn_token_init(&token, "given", NULL, NULL);
    assert_token(&token, "given");
    assert_false(pn_token_refuse(&token));
    pn_token_finish(&token);
}

static void assert_fails(giver from, pneu_status wanted, const char *words)
{
    pn_token token;
    pn_span span;
    pneu_error error;
    pn_token_init(&token, NULL, give, &from);
    assert_status(pn_token_get(&token, &span, &error), wanted);
    assert_non_null(strstr(error.message, words));
    pn_token_finish(&token);
}

static void ends_as_the_call_back_says(void **state)
{
    static char too_long[PN_ANSWER_MAX + 2];
    (void)state;
    memset(too_long, 't', PN_ANSWER_MAX + 1);
    assert_fails((giver){.status = PNEU_CANCELLED}, PNEU_CANCELLED,
                 "the token call-back ended AUTH");
    assert_fails((giver){.status = PNEU_AGAIN}, PNEU_MISUSE, "again");
    assert_fails((giver){.tokens = {NULL}}, PNEU_AUTH_FAILED, "no token");
    assert_fails((giver){.tokens = {""}}, PNEU_AUTH_FAILED, "no token");
    assert_fails((giver){.tokens = {too_long}}, PNEU_TOO_LARGE, "maximum");
}

static void knows_a_stale_token(void **state)
{
    giver from = {.tokens = {"same", "same"}};
    pn_token token;
    pn_span span;
    pneu_error error;
    (void)state;
    pn_token_init(&token, NULL, give, &from);
    assert_token(&token, "same");
    assert_true(pn_token_refuse(&token));
    assert_status(pn_token_get(&token, &span, &error), PNEU_AUTH_FAILED);
    assert_true(token.is_stale);
    assert_null(strstr(error.message, "same"));
    pn_token_finish(&token);
}

/* The last answer counts, of any length, with any octets. */
static void keeps_the_last_answer(void **state)
{
    static char octets[PN_ANSWER_MAX + 1];
    pneu_answer answer;
    (void)state;
    pn_answer_init(&answer, PN_ANSWER_MAX);
    assert_false(answer.is_set);
    assert_status(pneu_answer_set(&answer, "first", 5), PNEU_OK);
    assert_status(pneu_answer_set(&answer, "a\0b", 3), PNEU_OK);
    assert_int_equal(pn_buffer_length(&answer.data), 3);
    assert_status(pneu_answer_set(&answer, NULL, 0), PNEU_OK);
    assert_true(answer.is_set);
    assert_int_equal(pn_buffer_length(&answer.data), 0);
    assert_status(pneu_answer_set(&answer, octets, PN_ANSWER_MAX), PNEU_OK);
    assert_status(pneu_answer_set(&answer, octets, sizeof(octets)),
                  PNEU_TOO_LARGE);
    assert_status(pn_answer_check(&answer, PNEU_OK, "who", NULL),
                  PNEU_TOO_LARGE);
    failing_memory_start(1);
    assert_status(pneu_answer_set(&answer, "x", 1), PNEU_NO_MEMORY);
    failing_memory_stop();
    assert_status(pn_answer_check(&answer, PNEU_OK, "who", NULL),
                  PNEU_NO_MEMORY);
    pn_answer_clear(&answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(speaks_oauthbearer),
        cmocka_unit_test(leaves_out_what_it_does_not_know),
        cmocka_unit_test(speaks_xoauth2),
        cmocka_unit_test(answers_the_error),
        cmocka_unit_test(tells_the_error),
        cmocka_unit_test(refuses_controls),
        cmocka_unit_test(asks_for_a_token_once_more),
        cmocka_unit_test(ends_as_the_call_back_says),
        cmocka_unit_test(knows_a_stale_token),
        cmocka_unit_test(keeps_the_last_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
