/* The command writer: CR, LF and NUL in no position of no piece (RFC 5321
 * 2.3.8), and a buffer that is as it was after every failure. */
#include <string.h>

#include "failing_memory.h"
#include "page_end.h"
#include "unit.h"
#include "wire/limits.h"
#include "wire/line.h"

static void assert_holds(const pn_buffer *buffer, const char *want)
{
    pn_span held = pn_buffer_span(buffer);
    assert_int_equal(held.length, strlen(want));
    assert_memory_equal(held.data, want, held.length);
}

static void writes_lines(void **state)
{
    (void)state;
    pn_buffer buffer;
    pneu_error error = {.status = PNEU_OK};
    size_t length = 0;
    pn_buffer_init(&buffer, 1000);
    pn_line line = pn_line_begin(&buffer, &error);
    pn_line_add_text(&line, "MAIL FROM:<");
    pn_line_add(&line, PN_SPAN("a@b.example"));
    pn_line_add_text(&line, ">");
    assert_status(pn_line_end(&line, &length), PNEU_OK);
    assert_int_equal(length, 25);
    line = pn_line_begin(&buffer, &error);
    pn_line_add_text(&line, "AUTH PLAIN ");
    pn_line_add_base64(&line, PN_SPAN("\0u\0p"));
    assert_status(pn_line_end(&line, &length), PNEU_OK);
    line = pn_line_begin(&buffer, &error);
    pn_line_add_base64(&line, PN_SPAN("")); /* RFC 4954 4 */
    assert_status(pn_line_end(&line, &length), PNEU_OK);
    assert_int_equal(length, 3);
    assert_holds(&buffer,
                 "MAIL FROM:<a@b.example>\r\nAUTH PLAIN AHUAcA==\r\n=\r\n");
    pn_buffer_finish(&buffer);
}

static void stops_line_breaks_everywhere(void **state)
{
    (void)state;
    static const char BREAKS[] = {'\r', '\n', '\0'};
    static const char PIECE[] = "a@b.example";
    for (size_t b = 0; b < COUNT(BREAKS); b++) {
        for (size_t at = 0; at < sizeof(PIECE); at++) {
            char octets[sizeof(PIECE)];
            memcpy(octets, PIECE, sizeof(PIECE) - 1);
            memmove(octets + at + 1, octets + at, sizeof(PIECE) - 1 - at);
            octets[at] = BREAKS[b];
            pn_buffer buffer;
            pneu_error error = {.status = PNEU_OK};
            size_t length = 0;
            pn_buffer_init(&buffer, 1000);
            pn_buffer_append_text(&buffer, "NOOP\r\n");
            pn_line line = pn_line_begin(&buffer, &error);
            pn_line_add_text(&line, "RCPT TO:<");
            pn_line_add(&line, page_end_lay((pn_span){octets, sizeof(octets)}));
            pn_line_add_text(&line, ">");
            assert_status(pn_line_end(&line, &length), PNEU_LINE_BREAK);
            assert_status(error.status, PNEU_LINE_BREAK);
            assert_null(strpbrk(error.message, "\r\n"));
            assert_holds(&buffer, "NOOP\r\n");
            pn_buffer_finish(&buffer);
        }
    }
}

static void lets_every_other_octet_pass(void **state)
{
    (void)state;
    for (unsigned c = 1; c < 256; c++) {
        if (c == '\r' || c == '\n')
            continue;
        char octet = (char)c;
        pn_buffer buffer;
        size_t length = 0;
        pn_buffer_init(&buffer, 10);
        pn_line line = pn_line_begin(&buffer, NULL);
        pn_line_add(&line, (pn_span){&octet, 1});
        assert_status(pn_line_end(&line, &length), PNEU_OK);
        assert_int_equal(pn_buffer_span(&buffer).data[0], octet);
        pn_buffer_finish(&buffer);
    }
}

