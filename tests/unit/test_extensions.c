/* EHLO lines: odd ones are passed over, absurd values say nothing, and many
 * are only many (RFC 5321 4.1.1.1, RFC 1870 4, RFC 4954 3). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "failing_memory.h"
#include "page_end.h"
#include "unit.h"
#include "wire/extensions.h"
#include "wire/limits.h"
#include "wire/limits_offer.h"

static pneu_status parse(pn_extensions *extensions, pn_span text)
{
    pn_span laid = page_end_lay(text);
    pneu_reply reply = {
        .code = 250, .text = laid.data, .text_length = laid.length};
    return pn_extensions_parse(extensions, &reply);
}

static const char *find(const pn_extensions *extensions, const char *keyword)
{
    return pn_extensions_find(extensions, pn_span_of(keyword));
}

static void reads_a_real_servers_lines(void **state)
{
    (void)state;
    pn_extensions extensions;
    pn_extensions_init(&extensions);
    assert_null(find(&extensions, "SIZE"));
    assert_null(find(&extensions, "AUTH"));
    assert_status(
        parse(&extensions,
              PN_SPAN("mail.example.com Hello, pleased to meet you\n"
                      "ENHANCEDSTATUSCODES\nPIPELINING\n8BITMIME\nSIZE\nDSN\n"
                      "ETRN\nAUTH GSSAPI DIGEST-MD5 CRAM-MD5\nDELIVERBY\n"
                      "HELP")),
        PNEU_OK);
    assert_true(extensions.pipelining);
    assert_string_equal(find(&extensions, "8bitmime"), "");
    assert_int_equal(pn_extensions_size_limit(find(&extensions, "SIZE")), 0);
    assert_string_equal(find(&extensions, "pipelining"), "");
    assert_string_equal(find(&extensions, "Help"), "");
    assert_string_equal(find(&extensions, "auth"),
                        "GSSAPI DIGEST-MD5 CRAM-MD5");
    assert_null(find(&extensions, "STARTTLS"));
    assert_null(find(&extensions, "PIPE"));
    assert_null(find(&extensions, ""));
    assert_null(find(&extensions, "mail.example.com"));
    pn_extensions_finish(&extensions);
}

static void forgets_the_reply_before(void **state)
{
    (void)state;
    pn_extensions extensions;
    pn_extensions_init(&extensions);
    assert_status(parse(&extensions, PN_SPAN("x\nSTARTTLS\nSIZE 9\nAUTH A")),
                  PNEU_OK);
    assert_status(parse(&extensions, PN_SPAN("x\nPIPELINING")), PNEU_OK);
    assert_true(extensions.pipelining);
    assert_null(find(&extensions, "SIZE"));
    assert_null(find(&extensions, "STARTTLS"));
    assert_null(find(&extensions, "AUTH"));
    pn_extensions_clear(&extensions);
    assert_false(extensions.pipelining);
    assert_null(find(&extensions, "PIPELINING"));
    pn_extensions_finish(&extensions);
}

static void takes_the_first_line_for_a_greeting(void **state)
{
    (void)state;
    pn_extensions extensions;
    pn_extensions_init(&extensions);
    assert_status(parse(&extensions, PN_SPAN("STARTTLS")), PNEU_OK);
    assert_null(find(&extensions, "STARTTLS"));
    assert_status(parse(&extensions, PN_SPAN("")), PNEU_OK);
    assert_null(find(&extensions, ""));
    pn_extensions_finish(&extensions);
}

/* RFC 1870 4 */
static void ignores_absurd_sizes(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        uint64_t size;
    } CASES[] = {
        {"x\nSIZE", 0},
        {"x\nSIZE 0", 0},
        {"x\nSIZE 1", 1},
        {"x\nsize 14680064", 14680064},
        {"x\nSIZE  1000 ", 1000},
        {"x\nSIZE 18446744073709551615", UINT64_MAX},
        {"x\nSIZE 18446744073709551616", 0},
        {"x\nSIZE -1", 0},
        {"x\nSIZE +1", 0},
        {"x\nSIZE abc", 0},
        {"x\nSIZE 10 20", 0},
        {"x\nSIZE 0x10", 0},
        {"x\nSIZE=1000", 0},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        pn_extensions extensions;
        pn_extensions_init(&extensions);
        assert_status(parse(&extensions, pn_span_of(CASES[i].line)), PNEU_OK);
        const char *size = find(&extensions, "SIZE");
        assert_true(pn_extensions_size_limit(size) == CASES[i].size);
        bool offered = strchr(CASES[i].line, '=') == NULL;
        assert_int_equal(size != NULL, offered);
        pn_extensions_finish(&extensions);
    }
}

