#include "wire/path.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/escape.h"
#include "base/fail.h"
#include "base/utf8.h"
#include "wire/limits.h"

static pneu_status refuse(pneu_error *error, pn_span address,
                          const char *reason)
{
    char shown[160];
    pn_escape(address, "\\n", shown, sizeof(shown));
    return pn_fail(error, PNEU_BAD_ADDRESS, "the address \"%s\" %s", shown,
                   reason);
}

/* What an octet may be part of. */
enum {
    ATEXT = 1,  /* RFC 5322 3.2.3 */
    LETTER = 2, /* of a domain's label, a digit or a hyphen too */
    BOTH = ATEXT | LETTER
};

static const unsigned char KINDS[256] = {
    ['!'] = ATEXT,  ['#'] = ATEXT, ['$'] = ATEXT, ['%'] = ATEXT, ['&'] = ATEXT,
    ['\''] = ATEXT, ['*'] = ATEXT, ['+'] = ATEXT, ['-'] = BOTH,  ['/'] = ATEXT,
    ['0'] = BOTH,   ['1'] = BOTH,  ['2'] = BOTH,  ['3'] = BOTH,  ['4'] = BOTH,
    ['5'] = BOTH,   ['6'] = BOTH,  ['7'] = BOTH,  ['8'] = BOTH,  ['9'] = BOTH,
    ['='] = ATEXT,  ['?'] = ATEXT, ['A'] = BOTH,  ['B'] = BOTH,  ['C'] = BOTH,
    ['D'] = BOTH,   ['E'] = BOTH,  ['F'] = BOTH,  ['G'] = BOTH,  ['H'] = BOTH,
    ['I'] = BOTH,   ['J'] = BOTH,  ['K'] = BOTH,  ['L'] = BOTH,  ['M'] = BOTH,
    ['N'] = BOTH,   ['O'] = BOTH,  ['P'] = BOTH,  ['Q'] = BOTH,  ['R'] = BOTH,
    ['S'] = BOTH,   ['T'] = BOTH,  ['U'] = BOTH,  ['V'] = BOTH,  ['W'] = BOTH,
    ['X'] = BOTH,   ['Y'] = BOTH,  ['Z'] = BOTH,  ['^'] = ATEXT, ['_'] = ATEXT,
    ['`'] = ATEXT,  ['a'] = BOTH,  ['b'] = BOTH,  ['c'] = BOTH,  ['d'] = BOTH,
    ['e'] = BOTH,   ['f'] = BOTH,  ['g'] = BOTH,  ['h'] = BOTH,  ['i'] = BOTH,
    ['j'] = BOTH,   ['k'] = BOTH,  ['l'] = BOTH,  ['m'] = BOTH,  ['n'] = BOTH,
    ['o'] = BOTH,   ['p'] = BOTH,  ['q'] = BOTH,  ['r'] = BOTH,  ['s'] = BOTH,
    ['t'] = BOTH,   ['u'] = BOTH,  ['v'] = BOTH,  ['w'] = BOTH,  ['x'] = BOTH,
    ['y'] = BOTH,   ['z'] = BOTH,  ['{'] = ATEXT, ['|'] = ATEXT, ['}'] = ATEXT,
    ['~'] = ATEXT,
};

/*
 * The length of a UTF-8 character that may stand in a name: one that is
 * neither a control, a separator nor a mark that turns the direction of text
 * (RFC 6532 3.1); 0 for another.
 */
static size_t utf8_name_character(pn_span rest)
{
    uint32_t c = 0;
    size_t length = pn_utf8_length(rest, &c);
    bool shown = c >= 0xa0 && !(c >= 0x2000 && c <= 0x200f) &&
                 !(c >= 0x2028 && c <= 0x202f) &&
                 !(c >= 0x2060 && c <= 0x206f) && c != 0xfeff && c != 0x3000;
    return shown ? length : 0;
}

/* The octets of a run of atoms of this kind with single dots between them. */
static size_t dotted_length(pn_span text, unsigned kind)
{
    size_t i = 0;
    bool after_dot = true;
    while (i < text.length) {
        unsigned char c = (unsigned char)text.data[i];
        bool is_dot = c == '.' && !after_dot;
        size_t step = is_dot || (KINDS[c] & kind) != 0;
        if (c >= 0x80)
            step =
                utf8_name_character((pn_span){text.data + i, text.length - i});
        if (step == 0)
            break;
        after_dot = is_dot;
        i += step;
    }
    return after_dot ? 0 : i;
}

/* RFC 5321 4.1.2: qtextSMTP and quoted-pairSMTP are printable ASCII */
static size_t quoted_length(pn_span text)
{
    size_t i = 1;
    while (i < text.length && text.data[i] != '"') {
        if (text.data[i] == '\\') {
            if (i + 1 >= text.length ||
                !pn_ascii_is_printable(text.data[i + 1]))
                return 0;
            i += 2;
            continue;
        }
        size_t step = (unsigned char)text.data[i] < 0x80
                          ? pn_ascii_is_printable(text.data[i])
                          : utf8_name_character(
                                (pn_span){text.data + i, text.length - i});
        if (step == 0)
            return 0;
        i += step;
    }
    return i < text.length ? i + 1 : 0;
}

static bool is_domain_character(char c)
{
    return pn_ascii_is_alnum(c) || c == '-';
}

static bool is_address_text(pn_span text, int family)
{
    char copy[INET6_ADDRSTRLEN + 1];
    unsigned char binary[sizeof(struct in6_addr)];
    if (text.length >= sizeof(copy))
        return false;
    memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    return inet_pton(family, copy, binary) == 1;
}