static void limits_a_line_at_the_octet(void **state)
{
    (void)state;
    static char text[PN_COMMAND_LINE_MAX];
    memset(text, 'x', sizeof(text));
    for (size_t extra = 0; extra < 2; extra++) {
        pn_buffer buffer;
        pneu_error error = {.status = PNEU_OK};
        size_t length = 0;
        pn_buffer_init(&buffer, 2 * (size_t)PN_COMMAND_LINE_MAX);
        pn_line line = pn_line_begin(&buffer, &error);
        pn_line_add(&line, (pn_span){text, sizeof(text) - 2 + extra});
        assert_status(pn_line_end(&line, &length),
                      extra == 0 ? PNEU_OK : PNEU_TOO_LARGE);
        assert_status(error.status, extra == 0 ? PNEU_OK : PNEU_TOO_LARGE);
        assert_int_equal(pn_buffer_length(&buffer),
                         extra == 0 ? PN_COMMAND_LINE_MAX : 0);
        pn_buffer_finish(&buffer);
    }
}

static void writes_numbers(void **state)
{
    (void)state;
    static const struct {
        uint64_t number;
        const char *want;
    } CASES[] = {
        {0, "0\r\n"},
        {9, "9\r\n"},
        {10, "10\r\n"},
        {UINT64_MAX, "18446744073709551615\r\n"},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        pn_buffer buffer;
        size_t length = 0;
        pn_buffer_init(&buffer, 100);
        pn_line line = pn_line_begin(&buffer, NULL);
        pn_line_add_number(&line, CASES[i].number);
        assert_status(pn_line_end(&line, &length), PNEU_OK);
        assert_holds(&buffer, CASES[i].want);
        pn_buffer_finish(&buffer);
    }
}

static void gives_a_line_up(void **state)
{
    (void)state;
    pn_buffer buffer;
    size_t length = 0;
    pn_buffer_init(&buffer, 100);
    pn_line line = pn_line_begin(&buffer, NULL);
    pn_line_add_text(&line, "NOOP");
    assert_status(pn_line_end(&line, &length), PNEU_OK);
    line = pn_line_begin(&buffer, NULL);
    pn_line_add_text(&line, "XCLIENT NAME=x");
    pn_line_drop(&line);
    assert_holds(&buffer, "NOOP\r\n");
    pn_buffer_finish(&buffer);
}

static void keeps_the_buffers_maximum(void **state)
{
    (void)state;
    for (size_t maximum = 0; maximum < 9; maximum++) {
        pn_buffer buffer;
        size_t length = 0;
        pn_buffer_init(&buffer, maximum);
        pn_line line = pn_line_begin(&buffer, NULL);
        pn_line_add_text(&line, "NOOP");
        pn_line_add_text(&line, "");
        assert_status(pn_line_end(&line, &length),
                      maximum >= 6 ? PNEU_OK : PNEU_TOO_LARGE);
        assert_int_equal(pn_buffer_length(&buffer), maximum >= 6 ? 6 : 0);
        pn_buffer_finish(&buffer);
    }
}

static void survives_no_memory(void **state)
{
    (void)state;
    static char text[3000];
    memset(text, 'x', sizeof(text));
    size_t nth = 1;
    for (bool failed = true; failed; nth++) {
        pn_buffer buffer;
        pneu_error error = {.status = PNEU_OK};
        size_t length = 0;
        pn_buffer_init(&buffer, 10000);
        failing_memory_start(nth);
        pn_line line = pn_line_begin(&buffer, &error);
        pn_line_add_text(&line, "X");
        pn_line_add(&line, (pn_span){text, 1000});
        pn_line_add_base64(&line, (pn_span){text, sizeof(text)});
        pneu_status status = pn_line_end(&line, &length);
        failed = failing_memory_stop();
        assert_status(status, failed ? PNEU_NO_MEMORY : PNEU_OK);
        assert_status(error.status, status);
        assert_int_equal(pn_buffer_length(&buffer), failed ? 0 : 5003);
        pn_buffer_finish(&buffer);
    }
    assert_true(nth > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_lines),
        cmocka_unit_test(stops_line_breaks_everywhere),
        cmocka_unit_test(lets_every_other_octet_pass),
        cmocka_unit_test(limits_a_line_at_the_octet),
        cmocka_unit_test(writes_numbers),
        cmocka_unit_test(gives_a_line_up),
        cmocka_unit_test(keeps_the_buffers_maximum),
        cmocka_unit_test(survives_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
