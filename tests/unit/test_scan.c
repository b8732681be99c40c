/* The one walk over a content and what is handed out by it, by every path
 * that this machine can go, against a model that reads octet by octet. */
#include "wire/scan.h"

#include <stdlib.h>
#include <string.h>

#include "page_end.h"
#include "unit.h"
#include "wire/stuffing.h"

enum {
    LONGEST = 700,
    WIRE_ROOM = 4 * LONGEST + 16
};

typedef struct octets {
    char data[WIRE_ROOM];
    size_t length;
} octets;

static void put(octets *to, pn_span span)
{
    assert_true(to->length + span.length <= WIRE_ROOM);
    memcpy(to->data + to->length, span.data, span.length);
    to->length += span.length;
}

/* The model. */

/* How many octets the line end has that begins here; 0 if none does. */
static size_t end_at(pn_span content, size_t at)
{
    if (at >= content.length)
        return 0;
    if (content.data[at] == '\n')
        return 1;
    if (content.data[at] != '\r')
        return 0;
    return at + 1 < content.length && content.data[at + 1] == '\n' ? 2 : 1;
}

static void model_line(pn_scan_facts *facts, pn_span line, size_t number)
{
    facts->size += line.length + 2;
    if (line.length > facts->longest_line) {
        facts->longest_line = line.length;
        facts->longest_line_number = number;
    }
    if (line.length > 0 && line.data[0] == '.')
        facts->has_dots = true;
}

static pn_scan_facts model_facts(pn_span content)
{
    pn_scan_facts facts = {.is_crlf = true, .ends_line = true};
    size_t start = 0;
    size_t number = 1;
    size_t at = 0;
    while (at < content.length) {
        size_t end = end_at(content, at);
        if (content.data[at] == '\0')
            facts.has_nul = true;
        if ((unsigned char)content.data[at] >= 0x80)
            facts.is_8bit = true;
        if (end == 0) {
            at++;
            continue;
        }
        if (end == 1)
            facts.is_crlf = false;
        model_line(&facts, (pn_span){content.data + start, at - start},
                   number++);
        at += end;
        start = at;
    }
    if (start < content.length) {
        model_line(&facts, (pn_span){content.data + start, at - start}, number);
        facts.ends_line = false;
    }
    return facts;
}

static octets model_wire(pn_span content, pn_stuffing_mode mode)
{
    octets wire = {.length = 0};
    bool at_start = true;
    for (size_t at = 0; at < content.length;) {
        size_t end = mode == PN_STUFFING_NOTHING ? 0 : end_at(content, at);
        if (mode == PN_STUFFING_DOTS && at_start && content.data[at] == '.')
            put(&wire, PN_SPAN("."));
        put(&wire, end > 0 ? PN_SPAN("\r\n") : (pn_span){content.data + at, 1});
        at_start = end > 0;
        at += end > 0 ? end : 1;
    }
    if (mode != PN_STUFFING_NOTHING && !at_start)
        put(&wire, PN_SPAN("\r\n"));
    if (mode == PN_STUFFING_DOTS)
        put(&wire, PN_SPAN(".\r\n"));
    return wire;
}

/* What is held against it. */

static void check_facts(const pn_scan_path *path, pn_span content)
{
    pn_scan_facts want = model_facts(content);
    pn_scan_facts got = pn_scan_examine_by(path, page_end_lay(content));
    assert_int_equal(got.size, want.size);
    assert_int_equal(got.longest_line, want.longest_line);
    assert_int_equal(got.longest_line_number, want.longest_line_number);
    assert_int_equal(got.is_8bit, want.is_8bit);
    assert_int_equal(got.has_nul, want.has_nul);
    assert_int_equal(got.has_dots, want.has_dots);
    assert_int_equal(got.is_crlf, want.is_crlf);
    assert_int_equal(got.ends_line, want.ends_line);
}

static void put_pieces(octets *wire, pn_stuffing *stuffing)
{
    pn_span piece;
    while (pn_stuffing_next(stuffing, &piece)) {
        assert_true(piece.length > 0);
        put(wire, piece);
    }
}

/* The content goes out in parts of at most that many octets. */
static void check_wire(const pn_scan_path *path, pn_span content,
                       pn_stuffing_mode mode, size_t most)
{
    octets want = model_wire(content, mode);
    octets got = {.length = 0};
    pn_stuffing stuffing;
    pn_stuffing_init(&stuffing, mode);
    for (size_t at = 0; !stuffing.ended;) {
        size_t left = content.length - at;
        size_t length = (size_t)rand() % (most + 1);
        if (length > left)
            length = left;
        pn_span part = {content.data + at, length};
        at += length;
        pn_stuffing_give(&stuffing, page_end_lay(part), at == content.length);
        stuffing.places.path = path;
        put_pieces(&got, &stuffing);
    }
    assert_int_equal(got.length, want.length);
    assert_memory_equal(got.data, want.data, want.length);
}