/* "Tag:content" of a kind that is not known here (RFC 5321 4.1.3) */
static bool is_general_literal(pn_span text)
{
    const char *colon = memchr(text.data, ':', text.length);
    if (colon == NULL || colon == text.data ||
        colon == text.data + text.length - 1)
        return false;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (c < 33 || c > 126 || c == '[' || c == '\\' || c == ']' ||
            c == '<' || c == '>')
            return false;
        if (text.data + i < colon && !is_domain_character(c))
            return false;
    }
    return true;
}

static bool is_address_literal(pn_span text)
{
    static const pn_span IPV6 = {"IPv6:", 5};
    if (text.length < 3 || text.data[text.length - 1] != ']')
        return false;
    pn_span inside = {text.data + 1, text.length - 2};
    if (pn_span_starts_nocase(inside, IPV6)) {
        inside.data += IPV6.length;
        inside.length -= IPV6.length;
        return is_address_text(inside, AF_INET6);
    }
    return is_address_text(inside, AF_INET) || is_general_literal(inside);
}

/* No label begins or ends with a hyphen. */
static bool has_good_hyphens(pn_span name)
{
    const char *end = name.data + name.length;
    const char *at = memchr(name.data, '-', name.length);
    while (at != NULL) {
        if (at == name.data || at[-1] == '.' || at + 1 == end || at[1] == '.')
            return false;
        at = memchr(at + 1, '-', (size_t)(end - at) - 1);
    }
    return true;
}

/* RFC 5321 4.1.2: labels of letters, digits and hyphens, no hyphen at an end */
static bool is_name(pn_span text)
{
    return text.length > 0 && text.length <= PN_DOMAIN_MAX &&
           dotted_length(text, LETTER) == text.length && has_good_hyphens(text);
}

static bool is_domain(pn_span text)
{
    if (text.length > 0 && text.length <= PN_DOMAIN_MAX && text.data[0] == '[')
        return is_address_literal(text);
    return is_name(text);
}

bool pn_path_needs_utf8(pn_span text)
{
    static const uint64_t HIGHEST_BITS = UINT64_C(0x8080808080808080);
    uint64_t seen = 0;
    while (text.length >= sizeof(uint64_t)) {
        uint64_t octets;
        memcpy(&octets, text.data, sizeof(octets));
        seen |= octets;
        text.data += sizeof(octets);
        text.length -= sizeof(octets);
    }
    for (size_t i = 0; i < text.length; i++)
        seen |= (unsigned char)text.data[i];
    return (seen & HIGHEST_BITS) != 0;
}

bool pn_path_is_utf8(pn_span text)
{
    while (text.length > 0) {
        uint32_t character = 0;
        size_t length = pn_utf8_length(text, &character);
        if (length == 0 || character < 32 ||
            (character >= 127 && character < 160))
            return false;
        text.data += length;
        text.length -= length;
    }
    return true;
}

bool pn_path_is_postmaster(pn_span address)
{
    return pn_span_equal_nocase(address, PN_SPAN("postmaster"));
}

static const char *line_break_in(pn_span address)
{
    for (size_t i = 0; i < address.length; i++) {
        if (address.data[i] == '\r' || address.data[i] == '\n' ||
            address.data[i] == '\0')
            return address.data + i;
    }
    return NULL;
}

/* Atoms of this kind with single dots between them, up to an octet that is
 * neither; how many octets, 0 if a dot stands wrong. */
static size_t ascii_length(pn_span text, unsigned kind)
{
    const char *at = text.data;
    const char *end = at + text.length;
    for (;; at++) { /* past the dot */
        const char *atom = at;
        while (at < end && (KINDS[(unsigned char)*at] & kind) != 0)
            at++;
        if (at == atom)
            return 0;
        if (at == end || *at != '.')
            return (size_t)(at - text.data);
    }
}

bool pn_path_is_usual(pn_span address)
{
    if (address.length + 2 > PN_PATH_MAX)
        return false;
    size_t local = ascii_length(address, ATEXT);
    if (local == 0 || local == address.length || address.data[local] != '@')
        return false;
    pn_span name = {address.data + local + 1, address.length - local - 1};
    return name.length > 0 && ascii_length(name, LETTER) == name.length &&
           has_good_hyphens(name);
}

pneu_status pn_path_check(pn_span address, unsigned allowed, pneu_error *error)
{
    if (pn_path_is_usual(address))
        return PNEU_OK;
    if (address.length == 0)
        return (allowed & PN_PATH_NULL) != 0
                   ? PNEU_OK
                   : pn_fail(error, PNEU_BAD_ADDRESS, "the address is empty");
    if (line_break_in(address) != NULL)
        return refuse(error, address, "holds a CR, LF or NUL");
    if (address.length + 2 > PN_PATH_MAX)
        return refuse(error, address,
                      "is longer than the 254 octets that SMTP allows");
    if (address.data[0] == '<')
        return refuse(error, address,
                      "has angle brackets: give the bare address");
    size_t local = address.data[0] == '"' ? quoted_length(address)
                                          : dotted_length(address, ATEXT);
    if (local == 0 || (local < address.length && address.data[local] != '@'))
        return refuse(error, address,
                      "has a local part (before the @) that is not valid");
    if (local == address.length)
        return (allowed & PN_PATH_LOCAL) != 0
                   ? PNEU_OK
                   : refuse(error, address,
                            "has no domain: write it as name@example.com");
    pn_span domain = {address.data + local + 1, address.length - local - 1};
    if (!is_domain(domain))
        return refuse(error, address,
                      "has a domain (after the @) that is not valid");
    return PNEU_OK;
}
