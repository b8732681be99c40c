/* UTF-8 against an encoder of every character there is, and escaping: what a
 * server says can neither steer a terminal nor forge a line (CWE-117,
 * CWE-150). */
#include <string.h>

#include "base/escape.h"
#include "base/utf8.h"
#include "page_end.h"
#include "unit.h"

/* RFC 3629 3, without the rules of 4 */
static size_t encode(uint32_t c, char out[4])
{
    size_t length = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned LEAD[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = length; i-- > 1; c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(LEAD[length] | c);
    return length;
}

static void knows_every_character(void **state)
{
    (void)state;
    for (uint32_t c = 0; c < 0x1fffff; c++) {
        char octets[4];
        uint32_t value = 0;
        size_t length = encode(c, octets);
        bool good = c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
        size_t found = pn_utf8_length((pn_span){octets, length}, &value);
        if (found != (good ? length : 0) || value != (good ? c : 0))
            fail_msg("U+%04X: %zu octets, U+%04X", (unsigned)c, found,
                     (unsigned)value);
    }
}

static void refuses_what_is_cut_short(void **state)
{
    (void)state;
    static const uint32_t CHARACTERS[] = {0xe9, 0x20ac, 0x1f4e8};
    for (size_t i = 0; i < COUNT(CHARACTERS); i++) {
        char octets[4];
        size_t length = encode(CHARACTERS[i], octets);
        for (size_t cut = 0; cut < length; cut++) {
            pn_span text = page_end_lay((pn_span){octets, cut});
            assert_int_equal(pn_utf8_length(text, NULL), 0);
        }
        pn_span text = page_end_lay((pn_span){octets, length});
        assert_int_equal(pn_utf8_length(text, NULL), length);
    }
}

/* RFC 3629 4 */
static void refuses_what_is_overlong(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "\x80",
        "\xbf",
        "\xc0\x80",
        "\xc0\xaf",
        "\xc1\xbf",
        "\xe0\x80\x80",
        "\xe0\x9f\xbf",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xc3\x28",
        "\xf0\x80\x80\x80",
        "\xf0\x8f\xbf\xbf",
        "\xf5\x80\x80\x80",
        "\xf8\x88\x80\x80\x80",
        "\xfe",
        "\xff",
        "\xe2\x28\xa1",
        "\xe2\x82\x28",
    };
    for (size_t i = 0; i < COUNT(BAD); i++) {
        pn_span text = page_end_lay(pn_span_of(BAD[i]));
        assert_int_equal(pn_utf8_length(text, NULL), 0);
    }
}

static const struct {
    pn_span text;
    const char *shown;
} ESCAPES[] = {
    {{"", 0}, ""},
    {{"250 Ok", 6}, "250 Ok"},
    {{"two\nlines", 9}, "two | lines"},
    {{"a\rb", 3}, "a\\x0db"},
    {{"a\0b", 3}, "a\\x00b"},
    {{"\x1b[31mred", 8}, "\\x1b[31mred"},
    {{"\x07\x08\x7f\t", 4}, "\\x07\\x08\\x7f\\x09"},
    {{"Gr\xc3\xbc\xc3\x9f", 6}, "Gr\xc3\xbc\xc3\x9f"},
    {{"\xe2\x82\xac", 3}, "\xe2\x82\xac"},
    {{"\xc2\x9b"
      "31m",
      5},
     "\\xc2\\x9b31m"},                        /* C1: CSI */
    {{"\xe2\x80\xae", 3}, "\\xe2\\x80\\xae"}, /* turned direction */
    {{"\xe2\x80\xa8", 3}, "\\xe2\\x80\\xa8"}, /* line separator */
    {{"\xe2\x81\xa6", 3}, "\\xe2\\x81\\xa6"}, /* isolate */
    {{"\xef\xbb\xbf", 3}, "\\xef\\xbb\\xbf"}, /* byte order mark */
    {{"\xff\xfe", 2}, "\\xff\\xfe"},
    {{"\xc3", 1}, "\\xc3"},
    {{"\xe2\x82", 2}, "\\xe2\\x82"},
    {{"\xe9t\xe9", 3}, "\\xe9t\\xe9"}, /* Latin-1 */
};

static void escapes_what_could_harm(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ESCAPES); i++) {
        char out[100];
        pn_span text = page_end_lay(ESCAPES[i].text);
        size_t length = pn_escape(text, " | ", out, sizeof(out));
        assert_string_equal(out, ESCAPES[i].shown);
        assert_int_equal(length, strlen(out));
    }
}

static void escapes_every_octet(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 256; c++) {
        char octet = (char)c;
        char out[10];
        pn_escape((pn_span){&octet, 1}, "", out, sizeof(out));
        for (size_t i = 0; out[i] != '\0'; i++)
            assert_in_range((unsigned char)out[i], 32, 126);
        assert_int_equal(strlen(out), c == '\n'             ? 0
                                      : c >= 32 && c <= 126 ? 1
                                                            : 4);
    }
}

/* Whatever the room, it is filled with whole characters and ended. */
static void cuts_at_whole_characters(void **state)
{
    (void)state;
    static const pn_span TEXT = {"a\x1b\xc3\xbc\n\xe2\x82\xac!", 9};
    static const char FULL[] = "a\\x1b\xc3\xbc, \xe2\x82\xac!";
    static const size_t ENDS[] = {0, 1, 5, 7, 9, 12, 13};
    for (size_t size = 0; size <= sizeof(FULL) + 1; size++) {
        char out[40];
        memset(out, '#', sizeof(out));
        size_t length = pn_escape(TEXT, ", ", out, size);
        size_t want = 0;
        for (size_t i = 0; i < COUNT(ENDS); i++) {
            if (ENDS[i] < size)
                want = ENDS[i];
        }
        assert_int_equal(length, want);
        assert_memory_equal(out, FULL, length);
        if (size > 0)
            assert_int_equal(out[length], '\0');
        assert_int_equal(out[size], '#');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_every_character),
        cmocka_unit_test(refuses_what_is_cut_short),
        cmocka_unit_test(refuses_what_is_overlong),
        cmocka_unit_test(escapes_what_could_harm),
        cmocka_unit_test(escapes_every_octet),
        cmocka_unit_test(cuts_at_whole_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
