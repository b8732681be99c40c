/* Addresses: what passes can neither end the angle brackets nor begin a
 * parameter nor break the line (RFC 5321 4.1.2, RFC 6531 3.3). */
#include <stdio.h>
#include <string.h>

#include "page_end.h"
#include "unit.h"
#include "wire/path.h"

static const char *const GOOD[] = {
    "a@b",
    "user@example.com",
    "first.last@example.com",
    "user+tag@example.com",
    "-x@example.com",
    "!#$%&'*+-/=?^_`{|}~@example.com",
    "USER@EXAMPLE.COM",
    "user@xn--bcher-kva.example",
    "user@a-b.c-d",
    "user@1.2.3",
    "user@[192.0.2.1]",
    "user@[IPv6:2001:db8::1]",
    "user@[ipv6:::1]",
    "user@[IPv6:::ffff:192.0.2.1]",
    "user@[x-tag:some.thing]",
    "\"quoted\"@example.com",
    "\"with space\"@example.com",
    "\"a@b\"@example.com",
    "\">\"@example.com",
    "\"a\\\"b\"@example.com",
    "\"a\\\\\"@example.com",
    "\"\"@example.com",
    "\".\"@example.com",
    "j\xc3\xbcrgen@example.com",
    "user@m\xc3\xbcnchen.example",
    "\xe6\x94\xb6\xe4\xbb\xb6\xe4\xba\xba@\xe4\xbe\x8b.\xe4\xbe\x8b",
    "\"\xc3\xa9 \xc3\xa9\"@example.com",
};

static const char *const BAD[] = {
    "@",
    "@example.com",
    "user@",
    "user@@example.com",
    "a@b@c",
    ".user@example.com",
    "user.@example.com",
    "us..er@example.com",
    "user@.example.com",
    "user@example.com.",
    "user@example..com",
    "user@-example.com",
    "user@example-.com",
    "user@exa_mple.com",
    "user@exam ple.com",
    "us er@example.com",
    "user@example.com SIZE=1",
    "user@example.com> SIZE=1",
    "user@example.com>",
    "<user@example.com>",
    "user>@example.com",
    "us<er@example.com",
    "User <user@example.com>",
    "user@example.com,other@example.com",
    "user@example.com;",
    "@relay.example:user@example.com",
    "user(comment)@example.com",
    "us\ter@example.com",
    "us\x7f@example.com",
    "us\x01r@example.com",
    "us\x1b[1m@example.com",
    "\"open@example.com",
    "\"open\\\"@example.com",
    "\"a\"b@example.com",
    "a\"b\"@example.com",
    "\"a\tb\"@example.com",
    "\"a\\\"@example.com",
    "\"a\\",
    "\"",
    "user@[192.0.2.256]",
    "user@[192.0.2]",
    "user@[192.0.2.1",
    "user@192.0.2.1]",
    "user@[]",
    "user@[IPv6:]",
    "user@[IPv6:2001:db8::1::2]",
    "user@[IPv6:2001:db8::1%eth0]",
    "user@[:x]",
    "user@[x:]",
    "user@[x:a]b]",
    "user@[x:a b]",
    "user@[a>b:c]",
    "us\xc3@example.com",         /* cut short */
    "us\xc0\xaf@example.com",     /* overlong */
    "us\xed\xa0\x80@example.com", /* a surrogate */
    "us\xff@example.com",
    "us\xc2\x85@example.com",     /* C1: next line */
    "us\xe2\x80\xa8@example.com", /* line separator */
    "us\xe2\x80\xae@example.com", /* turned direction */
    "us\xe2\x81\xa6@example.com", /* isolate */
    "us\xe3\x80\x80@example.com", /* a wide blank */
    "us\xef\xbb\xbf@example.com", /* byte order mark */
    "user@exa\xe2\x80\xaemple.com",
    "\"us\xe2\x80\xaer\"@example.com",
};

static pneu_status check(pn_span address, unsigned allowed)
{
    pneu_error error = {.status = PNEU_OK};
    pneu_status status = pn_path_check(page_end_lay(address), allowed, &error);
    assert_status(error.status, status);
    for (const char *c = error.message; *c != '\0'; c++)
        assert_true((unsigned char)*c >= 32 && *c != 0x7f);
    assert_status(pn_path_check(address, allowed, NULL), status);
    return status;
}

/* RFC 5322 3.2.3, RFC 5321 4.1.2 */
static void takes_good_addresses(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(GOOD); i++) {
        if (check(pn_span_of(GOOD[i]), 0) != PNEU_OK)
            fail_msg("refused: %s", GOOD[i]);
    }
}