/* RFC 4954 3, and the form with "=" of old servers */
static void joins_all_forms_of_auth(void **state)
{
    (void)state;
    static const struct {
        const char *lines;
        const char *mechanisms;
    } CASES[] = {
        {"x\nAUTH", ""},
        {"x\nAUTH=", ""},
        {"x\nAUTH PLAIN", "PLAIN"},
        {"x\nauth plain login", "plain login"},
        {"x\nAUTH=LOGIN", "LOGIN"},
        {"x\nAUTH=LOGIN PLAIN", "LOGIN PLAIN"},
        {"x\nAUTH= LOGIN", "LOGIN"},
        {"x\nAUTH LOGIN PLAIN\nAUTH=LOGIN PLAIN", "LOGIN PLAIN"},
        {"x\nAUTH=PLAIN\nAUTH CRAM-MD5 plain", "PLAIN CRAM-MD5"},
        {"x\nAUTH A\nAUTH B\nAUTH A", "A B"},
        {"x\nAUTH  A \t B ", "A B"},
        {"x\nAUTHX PLAIN", NULL},
        {"x\nXAUTH PLAIN", NULL},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        pn_extensions extensions;
        pn_extensions_init(&extensions);
        assert_status(parse(&extensions, pn_span_of(CASES[i].lines)), PNEU_OK);
        const char *found = find(&extensions, "AUTH");
        if (CASES[i].mechanisms == NULL)
            assert_null(found);
        else
            assert_string_equal(found, CASES[i].mechanisms);
        pn_extensions_finish(&extensions);
    }
}

static void passes_over_odd_lines(void **state)
{
    (void)state;
    pn_extensions extensions;
    pn_extensions_init(&extensions);
    assert_status(
        parse(&extensions,
              PN_SPAN("x\n\n-STARTTLS\n STARTTLS\nSTART_TLS\nSTARTTLS!\n"
                      "STARTTLS=x\n\x1b[1m\n=\n\xff\n8BITMIME\nX-Y z\n"
                      "SIZE 1\nSIZE 2\nPIPELINING\r")),
        PNEU_OK);
    assert_false(extensions.pipelining);
    assert_null(find(&extensions, "STARTTLS"));
    assert_non_null(find(&extensions, "8BITMIME"));
    assert_string_equal(find(&extensions, "x-y"), "z");
    assert_string_equal(find(&extensions, "SIZE"), "2");
    pn_extensions_finish(&extensions);
}

static size_t put_many(char *to, size_t count, const char *format_end)
{
    size_t length = 0;
    for (size_t i = 0; i < count; i++)
        length += (size_t)snprintf(to + length, 16, "%sX%04zu%s",
                                   i == 0 ? "" : "\n", i, format_end);
    return length;
}

static void takes_a_thousand_lines(void **state)
{
    (void)state;
    static char text[1024 * 20];
    pn_extensions extensions;
    size_t length = put_many(text, 1001, " p");
    pn_extensions_init(&extensions);
    assert_status(parse(&extensions, (pn_span){text, length}), PNEU_OK);
    assert_null(find(&extensions, "X0000"));
    for (size_t i = 1; i <= 1000; i++) {
        char keyword[16];
        snprintf(keyword, sizeof(keyword), "x%04zu", i);
        assert_string_equal(find(&extensions, keyword), "p");
    }
    pn_extensions_finish(&extensions);
}

/* As much of AUTH as one reply can hold: nobody has more than 64 mechanisms,
 * and comparing each with all the others must not take for ever. */
static void takes_so_many_mechanisms_and_no_more(void **state)
{
    (void)state;
    enum {
        TAKEN = 64
    };
    static char text[PN_REPLY_MAX];
    size_t taken_end = 0;
    pn_extensions extensions;
    size_t length = (size_t)snprintf(text, sizeof(text), "x\nAUTH");
    for (size_t i = 0; length + 10 < sizeof(text); i++) {
        if (i == TAKEN)
            taken_end = length;
        length +=
            (size_t)snprintf(text + length, sizeof(text) - length, " M%zu", i);
    }
    pn_extensions_init(&extensions);
    assert_status(parse(&extensions, (pn_span){text, length}), PNEU_OK);
    text[taken_end] = '\0';
    assert_string_equal(find(&extensions, "AUTH"), text + 7);
    pn_extensions_finish(&extensions);
}

/* The whole reply a server may send, made of the shortest lines. */
static void has_room_for_the_largest_reply(void **state)
{
    (void)state;
    char *text = malloc(PN_REPLY_MAX);
    assert_non_null(text);
    for (size_t i = 0; i < PN_REPLY_MAX; i++)
        text[i] = i % 2 == 0 ? 'A' : '\n';
    pn_extensions extensions;
    pn_extensions_init(&extensions);
    assert_status(parse(&extensions, (pn_span){text, PN_REPLY_MAX}), PNEU_OK);
    assert_string_equal(find(&extensions, "A"), "");
    pn_extensions_finish(&extensions);
    free(text);
}

