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

/* RFC 5322 3.2.3 */
static bool is_atext(char c)
{
    return pn_ascii_is_alnum(c) ||
           (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/*
 * The octets of one character that may stand in a name: 1 if plain says so,
 * the length of a UTF-8 character that is neither a control, a separator nor
 * a mark that turns the direction of text (RFC 6532 3.1), else 0.
 */
static size_t name_character(pn_span rest, bool (*plain)(char))
{
    if ((unsigned char)rest.data[0] < 0x80)
        return plain(rest.data[0]) ? 1 : 0;
    uint32_t c = 0;
    size_t length = pn_utf8_length(rest, &c);
    bool shown = c >= 0xa0 && !(c >= 0x2000 && c <= 0x200f) &&
                 !(c >= 0x2028 && c <= 0x202f) &&
                 !(c >= 0x2060 && c <= 0x206f) && c != 0xfeff && c != 0x3000;
    return shown ? length : 0;
}

/* The octets of a run of atoms with single dots between them. */
static size_t dotted_length(pn_span text, bool (*plain)(char))
{
    size_t i = 0;
    bool after_dot = true;
    while (i < text.length) {
        pn_span rest = {text.data + i, text.length - i};
        size_t step =
            rest.data[0] == '.' && !after_dot ? 1 : name_character(rest, plain);
        if (step == 0)
            break;
        after_dot = rest.data[0] == '.';
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
        size_t step = name_character((pn_span){text.data + i, text.length - i},
                                     pn_ascii_is_printable);
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

/* RFC 5321 4.1.2: labels of letters, digits and hyphens, no hyphen at an end */
static bool is_domain(pn_span text)
{
    if (text.length == 0 || text.length > PN_DOMAIN_MAX)
        return false;
    if (text.data[0] == '[')
        return is_address_literal(text);
    if (dotted_length(text, is_domain_character) != text.length)
        return false;
    for (size_t i = 0; i < text.length; i++) {
        bool begins = i == 0 || text.data[i - 1] == '.';
        bool ends = i + 1 == text.length || text.data[i + 1] == '.';
        if (text.data[i] == '-' && (begins || ends))
            return false;
    }
    return true;
}

bool pn_path_needs_utf8(pn_span address)
{
    for (size_t i = 0; i < address.length; i++) {
        if ((unsigned char)address.data[i] >= 0x80)
            return true;
    }
    return false;
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

pneu_status pn_path_check(pn_span address, unsigned allowed, pneu_error *error)
{
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
                                          : dotted_length(address, is_atext);
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
