/* The buffer: never past its maximum, whole after every failure. */
#include <string.h>

#include "base/buffer.h"
#include "failing_memory.h"
#include "unit.h"

static void assert_holds(const pn_buffer *buffer, const char *want)
{
    pn_span held = pn_buffer_span(buffer);
    assert_int_equal(held.length, strlen(want));
    assert_int_equal(pn_buffer_length(buffer), held.length);
    assert_memory_equal(held.data, want, held.length);
}

static void begins_empty(void **state)
{
    (void)state;
    pn_buffer buffer;
    pn_buffer_init(&buffer, 10);
    assert_non_null(pn_buffer_span(&buffer).data);
    assert_holds(&buffer, "");
    assert_status(pn_buffer_append(&buffer, (pn_span){NULL, 0}), PNEU_OK);
    pn_buffer_finish(&buffer);
    pn_buffer_finish(&buffer);
    assert_status(pn_buffer_append_text(&buffer, "again"), PNEU_OK);
    assert_holds(&buffer, "again");
    pn_buffer_finish(&buffer);
}

static void stops_at_the_exact_maximum(void **state)
{
    (void)state;
    for (size_t maximum = 0; maximum < 2000; maximum += 37) {
        pn_buffer buffer;
        pn_buffer_init(&buffer, maximum);
        for (size_t i = 0; i < maximum; i++)
            assert_status(pn_buffer_append_char(&buffer, 'x'), PNEU_OK);
        assert_status(pn_buffer_append_char(&buffer, 'x'), PNEU_TOO_LARGE);
        assert_int_equal(pn_buffer_length(&buffer), maximum);
        if (maximum > 0) {
            pn_buffer_consume(&buffer, 1);
            assert_status(pn_buffer_append_char(&buffer, 'y'), PNEU_OK);
            assert_int_equal(pn_buffer_span(&buffer).data[maximum - 1], 'y');
        }
        pn_buffer_finish(&buffer);
    }
}

static void refuses_lengths_that_overflow(void **state)
{
    (void)state;
    pn_buffer buffer;
    pneu_status status;
    pn_buffer_init(&buffer, SIZE_MAX);
    assert_status(pn_buffer_append_text(&buffer, "abc"), PNEU_OK);
    assert_null(pn_buffer_reserve(&buffer, SIZE_MAX, &status));
    assert_status(status, PNEU_TOO_LARGE);
    assert_null(pn_buffer_reserve(&buffer, SIZE_MAX - 2, &status));
    assert_status(status, PNEU_TOO_LARGE);
    assert_holds(&buffer, "abc");
    pn_buffer_finish(&buffer);
}

static void is_a_queue(void **state)
{
    (void)state;
    pn_buffer buffer;
    pn_buffer_init(&buffer, 5000);
    unsigned in = 0;
    unsigned out = 0;
    for (size_t round = 0; round < 3000; round++) {
        size_t add = round * 31 % 97;
        for (size_t i = 0; i < add; i++) {
            pneu_status status = pn_buffer_append_char(&buffer, (char)in);
            if (status != PNEU_OK)
                break;
            in++;
        }
        size_t drop = round * 17 % 101;
        if (drop > pn_buffer_length(&buffer))
            drop = pn_buffer_length(&buffer);
        for (size_t i = 0; i < drop; i++, out++)
            assert_int_equal(pn_buffer_span(&buffer).data[i], (char)out);
        pn_buffer_consume(&buffer, drop);
        assert_int_equal(pn_buffer_length(&buffer), in - out);
    }
    assert_true(in > 50000);
    pn_buffer_finish(&buffer);
}

static void cuts_and_clears(void **state)
{
    (void)state;
    pn_buffer buffer;
    pn_buffer_init(&buffer, 100);
    pn_buffer_append_text(&buffer, "abcdefgh");
    pn_buffer_consume(&buffer, 2);
    pn_buffer_cut(&buffer, 3);
    assert_holds(&buffer, "cde");
    pn_buffer_append_text(&buffer, "!");
    assert_holds(&buffer, "cde!");
    pn_buffer_clear(&buffer);
    assert_holds(&buffer, "");
    pn_buffer_finish(&buffer);
}

static void is_whole_when_memory_is_out(void **state)
{
    (void)state;
    static const char MANY[2000] = {0};
    pn_buffer buffer;
    pn_buffer_init(&buffer, 10000);
    failing_memory_start(1);
    assert_status(pn_buffer_append_text(&buffer, "a"), PNEU_NO_MEMORY);
    assert_true(failing_memory_stop());
    assert_holds(&buffer, "");
    assert_status(pn_buffer_append_text(&buffer, "abc"), PNEU_OK);
    failing_memory_start(1);
    assert_status(pn_buffer_append(&buffer, (pn_span){MANY, sizeof(MANY)}),
                  PNEU_NO_MEMORY);
    assert_true(failing_memory_stop());
    assert_holds(&buffer, "abc");
    assert_status(pn_buffer_append(&buffer, (pn_span){MANY, sizeof(MANY)}),
                  PNEU_OK);
    assert_int_equal(pn_buffer_length(&buffer), 3 + sizeof(MANY));
    assert_memory_equal(pn_buffer_span(&buffer).data, "abc", 3);
    pn_buffer_finish(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(begins_empty),
        cmocka_unit_test(stops_at_the_exact_maximum),
        cmocka_unit_test(refuses_lengths_that_overflow),
        cmocka_unit_test(is_a_queue),
        cmocka_unit_test(cuts_and_clears),
        cmocka_unit_test(is_whole_when_memory_is_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
