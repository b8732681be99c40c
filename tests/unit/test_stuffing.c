/* Dot stuffing, against a plain second implementation: every string of up to
 * seven octets over CR, LF, "." and "a", at every cut in two (RFC 5321 2.3.8,
 * 4.1.1.4, 4.5.2). */
#include <stdlib.h>
#include <string.h>

#include "page_end.h"
#include "unit.h"
#include "wire/stuffing.h"

enum {
    LONGEST = 7,
    ROOM = 64
};

typedef struct octets {
    char data[ROOM];
    size_t length;
} octets;

static void put(octets *to, const char *data, size_t length)
{
    assert_true(to->length + length <= ROOM);
    memcpy(to->data + to->length, data, length);
    to->length += length;
}

static void put_pieces(octets *wire, pn_stuffing *stuffing)
{
    pn_span piece;
    while (pn_stuffing_next(stuffing, &piece)) {
        assert_true(piece.length > 0);
        put(wire, piece.data, piece.length);
    }
}

static octets stuff(pn_span content, size_t cut)
{
    octets wire = {.length = 0};
    pn_stuffing stuffing;
    pn_stuffing_init(&stuffing, PN_STUFFING_DOTS);
    pn_stuffing_give(&stuffing, page_end_lay((pn_span){content.data, cut}),
                     false);
    put_pieces(&wire, &stuffing);
    pn_span rest = {content.data + cut, content.length - cut};
    pn_stuffing_give(&stuffing, page_end_lay(rest), true);
    put_pieces(&wire, &stuffing);
    assert_true(stuffing.ended);
    return wire;
}

/* The content as it is to arrive: CRLF only, and at the end. */
static octets normalise(pn_span content)
{
    octets out = {.length = 0};
    for (size_t i = 0; i < content.length; i++) {
        char c = content.data[i];
        if (c == '\n' && i > 0 && content.data[i - 1] == '\r')
            continue;
        if (c == '\r' || c == '\n')
            put(&out, "\r\n", 2);
        else
            put(&out, &c, 1);
    }
    if (out.length > 0 && out.data[out.length - 1] != '\n')
        put(&out, "\r\n", 2);
    return out;
}

/* What a server makes of the wire: lines up to the dot. */
static octets receive(const octets *wire)
{
    octets out = {.length = 0};
    size_t at = 0;
    for (;;) {
        const char *line = wire->data + at;
        const char *end = memchr(line, '\n', wire->length - at);
        assert_non_null(end);
        size_t length = (size_t)(end - line) + 1;
        assert_true(length >= 2 && line[length - 2] == '\r');
        assert_null(memchr(line, '\r', length - 2));
        at += length;
        if (length == 3 && line[0] == '.')
            break;
        size_t skip = line[0] == '.' ? 1 : 0;
        put(&out, line + skip, length - skip);
    }
    assert_int_equal(at, wire->length); /* nothing after the end */
    return out;
}

static pn_span nth_string(unsigned code, size_t length, char *out)
{
    static const char LETTERS[] = "\r\n.a";
    for (size_t i = 0; i < length; i++, code /= 4)
        out[i] = LETTERS[code % 4];
    return (pn_span){out, length};
}

static void arrives_whole_at_every_cut(void **state)
{
    (void)state;
    for (size_t length = 0; length <= LONGEST; length++) {
        for (unsigned code = 0; code < 1U << (2 * length); code++) {
            char text[LONGEST];
            pn_span content = nth_string(code, length, text);
            octets want = normalise(content);
            for (size_t cut = 0; cut <= length; cut++) {
                octets wire = stuff(content, cut);
                octets got = receive(&wire);
                assert_int_equal(got.length, want.length);
                assert_memory_equal(got.data, want.data, want.length);
            }
        }
    }
}

/* RFC 1870 2, octet by octet: CRLF, LF and CR are two octets each, and the
 * last line is lent its end. */
static uint64_t naive_size(pn_span content)
{
    uint64_t size = 0;
    bool in_line = false;
    for (size_t i = 0; i < content.length; i++) {
        bool ends = content.data[i] == '\r' || content.data[i] == '\n';
        bool is_second = ends && content.data[i] == '\n' && i > 0 &&
                         content.data[i - 1] == '\r';
        in_line = !ends;
        size += is_second ? 0 : ends ? 2 : 1;
    }
    return size + (in_line ? 2 : 0);
}

/* RFC 1870 2: without the dots, with every CRLF */
static void knows_the_size_beforehand(void **state)
{
    (void)state;
    for (size_t length = 0; length <= LONGEST; length++) {
        for (unsigned code = 0; code < 1U << (2 * length); code++) {
            char text[LONGEST];
            pn_span content = page_end_lay(nth_string(code, length, text));
            assert_int_equal(pn_scan_examine(content).size,
                             normalise(content).length);
        }
    }
}

static void is_the_same_octet_by_octet(void **state)
{
    (void)state;
    for (unsigned code = 0; code < 1U << (2 * LONGEST); code++) {
        char text[LONGEST];
        pn_span content = nth_string(code, LONGEST, text);
        octets wire = {.length = 0};
        pn_stuffing stuffing;
        pn_stuffing_init(&stuffing, PN_STUFFING_DOTS);
        for (size_t i = 0; i < content.length; i++) {
            pn_stuffing_give(&stuffing, (pn_span){content.data + i, 1}, false);
            put_pieces(&wire, &stuffing);
        }
        pn_stuffing_give(&stuffing, (pn_span){NULL, 0}, true);
        put_pieces(&wire, &stuffing);
        octets whole = stuff(content, LONGEST);
        assert_int_equal(wire.length, whole.length);
        assert_memory_equal(wire.data, whole.data, whole.length);
    }
}

