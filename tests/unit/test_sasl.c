/* The choice of a mechanism, and the exchanges of the RFCs that describe
 * them. */
#include <string.h>

#include "sasl/exchange.h"
#include "sasl/mechanism.h"
#include "unit.h"

static const char *choose(const char *offered, const char *only, bool binding,
                          unsigned tried)
{
    pn_mechanism_offer offer = {pn_span_of(offered), only, binding, tried};
    int i = pn_mechanism_choose(&offer);
    return i < 0 ? "none" : pn_mechanism_at(i)->name;
}

static void chooses_the_strongest(void **state)
{
    (void)state;
    assert_string_equal(choose("PLAIN LOGIN CRAM-MD5", NULL, false, 0),
                        "CRAM-MD5");
    assert_string_equal(
        choose("PLAIN SCRAM-SHA-1 SCRAM-SHA-256", NULL, false, 0),
        "SCRAM-SHA-256");
    assert_string_equal(choose("LOGIN PLAIN", NULL, true, 0), "PLAIN");
    assert_string_equal(choose("login", NULL, true, 0), "LOGIN");
    assert_string_equal(choose("GSSAPI NTLM", NULL, true, 0), "none");
    assert_string_equal(choose("", NULL, true, 0), "none");
}

/* Without TLS there is nothing to bind to. */
static void needs_a_binding_for_plus(void **state)
{
    static const char OFFER[] = "SCRAM-SHA-256-PLUS SCRAM-SHA-256";
    (void)state;
    assert_string_equal(choose(OFFER, NULL, true, 0), "SCRAM-SHA-256-PLUS");
    assert_string_equal(choose(OFFER, NULL, false, 0), "SCRAM-SHA-256");
}

static void keeps_to_one_mechanism_if_told(void **state)
{
    (void)state;
    assert_string_equal(choose("SCRAM-SHA-256 PLAIN", "plain", true, 0),
                        "PLAIN");
    assert_string_equal(choose("SCRAM-SHA-256", "PLAIN", true, 0), "none");
}

static void does_not_try_again(void **state)
{
    (void)state;
    pn_mechanism_offer offer = {pn_span_of("PLAIN LOGIN"), NULL, false, 0};
    offer.tried = 1U << pn_mechanism_choose(&offer);
    assert_string_equal(pn_mechanism_at(pn_mechanism_choose(&offer))->name,
                        "LOGIN");
}

static pn_exchange *begin(const char *name, const char *user,
                          const char *password)
{
    pn_exchange *exchange = NULL;
    pneu_error error;
    pn_mechanism_offer offer = {pn_span_of(name), name, true, 0};
    pn_exchange_options options = {
        .mechanism = pn_mechanism_at(pn_mechanism_choose(&offer)),
        .user = user,
        .password = password,
        .host = "mail.example.com",
    };
    assert_status(pn_exchange_new(&exchange, &options, &error), PNEU_OK);
    return exchange;
}

static void assert_answers(pn_exchange *exchange, const char *challenge,
                           pn_span answer)
{
    pn_buffer out;
    pneu_error error;
    pn_buffer_init(&out, 1000);
    assert_status(
        pn_exchange_step(exchange, pn_span_of(challenge), &out, &error),
        PNEU_OK);
    pn_span held = pn_buffer_span(&out);
    assert_int_equal(held.length, answer.length);
    assert_memory_equal(held.data, answer.data, answer.length);
    pn_buffer_finish(&out);
}

/* RFC 4616 4 */
static void speaks_plain(void **state)
{
    (void)state;
    pn_exchange *exchange = begin("PLAIN", "tim", "tanstaaftanstaaf");
    assert_answers(exchange, "", (pn_span){"\0tim\0tanstaaftanstaaf", 21});
    assert_true(pn_exchange_is_complete(exchange));
    pn_exchange_free(exchange);
}

/* RFC 2195 2 */
static void speaks_cram_md5(void **state)
{
    (void)state;
    pn_exchange *exchange = begin("CRAM-MD5", "tim", "tanstaaftanstaaf");
    assert_answers(exchange, "<1896.697170952@postoffice.reston.mci.net>",
                   pn_span_of("tim b913a602c7eda7a495b4e6e7334d3890"));
    assert_true(pn_exchange_is_complete(exchange));
    pn_exchange_free(exchange);
}

static void speaks_login(void **state)
{
    (void)state;
    pn_exchange *exchange = begin("LOGIN", "tim", "secret");
    assert_answers(exchange, "Username:", pn_span_of("tim"));
    assert_false(pn_exchange_is_complete(exchange));
    assert_answers(exchange, "Password:", pn_span_of("secret"));
    assert_true(pn_exchange_is_complete(exchange));
    pn_exchange_free(exchange);
}

/* What a server may not say (RFC 5802 5.1), after the client's first word. */
static void refuses_what_scram_forbids(void **state)
{
    static const char *const WRONG[] = {
        "r=other,s=QSXCR+Q6sek8bf92,i=4096", /* not our nonce */
        "garbage",
        "e=other-error",
        "r=x,s=QSXCR+Q6sek8bf92,i=2147483647", /* too many iterations */
        "r=x,s=QSXCR+Q6sek8bf92,i=99999999999999999999999",
        "m=unknown,r=x,s=QSXCR+Q6sek8bf92,i=4096",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(WRONG); i++) {
        pn_exchange *exchange = begin("SCRAM-SHA-256", "user", "pencil");
        pn_buffer out;
        pneu_error error;
        pn_buffer_init(&out, 1000);
        assert_status(pn_exchange_step(exchange, PN_SPAN(""), &out, &error),
                      PNEU_OK);
        assert_memory_equal(pn_buffer_span(&out).data, "n,,n=user,r=", 12);
        assert_status(
            pn_exchange_step(exchange, pn_span_of(WRONG[i]), &out, &error),
            PNEU_AUTH_FAILED);
        assert_false(pn_exchange_is_complete(exchange));
        pn_buffer_finish(&out);
        pn_exchange_free(exchange);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chooses_the_strongest),
        cmocka_unit_test(needs_a_binding_for_plus),
        cmocka_unit_test(keeps_to_one_mechanism_if_told),
        cmocka_unit_test(does_not_try_again),
        cmocka_unit_test(speaks_plain),
        cmocka_unit_test(speaks_cram_md5),
        cmocka_unit_test(speaks_login),
        cmocka_unit_test(refuses_what_scram_forbids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