static void survives_no_memory(void **state)
{
    (void)state;
    static char text[1024 * 20];
    size_t length = put_many(text, 900, " p");
    for (size_t i = 0; i < 6; i++)
        text[8 + i] = "AUTH M"[i];
    size_t nth = 1;
    for (bool failed = true; failed; nth++) {
        pn_extensions extensions;
        pn_extensions_init(&extensions);
        failing_memory_start(nth);
        pneu_status status = parse(&extensions, (pn_span){text, length});
        failed = failing_memory_stop();
        assert_status(status, failed ? PNEU_NO_MEMORY : PNEU_OK);
        assert_int_equal(find(&extensions, "AUTH") != NULL, !failed);
        if (failed)
            assert_null(find(&extensions, "X0002"));
        pn_extensions_finish(&extensions);
    }
    assert_true(nth > 3);
}

/* smtplib's esmtp_features: each keyword once, the last line counts. */
static void lists_each_keyword_once(void **state)
{
    (void)state;
    static const struct {
        const char *lines;
        const char *listed; /* "KEYWORD(parameters) " for each */
    } CASES[] = {
        {"x", ""},
        {"x\nPIPELINING", "PIPELINING() "},
        {"x\nSIZE 1\nHELP\nsize 2", "HELP() size(2) "},
        {"x\nA 1\nB 2\nA 3\nB 4\nA 5", "B(4) A(5) "},
        {"x\nSIZE 10 20\nSIZE", "SIZE() "},
        {"x\nHELP\nAUTH PLAIN\nSIZE\nauth=LOGIN\nAUTH A PLAIN",
         "HELP() AUTH(PLAIN LOGIN A) SIZE() "},
        {"x\nX=1\n!\nY", "Y() "},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        pn_extensions extensions;
        char listed[200] = "";
        const char *parameters = NULL;
        pn_extensions_init(&extensions);
        assert_int_equal(extensions.count, 0);
        assert_status(parse(&extensions, pn_span_of(CASES[i].lines)), PNEU_OK);
        for (size_t k = 0; k < extensions.count; k++) {
            const char *keyword = pn_extensions_at(&extensions, k, &parameters);
            size_t used = strlen(listed);
            if (keyword == NULL || parameters == NULL)
                fail();
            assert_ptr_equal(parameters, find(&extensions, keyword));
            snprintf(listed + used, sizeof(listed) - used, "%s(%s) ", keyword,
                     parameters);
        }
        assert_string_equal(listed, CASES[i].listed);
        assert_null(pn_extensions_at(&extensions, extensions.count, NULL));
        assert_null(pn_extensions_at(&extensions, SIZE_MAX, NULL));
        pn_extensions_finish(&extensions);
    }
}

/* RFC 9422 3, 4 */
static void reads_limits(void **state)
{
    (void)state;
    static const struct {
        const char *parameters;
        pn_limits want;
    } CASES[] = {
        {NULL, {0, 0, 0}},
        {"", {0, 0, 0}},
        {"RCPTMAX=20 MAILMAX=5", {5, 20, 0}},
        {"rcptdomainmax=3", {0, 0, 3}},
        {"RCPTMAX=999999", {0, 999999, 0}},
        {"RCPTMAX=1000000", {0, 0, 0}}, /* seven digits */
        {"RCPTMAX=0", {0, 0, 0}},
        {"RCPTMAX=007", {0, 0, 0}},
        {"RCPTMAX=-1", {0, 0, 0}},
        {"RCPTMAX=+1", {0, 0, 0}},
        {"RCPTMAX=1180591620717411303424", {0, 0, 0}}, /* 2^70 */
        {"RCPTMAX=ten", {0, 0, 0}},
        {"RCPTMAX=", {0, 0, 0}},
        {"RCPTMAX", {0, 0, 0}},
        {"RCPTMAX =5", {0, 0, 0}},
        {"=5 RCPTMAX=5=6", {0, 0, 0}},
        {"XRCPTMAX=5 RCPTMAXX=6 UNKNOWN=7", {0, 0, 0}},
        {"RCPTMAX=9 RCPTMAX=4 RCPTMAX=0 RCPTMAX=6", {0, 4, 0}},
        {"MAILMAX=1\tRCPTMAX=2  RCPTDOMAINMAX=3", {1, 2, 3}},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        pn_limits found = pn_limits_parse(CASES[i].parameters);
        assert_int_equal(found.mail_max, CASES[i].want.mail_max);
        assert_int_equal(found.rcpt_max, CASES[i].want.rcpt_max);
        assert_int_equal(found.rcpt_domain_max, CASES[i].want.rcpt_domain_max);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_real_servers_lines),
        cmocka_unit_test(forgets_the_reply_before),
        cmocka_unit_test(takes_the_first_line_for_a_greeting),
        cmocka_unit_test(ignores_absurd_sizes),
        cmocka_unit_test(joins_all_forms_of_auth),
        cmocka_unit_test(passes_over_odd_lines),
        cmocka_unit_test(takes_a_thousand_lines),
        cmocka_unit_test(takes_so_many_mechanisms_and_no_more),
        cmocka_unit_test(has_room_for_the_largest_reply),
        cmocka_unit_test(survives_no_memory),
        cmocka_unit_test(lists_each_keyword_once),
        cmocka_unit_test(reads_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