static void check(const pn_scan_path *path, pn_span content)
{
    static const size_t MOST[] = {LONGEST, 150, 9};
    check_facts(path, content);
    for (int mode = PN_STUFFING_DOTS; mode <= PN_STUFFING_NOTHING; mode++) {
        for (size_t i = 0; i < COUNT(MOST); i++)
            check_wire(path, content, (pn_stuffing_mode)mode, MOST[i]);
    }
}

/* The contents. */

/* RFC 5321 2.3.8, 4.5.2: each of these at every octet of the blocks and of
 * the vectors in them, with every length behind it up to a block's. */
static void finds_each_at_every_place(void **state)
{
    static const pn_span MARKS[] = {
        {"\r", 1},     {"\n", 1},      {"\r\n", 2},     {".", 1},   {"\0", 1},
        {"\x80", 1},   {"\xff", 1},    {"\r\n.", 3},    {"\n.", 2}, {"\r.", 2},
        {"\r\r\n", 3}, {"\n\r\n.", 4}, {"\r\n\r\n", 4},
    };
    char content[LONGEST];
    size_t most = 2 * 64 + 2;
    const pn_scan_path *path;
    (void)state;
    for (size_t n = 0; (path = pn_scan_path_nth(n)) != NULL; n++) {
        for (size_t m = 0; m < COUNT(MARKS); m++) {
            for (size_t i = 0; i < most * 66; i++) {
                size_t at = i % most;
                size_t length = at + MARKS[m].length + i / most;
                memset(content, 'a', length);
                memcpy(content + at, MARKS[m].data, MARKS[m].length);
                check_facts(path, (pn_span){content, length});
                check_wire(path, (pn_span){content, length}, PN_STUFFING_DOTS,
                           LONGEST);
            }
        }
    }
}

/* One of the octets of a kind of content; text is as likely as rarity says. */
static char any_octet(pn_span kind, int rarity)
{
    if (rand() % rarity != 0)
        return (char)('a' + rand() % 26);
    return kind.data[(size_t)rand() % kind.length];
}

static void finds_what_the_model_finds(void **state)
{
    static const pn_span KINDS[] = {
        {"\r\n.", 3}, {"\n", 1},  {"\n.", 2},
        {"\r", 1},    {"\r.", 2}, {"\r\n\0\x80.- \x0b\x0e\x0c\x8d\x8a\xae", 13},
    };
    static const int RARITIES[] = {1, 2, 10, 60, 200};
    char content[LONGEST];
    const pn_scan_path *path;
    (void)state;
    srand(20);
    for (size_t n = 0; (path = pn_scan_path_nth(n)) != NULL; n++) {
        for (size_t i = 0; i < 6000; i++) {
            pn_span kind = KINDS[i % COUNT(KINDS)];
            int rarity = RARITIES[(size_t)rand() % COUNT(RARITIES)];
            size_t length = (size_t)rand() % LONGEST;
            for (size_t at = 0; at < length; at++)
                content[at] = any_octet(kind, rarity);
            check(path, (pn_span){content, length});
        }
    }
}

/* Whole lines, most of them with CRLF: what mail is like. */
static void knows_lines_of_every_length(void **state)
{
    static const char *const ENDS[] = {"\r\n", "\r\n", "\r\n",    "\r\n.",
                                       "\n",   "\r",   "\r\n\r\n"};
    char content[LONGEST];
    const pn_scan_path *path;
    (void)state;
    srand(21);
    for (size_t n = 0; (path = pn_scan_path_nth(n)) != NULL; n++) {
        for (size_t i = 0; i < 4000; i++) {
            size_t ends = i % 2 == 0 ? 1 : COUNT(ENDS);
            size_t length = 0;
            while (length < LONGEST - 110) {
                size_t text = (size_t)rand() % 100;
                const char *end = ENDS[(size_t)rand() % ends];
                memset(content + length, 'x', text);
                memcpy(content + length + text, end, strlen(end));
                length += text + strlen(end);
            }
            check(path, (pn_span){content, length - (size_t)rand() % 4});
        }
    }
}

