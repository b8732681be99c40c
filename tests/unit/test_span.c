/* Spans: numbers that overflow, words, and letters of either case. */
#include <string.h>

#include "base/span.h"
#include "page_end.h"
#include "unit.h"

static void reads_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
        uint64_t value;
    } NUMBERS[] = {
        {"0", true, 0},
        {"7", true, 7},
        {"0010", true, 10},
        {"14680064", true, 14680064},
        {"18446744073709551615", true, UINT64_MAX},
        {"00018446744073709551615", true, UINT64_MAX},
        {"18446744073709551616", false, 0},
        {"18446744073709551620", false, 0},
        {"99999999999999999999999999", false, 0},
        {"", false, 0},
        {"-1", false, 0},
        {"+1", false, 0},
        {" 1", false, 0},
        {"1 ", false, 0},
        {"1k", false, 0},
        {"0x10", false, 0},
        {"1.5", false, 0},
    };
    for (size_t i = 0; i < COUNT(NUMBERS); i++) {
        uint64_t value = 4711;
        pn_span text = page_end_lay(pn_span_of(NUMBERS[i].text));
        assert_int_equal(pn_span_number(text, &value), NUMBERS[i].good);
        assert_true(value == (NUMBERS[i].good ? NUMBERS[i].value : 4711));
    }
}

static void cuts_words(void **state)
{
    (void)state;
    pn_span rest = page_end_lay(PN_SPAN("  PLAIN \t LOGIN\tX "));
    pn_span word;
    static const char *const WORDS[] = {"PLAIN", "LOGIN", "X"};
    for (size_t i = 0; i < COUNT(WORDS); i++) {
        assert_true(pn_span_next_word(&rest, &word));
        assert_true(pn_span_equal(word, pn_span_of(WORDS[i])));
    }
    assert_false(pn_span_next_word(&rest, &word));
    rest = PN_SPAN(" \t ");
    assert_false(pn_span_next_word(&rest, &word));
    rest = (pn_span){NULL, 0};
    assert_false(pn_span_next_word(&rest, &word));
}

static void trims(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *trimmed;
    } CASES[] = {
        {"", ""},     {" ", ""},           {"a", "a"},         {" a", "a"},
        {"a\t", "a"}, {" \t a b ", "a b"}, {"\ra\n", "\ra\n"},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        pn_span text = page_end_lay(pn_span_of(CASES[i].text));
        assert_true(
            pn_span_equal(pn_span_trim(text), pn_span_of(CASES[i].trimmed)));
    }
}

static void knows_the_letters(void **state)
{
    (void)state;
    for (int c = -128; c < 128; c++) {
        bool upper = c >= 'A' && c <= 'Z';
        bool lower = c >= 'a' && c <= 'z';
        bool digit = c >= '0' && c <= '9';
        assert_int_equal(pn_ascii_lower((char)c), upper ? c + 32 : c);
        assert_int_equal(pn_ascii_is_digit((char)c), digit);
        assert_int_equal(pn_ascii_is_alnum((char)c), upper || lower || digit);
        assert_int_equal(pn_ascii_is_printable((char)c), c >= 32 && c < 127);
    }
}

static void compares(void **state)
{
    (void)state;
    assert_true(pn_span_equal(PN_SPAN(""), (pn_span){NULL, 0}));
    assert_true(pn_span_equal(PN_SPAN("ab"), PN_SPAN("ab")));
    assert_false(pn_span_equal(PN_SPAN("ab"), PN_SPAN("aB")));
    assert_false(pn_span_equal(PN_SPAN("ab"), PN_SPAN("abc")));
    assert_false(pn_span_equal(PN_SPAN("a\0b"), PN_SPAN("a\0c")));
    assert_true(pn_span_equal_nocase(PN_SPAN("SiZe"), PN_SPAN("sIzE")));
    assert_false(pn_span_equal_nocase(PN_SPAN("size"), PN_SPAN("siz")));
    assert_false(pn_span_equal_nocase(PN_SPAN("[\\]"), PN_SPAN("{|}")));
    assert_true(pn_span_starts_nocase(PN_SPAN("IPv6:x"), PN_SPAN("ipV6:")));
    assert_false(
        pn_span_starts_nocase(page_end_lay(PN_SPAN("IPv")), PN_SPAN("IPv6:")));
    assert_int_equal(pn_span_of(NULL).length, 0);
    assert_non_null(pn_span_of(NULL).data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_numbers),
        cmocka_unit_test(cuts_words),
        cmocka_unit_test(trims),
        cmocka_unit_test(compares),
        cmocka_unit_test(knows_the_letters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
