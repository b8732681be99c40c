/* The reply parser: every code, every split, every limit at the exact octet.
 * A refused or unfinished reply is never a reply. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "failing_memory.h"
#include "page_end.h"
#include "unit.h"
#include "wire/limits.h"
#include "wire/reply.h"

/* Feeds octets in parts, each against the end of a page, until a reply is
 * whole, the parser refuses, or nothing is left. */
static pneu_status feed(pn_reply_parser *parser, pn_span octets, size_t part,
                        size_t *taken, pneu_error *error)
{
    *taken = 0;
    do {
        size_t left = octets.length - *taken;
        pn_span now = {octets.data + *taken, left < part ? left : part};
        size_t used = 0;
        pneu_status status =
            pn_reply_parser_feed(parser, page_end_lay(now), &used, error);
        *taken += used;
        if (status != PNEU_OK)
            return status;
        assert_true(parser->done || used == now.length);
    } while (!parser->done && *taken < octets.length);
    return PNEU_OK;
}

/* PROTOCOL, or OK; with OK, code tells if a reply is whole (0: not yet). */
static pneu_status parse(pn_span octets, size_t part, int *code)
{
    pn_reply_parser parser;
    pneu_error error = {.status = PNEU_OK};
    size_t taken = 0;
    pn_reply_parser_init(&parser);
    pneu_status status = feed(&parser, octets, part, &taken, &error);
    if (status != PNEU_OK) {
        assert_status(error.status, status);
        assert_true(strlen(error.message) > 10);
        assert_false(parser.done);
    }
    *code = parser.done ? parser.reply.code : 0;
    pn_reply_parser_finish(&parser);
    return status;
}

/* RFC 5321 4.2.1: the first digit is 2 to 5 */
static void takes_200_to_599_of_all_codes(void **state)
{
    (void)state;
    for (int wanted = 0; wanted < 1000; wanted++) {
        char line[40];
        bool good = wanted >= 200 && wanted <= 599;
        for (int i = 0; i < 3; i++) {
            int code = 0;
            if (i == 2)
                snprintf(line, sizeof(line), "%03d-a\r\n%03d b\r\n", wanted,
                         wanted);
            else if (i == 1)
                snprintf(line, sizeof(line), "%03d\r\n", wanted);
            else
                snprintf(line, sizeof(line), "%03d text\r\n", wanted);
            assert_status(parse(pn_span_of(line), 1, &code),
                          good ? PNEU_OK : PNEU_PROTOCOL);
            assert_int_equal(code, good ? wanted : 0);
        }
    }
}

#define MULTI_REPLY "250-mail.example\r\n250-SIZE 1000\r\n250-\r\n250 HELP\r\n"
#define MULTI_OCTETS MULTI_REPLY "354 next"
static const pn_span MULTI = {MULTI_OCTETS, sizeof(MULTI_OCTETS) - 1};
static const char MULTI_TEXT[] = "mail.example\nSIZE 1000\n\nHELP";
enum {
    MULTI_LENGTH = sizeof(MULTI_REPLY) - 1
};

static void assert_is_multi(const pn_reply_parser *parser, size_t taken)
{
    assert_true(parser->done);
    assert_int_equal(taken, MULTI_LENGTH);
    assert_int_equal(parser->reply.code, 250);
    assert_int_equal(parser->reply.line_count, 4);
    assert_int_equal(parser->reply.text_length, strlen(MULTI_TEXT));
    assert_string_equal(parser->reply.text, MULTI_TEXT);
}

/* What comes after the reply is left, wherever the octets were split. */
static void is_the_same_at_every_split(void **state)
{
    (void)state;
    for (size_t a = 0; a <= MULTI_LENGTH; a++) {
        for (size_t b = a; b <= MULTI_LENGTH; b++) {
            pn_reply_parser parser;
            pn_reply_parser_init(&parser);
            const size_t ends[] = {a, b, MULTI.length};
            size_t from = 0;
            for (size_t i = 0; i < COUNT(ends) && !parser.done; i++) {
                pn_span part = {MULTI.data + from, ends[i] - from};
                size_t used = 0;
                assert_status(pn_reply_parser_feed(&parser, page_end_lay(part),
                                                   &used, NULL),
                              PNEU_OK);
                from += used;
                assert_int_equal(pn_reply_parser_is_midway(&parser),
                                 from > 0 && from < MULTI_LENGTH);
            }
            assert_is_multi(&parser, from);
            pn_reply_parser_finish(&parser);
        }
    }
}