/* By the path that is taken when none is named. */
static void knows_the_empty_content(void **state)
{
    (void)state;
    pn_scan_facts facts = pn_scan_examine((pn_span){NULL, 0});
    assert_int_equal(facts.size, 0);
    assert_int_equal(facts.longest_line, 0);
    assert_int_equal(facts.longest_line_number, 0);
    assert_true(facts.is_crlf);
    assert_true(facts.ends_line);
    facts = pn_scan_examine(PN_SPAN("a\r\n.b"));
    assert_int_equal(facts.size, 6 + 1);
    assert_true(facts.is_crlf);
    assert_true(facts.has_dots);
    assert_false(facts.ends_line);
}

static size_t count_pieces(pn_span content, pn_stuffing_mode mode)
{
    pn_stuffing stuffing;
    pn_span piece;
    size_t count = 0;
    pn_stuffing_init(&stuffing, mode);
    pn_stuffing_give(&stuffing, content, true);
    while (pn_stuffing_next(&stuffing, &piece))
        count++;
    return count;
}

/* 200 KiB of lines with this end: as few pieces as can be. */
static void hands_out_large_pieces(void **state)
{
    static const struct {
        const char *line;
        pn_stuffing_mode mode;
        size_t pieces; /* of all lines */
        size_t each;   /* and of each line */
    } CASES[] = {
        {"aaaaaaaa.\r\n", PN_STUFFING_DOTS, 2, 0},
        {".aaaaaaaa\r\n", PN_STUFFING_LINES, 1, 0},
        {".aaaaaaaa\r\n", PN_STUFFING_DOTS, 1, 2},
        {".\r\n", PN_STUFFING_DOTS, 1, 2},
        {"aaaaaaaa\n", PN_STUFFING_DOTS, 1, 2},
        {"\n", PN_STUFFING_LINES, 0, 1},
        {"a\r", PN_STUFFING_LINES, 0, 2},
    };
    static char content[200 * 1024];
    (void)state;
    for (size_t i = 0; i < COUNT(CASES); i++) {
        pn_span line = pn_span_of(CASES[i].line);
        size_t lines = sizeof(content) / line.length;
        for (size_t n = 0; n < lines; n++)
            memcpy(content + n * line.length, line.data, line.length);
        pn_span laid = page_end_lay((pn_span){content, lines * line.length});
        assert_int_equal(count_pieces(laid, CASES[i].mode),
                         CASES[i].pieces + lines * CASES[i].each);
    }
}

/* What is said to be clean goes as it is, whatever it holds. */
static void does_not_look_at_clean_parts(void **state)
{
    pn_span text = PN_SPAN(".a\n.b\r\r\n");
    (void)state;
    for (int mode = PN_STUFFING_DOTS; mode <= PN_STUFFING_NOTHING; mode++) {
        pn_stuffing stuffing;
        pn_span piece;
        pn_stuffing_init(&stuffing, (pn_stuffing_mode)mode);
        pn_stuffing_give_clean(&stuffing, text, true);
        assert_true(pn_stuffing_next(&stuffing, &piece));
        assert_ptr_equal(piece.data, text.data);
        assert_int_equal(piece.length, text.length);
        assert_int_equal(pn_stuffing_next(&stuffing, &piece),
                         mode == PN_STUFFING_DOTS);
        assert_true(stuffing.ended);
    }
}

/* RFC 5321 4.1.1.4: a clean part without the end of its last line gets it. A
 * part that is given after a clean one is looked at. */
static void ends_the_line_of_clean_parts(void **state)
{
    octets wire = {.length = 0};
    pn_stuffing stuffing;
    (void)state;
    pn_stuffing_init(&stuffing, PN_STUFFING_DOTS);
    pn_stuffing_give_clean(&stuffing, PN_SPAN("a\r\n"), false);
    put_pieces(&wire, &stuffing);
    pn_stuffing_give(&stuffing, PN_SPAN(".b\r"), false);
    put_pieces(&wire, &stuffing);
    pn_stuffing_give_clean(&stuffing, PN_SPAN("\nc"), true);
    put_pieces(&wire, &stuffing);
    pn_span want = PN_SPAN("a\r\n..b\r\nc\r\n.\r\n");
    assert_int_equal(wire.length, want.length);
    assert_memory_equal(wire.data, want.data, want.length);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_each_at_every_place),
        cmocka_unit_test(finds_what_the_model_finds),
        cmocka_unit_test(knows_lines_of_every_length),
        cmocka_unit_test(knows_the_empty_content),
        cmocka_unit_test(hands_out_large_pieces),
        cmocka_unit_test(does_not_look_at_clean_parts),
        cmocka_unit_test(ends_the_line_of_clean_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