static void refuses_bad_addresses(void **state)
{
    (void)state;
    static const unsigned ALL = PN_PATH_NULL | PN_PATH_LOCAL;
    for (size_t i = 0; i < COUNT(BAD); i++) {
        if (check(pn_span_of(BAD[i]), ALL) != PNEU_BAD_ADDRESS)
            fail_msg("passed: %s", BAD[i]);
    }
}

/* Line breaks, brackets outside of quotes, and NUL: in every position. */
static void stops_injection_everywhere(void **state)
{
    (void)state;
    static const char *const BASES[] = {
        "user@example.com", "\"us er\"@example.com", "user@[192.0.2.1]"};
    static const char OCTETS[] = {'\r', '\n', '\0'};
    for (size_t b = 0; b < COUNT(BASES); b++) {
        size_t length = strlen(BASES[b]);
        for (size_t at = 0; at <= length; at++) {
            for (size_t o = 0; o < COUNT(OCTETS); o++) {
                char text[40];
                memcpy(text, BASES[b], at);
                text[at] = OCTETS[o];
                memcpy(text + at + 1, BASES[b] + at, length - at);
                assert_status(check((pn_span){text, length + 1},
                                    PN_PATH_NULL | PN_PATH_LOCAL),
                              PNEU_BAD_ADDRESS);
            }
        }
    }
}

static void allows_what_the_flags_say(void **state)
{
    (void)state;
    static const struct {
        const char *address;
        unsigned needs;
    } CASES[] = {
        {"", PN_PATH_NULL},           {"postmaster", PN_PATH_LOCAL},
        {"dhellmann", PN_PATH_LOCAL}, {"\"a b\"", PN_PATH_LOCAL},
        {"user@example.com", 0},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        for (unsigned flags = 0; flags < 4; flags++) {
            bool good = (flags & CASES[i].needs) == CASES[i].needs;
            assert_status(check(pn_span_of(CASES[i].address), flags),
                          good ? PNEU_OK : PNEU_BAD_ADDRESS);
        }
    }
}

/* RFC 5321 4.5.3.1.3: 256 octets with the brackets */
static void keeps_the_paths_limit(void **state)
{
    (void)state;
    char text[300];
    memset(text, 'x', sizeof(text));
    text[100] = '@';
    for (size_t length = 102; length < sizeof(text); length++) {
        assert_status(check((pn_span){text, length}, 0),
                      length <= 254 ? PNEU_OK : PNEU_BAD_ADDRESS);
    }
    static char huge[200000];
    memset(huge, 'x', sizeof(huge));
    assert_status(check((pn_span){huge, sizeof(huge)}, PN_PATH_LOCAL),
                  PNEU_BAD_ADDRESS);
}

/* RFC 5321 4.1.1.3, RFC 6531 3.4 */
static void knows_special_addresses(void **state)
{
    (void)state;
    assert_true(pn_path_is_postmaster(PN_SPAN("postmaster")));
    assert_true(pn_path_is_postmaster(PN_SPAN("PostMaster")));
    assert_false(pn_path_is_postmaster(PN_SPAN("postmaster@example.com")));
    assert_false(pn_path_is_postmaster(PN_SPAN("")));
    assert_false(pn_path_needs_utf8(PN_SPAN("")));
    assert_false(pn_path_needs_utf8(PN_SPAN("user@example.com")));
    assert_true(pn_path_needs_utf8(PN_SPAN("\xc3\xbcser@example.com")));
    assert_true(pn_path_needs_utf8(PN_SPAN("user@example.\xc3\xbc")));
}

/* Every string of up to 4 octets out of those that matter: what passes has
 * no bracket and no blank outside of quotes. */
static void never_lets_the_brackets_end(void **state)
{
    (void)state;
    static const char LETTERS[] = "a@.\"\\> <-[]:";
    enum {
        N = sizeof(LETTERS) - 1
    };
    for (unsigned code = 0; code < N * N * N * N * N; code++) {
        char text[5];
        unsigned rest = code;
        for (size_t i = 0; i < sizeof(text); i++, rest /= N)
            text[i] = LETTERS[rest % N];
        if (pn_path_check((pn_span){text, sizeof(text)}, PN_PATH_LOCAL, NULL) !=
            PNEU_OK)
            continue;
        bool quoted = false;
        for (size_t i = 0; i < sizeof(text); i++) {
            if (quoted && text[i] == '\\')
                i++;
            else if (text[i] == '"')
                quoted = !quoted;
            else if (!quoted && strchr("<> ", text[i]) != NULL)
                fail_msg("passed: %.5s", text);
        }
        assert_false(quoted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_good_addresses),
        cmocka_unit_test(refuses_bad_addresses),
        cmocka_unit_test(stops_injection_everywhere),
        cmocka_unit_test(allows_what_the_flags_say),
        cmocka_unit_test(keeps_the_paths_limit),
        cmocka_unit_test(knows_special_addresses),
        cmocka_unit_test(never_lets_the_brackets_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