static void is_the_same_octet_by_octet(void **state)
{
    (void)state;
    for (size_t part = 1; part <= MULTI.length; part++) {
        pn_reply_parser parser;
        size_t taken = 0;
        pn_reply_parser_init(&parser);
        assert_status(feed(&parser, MULTI, part, &taken, NULL), PNEU_OK);
        assert_is_multi(&parser, taken);
        pn_reply_parser_finish(&parser);
    }
}

/* Nothing short of the last LF makes a reply. */
static void is_nothing_when_cut_short(void **state)
{
    (void)state;
    for (size_t cut = 0; cut < MULTI_LENGTH; cut++) {
        int code = 1;
        assert_status(parse((pn_span){MULTI.data, cut}, 7, &code), PNEU_OK);
        assert_int_equal(code, 0);
    }
}

/* One policy in every place: LF ends a line, with CR or without; a CR alone
 * is text (RFC 5321 2.3.8). */
static void ends_lines_at_lf(void **state)
{
    (void)state;
    static const struct {
        const char *octets;
        const char *text;
        size_t lines;
    } CASES[] = {
        {"250 ok\n", "ok", 1},
        {"250-a\n250 b\n", "a\nb", 2},
        {"250-a\r\n250 b\n", "a\nb", 2},
        {"250-a\n250 b\r\n", "a\nb", 2},
        {"250 a\rb\r\n", "a\rb", 1},
        {"250 a\r250 b\r\n", "a\r250 b", 1},
        {"250 a\r\r\n", "a\r", 1},
        {"250 \r\n", "", 1},
        {"250\n", "", 1},
        {"250-\n250\n", "\n", 2},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        pn_reply_parser parser;
        size_t taken = 0;
        pn_reply_parser_init(&parser);
        pn_span octets = pn_span_of(CASES[i].octets);
        assert_status(feed(&parser, octets, 1, &taken, NULL), PNEU_OK);
        assert_true(parser.done);
        assert_int_equal(taken, octets.length);
        assert_string_equal(parser.reply.text, CASES[i].text);
        assert_int_equal(parser.reply.line_count, CASES[i].lines);
        pn_reply_parser_finish(&parser);
    }
}

/* A NUL never cuts a reply short, so that another is made of it. */
static void refuses_nul_at_every_position(void **state)
{
    (void)state;
    static const pn_span REPLY = {"250-one\r\n250 two\r\n", 18};
    for (size_t at = 0; at < REPLY.length; at++) {
        for (int inserted = 0; inserted < 2; inserted++) {
            char octets[32] = {0};
            size_t tail = inserted ? at : at + 1;
            memcpy(octets, REPLY.data, at);
            memcpy(octets + at + 1, REPLY.data + tail, REPLY.length - tail);
            pn_span bad = {octets, at + 1 + REPLY.length - tail};
            for (size_t part = 1; part <= bad.length; part += 5) {
                int code = 0;
                pneu_status status = parse(bad, part, &code);
                /* in place of the last LF: the line has not ended */
                bool open = tail == REPLY.length;
                assert_status(status, open ? PNEU_OK : PNEU_PROTOCOL);
                assert_int_equal(code, 0);
            }
        }
    }
}

static void refuses_what_is_no_reply(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "\r\n",
        "\n",
        "2\r\n",
        "25\r\n",
        "25 ok\r\n",
        "2500 ok\r\n",
        "250_ok\r\n",
        "250\tok\r\n",
        "250\r250 ok\r\n",
        "abc ok\r\n",
        "25O ok\r\n",
        "+25 ok\r\n",
        "-250 ok\r\n",
        " 250 ok\r\n",
        "250--\r\nx\r\n",
        "HTTP/1.1 400 Bad Request\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n",
        "* OK IMAP4rev1\r\n",
        "\x16\x03\x01\n",
        "\xef\xbc\x92\xef\xbc\x95\xef\xbc\x90 ok\r\n",
        /* RFC 5321 4.2.1: one code in all lines */
        "250-a\r\n554 b\r\n",
        "554-a\r\n250 b\r\n",
        "250-a\r\n251-b\r\n250 c\r\n",
        "250-a\r\n250-b\r\n354 c\r\n",
    };
    for (size_t i = 0; i < COUNT(BAD); i++) {
        pn_span octets = pn_span_of(BAD[i]);
        for (size_t part = 1; part <= octets.length; part++) {
            int code = 0;
            assert_status(parse(octets, part, &code), PNEU_PROTOCOL);
        }
    }
}