static void knows_the_known_examples(void **state)
{
    (void)state;
    static const struct {
        pn_span content;
        const char *wire;
    } CASES[] = {
        {{"", 0}, ".\r\n"},
        {{".", 1}, "..\r\n.\r\n"},
        {{".\r\n", 3}, "..\r\n.\r\n"},
        {{"a", 1}, "a\r\n.\r\n"},
        {{"a\r\n", 3}, "a\r\n.\r\n"},
        {{"a\n.\nQUIT\n", 9}, "a\r\n..\r\nQUIT\r\n.\r\n"},
        {{"a\r.\rb", 5}, "a\r\n..\r\nb\r\n.\r\n"},
        {{"a\r\n.\nb", 6}, "a\r\n..\r\nb\r\n.\r\n"},
        {{"a\n.\r\nb", 6}, "a\r\n..\r\nb\r\n.\r\n"},
        {{"\r\r\n", 3}, "\r\n\r\n.\r\n"},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        for (size_t cut = 0; cut <= CASES[i].content.length; cut++) {
            octets wire = stuff(CASES[i].content, cut);
            assert_int_equal(wire.length, strlen(CASES[i].wire));
            assert_memory_equal(wire.data, CASES[i].wire, wire.length);
        }
    }
}

/* Line ends far behind the first blocks of 64 octets; what is clean is handed
 * out where it lies. */
static void finds_line_ends_far_away(void **state)
{
    (void)state;
    static char content[3000];
    static const char *const ENDS[] = {"\r\n.", "\n.", "\r.", "\r\n\r\n"};
    for (size_t e = 0; e < COUNT(ENDS); e++) {
        for (size_t at = 1000; at < 1050; at++) {
            size_t length = at + strlen(ENDS[e]) + 900;
            memset(content, 'a', length);
            memcpy(content + at, ENDS[e], strlen(ENDS[e]));
            pn_stuffing stuffing;
            pn_span piece;
            pn_span laid = page_end_lay((pn_span){content, length});
            pn_stuffing_init(&stuffing, PN_STUFFING_DOTS);
            pn_stuffing_give(&stuffing, laid, true);
            assert_true(pn_stuffing_next(&stuffing, &piece));
            assert_ptr_equal(piece.data, laid.data);
            static const size_t BEYOND[] = {2, 0, 0, 904};
            assert_int_equal(piece.length, at + BEYOND[e]);
            size_t total = piece.length;
            while (pn_stuffing_next(&stuffing, &piece))
                total += piece.length;
            static const size_t DOTS[] = {1, 1, 1, 0};
            assert_int_equal(total, naive_size(laid) + DOTS[e] + 3);
        }
    }
}

/* What goes over BDAT, given in two parts. */
static octets chunk(pn_span content, size_t cut, pn_stuffing_mode mode)
{
    octets wire = {.length = 0};
    pn_stuffing stuffing;
    pn_span rest = {content.data + cut, content.length - cut};
    pn_stuffing_init(&stuffing, mode);
    pn_stuffing_give(&stuffing, page_end_lay((pn_span){content.data, cut}),
                     false);
    put_pieces(&wire, &stuffing);
    pn_stuffing_give(&stuffing, page_end_lay(rest), true);
    put_pieces(&wire, &stuffing);
    assert_true(stuffing.ended);
    return wire;
}

/* RFC 3030 2: no dots; only BODY=BINARYMIME (3) goes as it is. The count that
 * BDAT states is that of the octets that go out. */
static void leaves_dots_alone_in_chunks(void **state)
{
    (void)state;
    for (size_t length = 0; length <= LONGEST; length++) {
        for (unsigned code = 0; code < 1U << (2 * length); code++) {
            char text[LONGEST];
            pn_span content = nth_string(code, length, text);
            octets want = normalise(content);
            for (size_t cut = 0; cut <= length; cut++) {
                octets lines = chunk(content, cut, PN_STUFFING_LINES);
                octets binary = chunk(content, cut, PN_STUFFING_NOTHING);
                assert_int_equal(lines.length, want.length);
                assert_memory_equal(lines.data, want.data, want.length);
                assert_int_equal(binary.length, length);
                assert_memory_equal(binary.data, text, length);
            }
            assert_int_equal(pn_stuffing_count(content, PN_STUFFING_LINES),
                             want.length);
            assert_int_equal(pn_stuffing_count(content, PN_STUFFING_DOTS),
                             want.length);
            assert_int_equal(pn_stuffing_count(content, PN_STUFFING_NOTHING),
                             length);
        }
    }
}

/* What is clean is one piece, where it lies, and its dots with it. */
static void copies_nothing_of_a_chunk(void **state)
{
    (void)state;
    pn_span text = PN_SPAN("a\r\n.\r\n..b\r\n");
    for (int mode = PN_STUFFING_LINES; mode <= PN_STUFFING_NOTHING; mode++) {
        pn_stuffing stuffing;
        pn_span piece;
        pn_stuffing_init(&stuffing, (pn_stuffing_mode)mode);
        pn_stuffing_give(&stuffing, text, true);
        assert_true(pn_stuffing_next(&stuffing, &piece));
        assert_ptr_equal(piece.data, text.data);
        assert_int_equal(piece.length, text.length);
        assert_false(pn_stuffing_next(&stuffing, &piece));
        assert_true(stuffing.ended);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrives_whole_at_every_cut),
        cmocka_unit_test(knows_the_size_beforehand),
        cmocka_unit_test(is_the_same_octet_by_octet),
        cmocka_unit_test(knows_the_known_examples),
        cmocka_unit_test(finds_line_ends_far_away),
        cmocka_unit_test(leaves_dots_alone_in_chunks),
        cmocka_unit_test(copies_nothing_of_a_chunk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
