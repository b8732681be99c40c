/* Domain names that are not ASCII (IDNA 2008). */
#include <stdlib.h>
#include <string.h>

#include "base/idna.h"
#include "unit.h"

static void makes_a_labels(void **state)
{
    static const struct {
        const char *name;
        const char *ascii;
    } CASES[] = {
        {"example.com", "example.com"},
        {"EXAMPLE.com", "EXAMPLE.com"}, /* as it is */
        {"_not.checked", "_not.checked"},
        {"", ""},
        {"b\xc3\xbc"
         "cher.example",
         "xn--bcher-kva.example"},
        {"BU\xcc\x88"
         "CHER.example", /* NFC and case: RFC 5895 2 */
         "xn--bcher-kva.example"},
        {"fa\xc3\x9f.de", "xn--fa-hia.de"}, /* nontransitional */
        {"\xe4\xb8\xad\xe6\x96\x87.cn", "xn--fiq228c.cn"},
        {"a\xe3\x80\x82\xc3\xbc", "a.xn--tda"}, /* an ideographic dot */
        {"xn--bcher-kva.\xc3\xbc", "xn--bcher-kva.xn--tda"},
        {"b\xc3\xbc"
         "cher.example.",
         "xn--bcher-kva.example."},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(CASES); i++) {
        char out[PN_IDNA_SIZE];
        pneu_error error = {.message = ""};
        assert_status(pn_idna_to_ascii(pn_span_of(CASES[i].name), out,
                                       sizeof(out), &error),
                      PNEU_OK);
        assert_string_equal(out, CASES[i].ascii);
    }
}

/* RFC 5891 4.2, RFC 5892 2, RFC 5893 2; what is refused is named. */
static void names_the_label_at_fault(void **state)
{
    static const struct {
        const char *name;
        const char *named;
    } CASES[] = {
        {"good.-\xc3\xbc.example", "label \"-\xc3\xbc\" has a hyphen"},
        {"a\xe2\x80\x8d"
         "b.example",
         "has a character"},
        {"\xe2\x99\xa5.example", "label \"\xe2\x99\xa5\" has a character"},
        {"\xcc\x88"
         "a.example",
         "begins with a combining mark"},
        {"\xd7\x90"
         "a.example",
         "directions"},
        {"a_\xc3\xbc.example", "label \"a_\xc3\xbc\" has a character"},
        {"a\xef\xbc\x9e.example", "has a character"}, /* a wide ">" */
        {"a\xef\xbc\x9e\xc3\xbc.example", "has a character"},
        {"\xe2\x84\x80.example", "has a character"}, /* "a/c" */
        {".\xc3\xbc", "domain"},
        {"a..\xc3\xbc", "domain"},
        {"\xff\xfe.example", "label \"\\xff\\xfe\" is not UTF-8"},
        {"xn--\xc3\xbc.example", "label \"xn--\xc3\xbc\""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(CASES); i++) {
        char out[PN_IDNA_SIZE];
        pneu_error error = {.message = ""};
        assert_status(pn_idna_to_ascii(pn_span_of(CASES[i].name), out,
                                       sizeof(out), &error),
                      PNEU_INVALID);
        if (strstr(error.message, CASES[i].named) == NULL)
            fail_msg("%s", error.message);
    }
}

static void knows_how_long_a_name_may_be(void **state)
{
    char out[PN_IDNA_SIZE];
    char name[2048];
    pneu_error error;
    (void)state;
    memset(name, 'a', sizeof(name)); /* a label of 64 and more octets */
    memcpy(name, "\xc3\xbc", 2);
    assert_status(
        pn_idna_to_ascii((pn_span){name, 70}, out, sizeof(out), &error),
        PNEU_TOO_LARGE);
    assert_non_null(strstr(error.message, "63 octets"));
    for (size_t i = 32; i < sizeof(name); i += 32)
        name[i] = '.';
    assert_status(
        pn_idna_to_ascii((pn_span){name, 300}, out, sizeof(out), &error),
        PNEU_TOO_LARGE);
    assert_status(pn_idna_to_ascii((pn_span){name, sizeof(name)}, out,
                                   sizeof(out), &error),
                  PNEU_TOO_LARGE);
    assert_status(pn_idna_to_ascii(PN_SPAN("example"), out, 7, &error),
                  PNEU_TOO_LARGE);
    assert_status(pn_idna_to_ascii(PN_SPAN("example"), out, 8, &error),
                  PNEU_OK);
    assert_status(
        pn_idna_to_ascii((pn_span){"a\0b", 3}, out, sizeof(out), NULL),
        PNEU_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_a_labels),
        cmocka_unit_test(names_the_label_at_fault),
        cmocka_unit_test(knows_how_long_a_name_may_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