/* The sentence that says what is wrong cannot be made to harm. */
static void shows_only_what_is_safe(void **state)
{
    (void)state;
    pn_reply_parser parser;
    pneu_error error;
    size_t taken = 0;
    pn_reply_parser_init(&parser);
    assert_status(
        feed(&parser, PN_SPAN("\x1b]0;x\x07%s%n\xff\r\n"), 100, &taken, &error),
        PNEU_PROTOCOL);
    assert_non_null(strstr(error.message, "\\x1b]0;x\\x07%s%n\\xff"));
    pn_reply_parser_finish(&parser);
}

/* A line of exactly length octets, its CRLF included. */
static void put_line(char *to, const char *code, size_t length)
{
    memset(to, 'x', length);
    for (size_t i = 0; i < 4; i++)
        to[i] = code[i];
    to[length - 2] = '\r';
    to[length - 1] = '\n';
}

static void limits_a_line_at_the_octet(void **state)
{
    (void)state;
    static char line[PN_REPLY_LINE_MAX + 1];
    static const size_t PARTS[] = {1, 4096, PN_REPLY_LINE_MAX + 1};
    for (size_t i = 0; i < COUNT(PARTS); i++) {
        int code = 0;
        put_line(line, "250 ", PN_REPLY_LINE_MAX);
        pn_span octets = {line, PN_REPLY_LINE_MAX};
        assert_status(parse(octets, PARTS[i], &code), PNEU_OK);
        assert_int_equal(code, 250);
        put_line(line, "250 ", PN_REPLY_LINE_MAX + 1);
        octets.length = PN_REPLY_LINE_MAX + 1;
        assert_status(parse(octets, PARTS[i], &code), PNEU_PROTOCOL);
        /* and without any line end it is not waited for */
        memset(line + 4, 'x', sizeof(line) - 4);
        assert_status(parse(octets, PARTS[i], &code), PNEU_PROTOCOL);
    }
}

static void limits_a_reply_at_the_octet(void **state)
{
    (void)state;
    static const size_t LINE = PN_REPLY_LINE_MAX;
    static const size_t LINES = PN_REPLY_MAX / PN_REPLY_LINE_MAX;
    char *octets = malloc(PN_REPLY_MAX + 1);
    assert_non_null(octets);
    for (size_t extra = 0; extra < 2; extra++) {
        int code = 0;
        for (size_t i = 0; i + 2 < LINES; i++)
            put_line(octets + i * LINE, "250-", LINE);
        char *tail = octets + (LINES - 2) * LINE;
        put_line(tail, "250-", LINE / 2);
        put_line(tail + LINE / 2, "250-", LINE / 2 + extra);
        put_line(tail + LINE + extra, "250 ", LINE);
        pn_span all = {octets, PN_REPLY_MAX + extra};
        assert_status(parse(all, 999, &code),
                      extra == 0 ? PNEU_OK : PNEU_PROTOCOL);
        assert_int_equal(code, extra == 0 ? 250 : 0);
    }
    free(octets);
}

static void limits_the_lines_of_a_reply(void **state)
{
    (void)state;
    for (size_t extra = 0; extra < 2; extra++) {
        static char octets[(PN_REPLY_LINES_MAX + 1) * 5 + 1];
        size_t lines = PN_REPLY_LINES_MAX + extra;
        int code = 0;
        for (size_t i = 0; i < lines * 5; i++)
            octets[i] = "250-\n"[i % 5];
        octets[lines * 5 - 2] = ' ';
        assert_status(parse((pn_span){octets, lines * 5}, 64, &code),
                      extra == 0 ? PNEU_OK : PNEU_PROTOCOL);
        assert_int_equal(code, extra == 0 ? 250 : 0);
    }
}

