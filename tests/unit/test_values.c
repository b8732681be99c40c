/* What stands in the values of parameters: xtext, and dates with times. */
#include <stdio.h>
#include <string.h>

#include "unit.h"
#include "wire/date_time.h"
#include "wire/xtext.h"

/* RFC 3461 4: every octet there is; what comes out holds nothing that could
 * end the value. */
static void codes_every_octet(void **state)
{
    (void)state;
    for (int octet = 1; octet < 256; octet++) {
        char text[2] = {(char)octet, '\0'};
        char want[4];
        pneu_error error;
        size_t length = 0;
        pn_buffer buffer;
        bool plain =
            octet >= 33 && octet <= 126 && octet != '+' && octet != '=';
        snprintf(want, sizeof(want), plain ? "%c" : "+%02X", octet);
        pn_buffer_init(&buffer, 100);
        pn_line line = pn_line_begin(&buffer, &error);
        pn_xtext_add(&line, pn_span_of(text));
        assert_status(pn_line_end(&line, &length), PNEU_OK);
        assert_int_equal(length, strlen(want) + 2);
        assert_int_equal(length, pn_xtext_length(pn_span_of(text)) + 2);
        assert_memory_equal(pn_buffer_span(&buffer).data, want, strlen(want));
        pn_buffer_finish(&buffer);
    }
}

/* RFC 3339 5.6, 5.7 */
static void reads_dates_and_times(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
        int64_t seconds;
    } CASES[] = {
        {"1970-01-01T00:00:00Z", true, 0},
        {"1985-04-12T23:20:50.52Z", true, 482196050},
        {"1996-12-19T16:39:57-08:00", true, 851042397},
        {"1996-12-20t00:39:57z", true, 851042397},
        {"1990-12-31T23:59:60Z", true, 662688000},
        {"1937-01-01T12:00:27.87+00:20", true, -1041337173},
        {"2000-02-29T00:00:00Z", true, 951782400},
        {"2024-02-29T12:00:00+00:00", true, 1709208000},
        {"2026-11-22T18:00:00Z", true, 1795370400},
        {"0001-01-01T00:00:00Z", true, -62135596800},
        {"9999-12-31T23:59:59Z", true, 253402300799},
        {"2026-11-22T18:00:00", false, 0},
        {"2026-11-22 18:00:00Z", false, 0},
        {"2026-11-22T18:00Z", false, 0},
        {"2026-11-22T18:00:00.Z", false, 0},
        {"2026-11-22T18:00:00Z ", false, 0},
        {"2026-11-22T18:00:00ZZ", false, 0},
        {"2026-11-22T18:00:00+1:00", false, 0},
        {"2026-11-22T18:00:00+24:00", false, 0},
        {"2026-11-22T24:00:00Z", false, 0},
        {"2026-11-22T18:60:00Z", false, 0},
        {"2026-11-22T18:00:61Z", false, 0},
        {"2026-13-22T18:00:00Z", false, 0},
        {"2026-00-22T18:00:00Z", false, 0},
        {"2026-11-31T18:00:00Z", false, 0},
        {"2026-11-00T18:00:00Z", false, 0},
        {"2025-02-29T18:00:00Z", false, 0},
        {"1900-02-29T18:00:00Z", false, 0},
        {"0000-01-01T18:00:00Z", false, 0},
        {"26-11-22T18:00:00Z", false, 0},
        {"+026-11-22T18:00:00Z", false, 0},
        {"", false, 0},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        int64_t seconds = 0;
        if (pn_date_time_parse(pn_span_of(CASES[i].text), &seconds) !=
            CASES[i].good)
            fail_msg("\"%s\"", CASES[i].text);
        assert_true(seconds == CASES[i].seconds);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_every_octet),
        cmocka_unit_test(reads_dates_and_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
