/* Statuses: each with a name, a text and a fault of its own; and the helper
 * that fills an error. */
#include <errno.h>
#include <string.h>

#include "base/fail.h"
#include "unit.h"

static const pneu_status STATUSES[] = {
#define STATUS(name, value, text) PNEU_##name,
    PNEU_STATUS_LIST(STATUS)
#undef STATUS
};

static void names_every_status(void **state)
{
    (void)state;
    assert_string_equal(pneu_status_name(PNEU_IN_DOUBT), "PNEU_IN_DOUBT");
    assert_string_equal(pneu_status_text(PNEU_LOST), "the connection was lost");
    for (size_t i = 0; i < COUNT(STATUSES); i++) {
        assert_string_not_equal(pneu_status_text(STATUSES[i]), "?");
        for (size_t j = 0; j < i; j++) {
            assert_int_not_equal(STATUSES[i], STATUSES[j]);
            assert_string_not_equal(pneu_status_text(STATUSES[i]),
                                    pneu_status_text(STATUSES[j]));
        }
    }
    assert_string_equal(pneu_status_name((pneu_status)999), "?");
    assert_string_equal(pneu_status_text((pneu_status)999), "?");
}

static void says_whose_fault_it_was(void **state)
{
    (void)state;
    assert_int_equal(pneu_status_fault(PNEU_OK), PNEU_FAULT_NONE);
    assert_int_equal(pneu_status_fault(PNEU_LINE_BREAK), PNEU_FAULT_CALLER);
    assert_int_equal(pneu_status_fault(PNEU_NO_MEMORY), PNEU_FAULT_MACHINE);
    assert_int_equal(pneu_status_fault(PNEU_TIMEOUT), PNEU_FAULT_LINE);
    assert_int_equal(pneu_status_fault(PNEU_REFUSED), PNEU_FAULT_SERVER);
}

static void fills_an_error_whole(void **state)
{
    (void)state;
    pneu_error error = {.reply_code = 550, .system_error = 7};
    assert_status(pn_fail(&error, PNEU_INVALID, "%s is %d", "x", 3),
                  PNEU_INVALID);
    assert_status(error.status, PNEU_INVALID);
    assert_int_equal(error.reply_code, 0);
    assert_int_equal(error.system_error, 0);
    assert_string_equal(error.message, "x is 3");
    assert_status(pn_fail(NULL, PNEU_INVALID, "x"), PNEU_INVALID);
    assert_status(
        pn_fail_system(&error, PNEU_LOST, ECONNRESET, "reading from %s", "h"),
        PNEU_LOST);
    assert_int_equal(error.system_error, ECONNRESET);
    assert_string_equal(error.message,
                        "reading from h: Connection reset by peer");
    assert_status(pn_fail_system(NULL, PNEU_LOST, EPIPE, "x"), PNEU_LOST);
}

static void cuts_a_long_sentence(void **state)
{
    (void)state;
    char text[1000];
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    pneu_error error;
    pn_fail(&error, PNEU_INVALID, "%s", text);
    assert_int_equal(strlen(error.message), PNEU_ERROR_MESSAGE_SIZE - 1);
    pn_fail_system(&error, PNEU_SYSTEM, EPIPE, "%s", text);
    assert_int_equal(strlen(error.message), PNEU_ERROR_MESSAGE_SIZE - 1);
    text[505] = '\0';
    pn_fail_system(&error, PNEU_SYSTEM, EPIPE, "%s", text);
    assert_int_equal(strlen(error.message), PNEU_ERROR_MESSAGE_SIZE - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_every_status),
        cmocka_unit_test(says_whose_fault_it_was),
        cmocka_unit_test(fills_an_error_whole),
        cmocka_unit_test(cuts_a_long_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