/* RFC 2034 4, RFC 3463 2 */
static void reads_enhanced_codes(void **state)
{
    (void)state;
    static const struct {
        const char *octets;
        pneu_enhanced_code code;
    } CASES[] = {
        {"250 2.1.5 ok\r\n", {2, 1, 5}},
        {"250 2.1.5\r\n", {2, 1, 5}},
        {"550 5.1.1 no\r\n", {5, 1, 1}},
        {"451 4.999.999 x\r\n", {4, 999, 999}},
        {"250 2.0.0 \r\n", {2, 0, 0}},
        {"250-2.1.0 a\r\n250 2.1.5 b\r\n", {2, 1, 0}},
        {"250-a\r\n250 2.1.5 b\r\n", {0, 0, 0}},
        {"250 5.1.1 contradicts\r\n", {0, 0, 0}},
        {"550 2.1.5 contradicts\r\n", {0, 0, 0}},
        {"550 4.1.1 contradicts\r\n", {0, 0, 0}},
        {"354 3.0.0 no such class\r\n", {0, 0, 0}},
        {"550 5.999999.1 x\r\n", {0, 0, 0}},
        {"550 5.1.1000 x\r\n", {0, 0, 0}},
        {"550 5..1 x\r\n", {0, 0, 0}},
        {"550 5.1 x\r\n", {0, 0, 0}},
        {"550 5.1. x\r\n", {0, 0, 0}},
        {"550 5.1.1x\r\n", {0, 0, 0}},
        {"550 5.1.1.1 x\r\n", {0, 0, 0}},
        {"550 5.01.1 x\r\n", {0, 0, 0}},
        {"550 05.1.1 x\r\n", {0, 0, 0}},
        {"550 -5.1.1 x\r\n", {0, 0, 0}},
        {"550  5.1.1 x\r\n", {0, 0, 0}},
        {"550 5\r\n", {0, 0, 0}},
        {"550 \r\n", {0, 0, 0}},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        pn_reply_parser parser;
        size_t taken = 0;
        pn_reply_parser_init(&parser);
        assert_status(
            feed(&parser, pn_span_of(CASES[i].octets), 1, &taken, NULL),
            PNEU_OK);
        pneu_enhanced_code code = parser.reply.enhanced;
        assert_int_equal(code.status_class, CASES[i].code.status_class);
        assert_int_equal(code.subject, CASES[i].code.subject);
        assert_int_equal(code.detail, CASES[i].code.detail);
        pn_reply_parser_finish(&parser);
    }
}

static void reads_one_reply_after_the_other(void **state)
{
    (void)state;
    pn_span rest = PN_SPAN("250-a\r\n250 b\r\n354\r\n550 5.1.1 no\n221 bye");
    static const int CODES[] = {250, 354, 550};
    pn_reply_parser parser;
    size_t used = 0;
    pn_reply_parser_init(&parser);
    for (size_t i = 0; i < COUNT(CODES); i++) {
        assert_status(pn_reply_parser_feed(&parser, rest, &used, NULL),
                      PNEU_OK);
        assert_true(parser.done);
        assert_int_equal(parser.reply.code, CODES[i]);
        rest.data += used;
        rest.length -= used;
    }
    assert_status(pn_reply_parser_feed(&parser, rest, &used, NULL), PNEU_OK);
    assert_false(parser.done);
    assert_true(pn_reply_parser_is_midway(&parser));
    assert_int_equal(used, 7);
    pn_reply_parser_finish(&parser);
}

static void survives_no_memory(void **state)
{
    (void)state;
    static char line[2000];
    put_line(line, "250 ", sizeof(line));
    size_t nth = 1;
    for (bool failed = true; failed; nth++) {
        pn_reply_parser parser;
        pneu_error error = {.status = PNEU_OK};
        size_t taken = 0;
        pn_reply_parser_init(&parser);
        failing_memory_start(nth);
        pneu_status status =
            feed(&parser, (pn_span){line, sizeof(line)}, 100, &taken, &error);
        failed = failing_memory_stop();
        assert_status(status, failed ? PNEU_NO_MEMORY : PNEU_OK);
        assert_status(error.status, status);
        assert_int_equal(parser.done, !failed);
        pn_reply_parser_finish(&parser);
    }
    assert_true(nth > 3);
}

