/* The TLS modes, row by row of docs/tls.md. */
#include "flow/tls_plan.h"
#include "unit.h"

enum {
    NEVER = PNEU_OPENING_TLS_NEVER,
    IF_OFFERED = PNEU_OPENING_TLS_IF_OFFERED,
    FOR_AUTH = PNEU_OPENING_TLS_FOR_AUTH,
    REQUIRED = PNEU_OPENING_TLS_REQUIRED
};

static const struct {
    pn_tls_facts facts;
    bool implicit;
    bool verify;
    int starttls;
} ROWS[] = {
    {{PNEU_TLS_NONE, 465, false, false, true, false}, false, false, NEVER},
    {{PNEU_TLS_OPTIONAL, 25, false, false, false, false},
     false,
     false,
     IF_OFFERED},
    {{PNEU_TLS_STARTTLS, 25, false, true, false, false}, false, true, REQUIRED},
    {{PNEU_TLS_IMPLICIT, 25, false, true, false, false}, true, true, NEVER},
    /* auto: the first row that matches counts */
    {{PNEU_TLS_AUTO, 465, true, false, true, false}, false, false, NEVER},
    {{PNEU_TLS_AUTO, 465, false, true, false, false}, true, true, NEVER},
    {{PNEU_TLS_AUTO, 587, false, true, true, false}, false, true, FOR_AUTH},
    {{PNEU_TLS_AUTO, 587, false, false, false, false}, false, true, REQUIRED},
    {{PNEU_TLS_AUTO, 25, false, false, true, false}, false, true, REQUIRED},
    {{PNEU_TLS_AUTO, 25, false, false, false, false}, false, true, IF_OFFERED},
    /* a pin must not be passed over in silence */
    {{PNEU_TLS_AUTO, 25, true, false, false, true}, false, true, REQUIRED},
    {{PNEU_TLS_AUTO, 25, false, true, false, true}, false, true, REQUIRED},
    {{PNEU_TLS_AUTO, 465, false, true, false, true}, true, true, NEVER},
};

static void does_what_each_row_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        pn_tls_plan plan = pn_tls_plan_make(&ROWS[i].facts);
        assert_int_equal(plan.implicit, ROWS[i].implicit);
        assert_int_equal(plan.verify, ROWS[i].verify);
        assert_int_equal(plan.starttls, ROWS[i].starttls);
    }
}

/* A mode from a newer header must not mean less than the strictest. */
static void takes_the_unknown_for_the_strictest(void **state)
{
    (void)state;
    pn_tls_facts facts = {.mode = (pneu_tls_mode)99};
    pn_tls_plan plan = pn_tls_plan_make(&facts);
    assert_true(plan.verify);
    assert_int_equal(plan.starttls, PNEU_OPENING_TLS_REQUIRED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(does_what_each_row_says),
        cmocka_unit_test(takes_the_unknown_for_the_strictest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