static void take_any(const char *octets, int code, const char *text,
                     size_t used)
{
    for (size_t part = 1; part <= strlen(octets); part++) {
        pn_reply_parser parser;
        pneu_error error = {.status = PNEU_OK};
        size_t taken = 0;
        pn_reply_parser_init(&parser);
        parser.tolerant = true;
        assert_status(feed(&parser, pn_span_of(octets), part, &taken, &error),
                      PNEU_OK);
        assert_true(parser.done);
        assert_int_equal(parser.reply.code, code);
        assert_string_equal(parser.reply.text, text);
        assert_int_equal(parser.reply.text_length, strlen(text));
        assert_int_equal(taken, used);
        pn_reply_parser_finish(&parser);
    }
}

/* What smtplib's getreply() takes; but codes that differ are no success. */
static void takes_anything_if_tolerant(void **state)
{
    static const struct {
        const char *octets;
        int code;
        const char *text;
        size_t unused;
    } CASES[] = {
        {"250 ok\r\n", 250, "ok", 0},
        {"250\r\n", 250, "", 0},
        {"250-a\r\n250 b\n", 250, "a\nb", 0},
        {"250abc\r\n", 250, "bc", 0},
        {"250\tabc\r\n", 250, "abc", 0},
        {"250 \t a b \t\r\n", 250, "a b", 0},
        {"250-\r\n250 \r\n", 250, "\n", 0},
        {"199 x\r\n", 199, "x", 0},
        {"999 x\r\n", 999, "x", 0},
        {"2500 x\r\n", 250, "x", 0},
        {"\r\n", -1, "", 0},
        {"\n", -1, "", 0},
        {"25\r\n", -1, "", 0},
        {"+12 x\r\n", -1, "x", 0},
        {" 25-x\r\n", -1, "x", 0},
        {"HTTP/1.1 400\r\n", -1, "/1.1 400", 0},
        {"250-a\r\nnonsense\r\n250 c\r\n", -1, "a\nense", 7},
        {"250-a\r\n550-b\r\n250 c\r\n", -1, "a\nb\nc", 0},
        {"250-a\r\n550 b\r\n", -1, "a\nb", 0},
        {"550-a\r\n250 b\r\n", -1, "a\nb", 0},
        {"250 \xff\r\n", 250, "\xff", 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(CASES); i++)
        take_any(CASES[i].octets, CASES[i].code, CASES[i].text,
                 strlen(CASES[i].octets) - CASES[i].unused);
}

static void limits_also_if_tolerant(void **state)
{
    static char endless[PN_REPLY_LINE_MAX + 1];
    pn_reply_parser parser;
    pneu_error error = {.status = PNEU_OK};
    size_t taken = 0;
    (void)state;
    memset(endless, 'x', sizeof(endless));
    pn_reply_parser_init(&parser);
    parser.tolerant = true;
    assert_status(feed(&parser, (pn_span){endless, sizeof(endless)}, 1000,
                       &taken, &error),
                  PNEU_PROTOCOL);
    assert_true(parser.line_octets > PN_REPLY_LINE_MAX);
    pn_reply_parser_finish(&parser);
}

static void is_positive_in_the_200s(void **state)
{
    (void)state;
    for (int code = 200; code < 600; code++) {
        pneu_reply reply = {.code = code, .text = ""};
        assert_int_equal(pneu_reply_is_positive(&reply), code < 300);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_200_to_599_of_all_codes),
        cmocka_unit_test(is_the_same_at_every_split),
        cmocka_unit_test(is_the_same_octet_by_octet),
        cmocka_unit_test(is_nothing_when_cut_short),
        cmocka_unit_test(ends_lines_at_lf),
        cmocka_unit_test(refuses_nul_at_every_position),
        cmocka_unit_test(refuses_what_is_no_reply),
        cmocka_unit_test(shows_only_what_is_safe),
        cmocka_unit_test(limits_a_line_at_the_octet),
        cmocka_unit_test(limits_a_reply_at_the_octet),
        cmocka_unit_test(limits_the_lines_of_a_reply),
        cmocka_unit_test(reads_enhanced_codes),
        cmocka_unit_test(reads_one_reply_after_the_other),
        cmocka_unit_test(survives_no_memory),
        cmocka_unit_test(takes_anything_if_tolerant),
        cmocka_unit_test(limits_also_if_tolerant),
        cmocka_unit_test(is_positive_in_the_200s),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
