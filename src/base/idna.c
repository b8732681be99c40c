#include "base/idna.h"

#include <idn2.h>
#include <string.h>

#include "base/escape.h"
#include "base/fail.h"

enum {
    /* not IDN2_USE_STD3_ASCII_RULES: with it libidn2 leaves characters out
     * that are not allowed, and so makes another name of it */
    FLAGS = IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL,
    MOST = 1024 /* octets of a name that could still be one of 255 */
};

static bool is_ascii(pn_span name)
{
    for (size_t i = 0; i < name.length; i++) {
        if ((unsigned char)name.data[i] >= 0x80)
            return false;
    }
    return true;
}

static const char *reason_of(int result)
{
    switch (result) {
    case IDN2_ENCODING_ERROR:
        return "is not UTF-8";
    case IDN2_TOO_BIG_LABEL:
    case IDN2_PUNYCODE_BIG_OUTPUT:
        return "has more than 63 octets on the wire";
    case IDN2_TOO_BIG_DOMAIN:
        return "has more than 255 octets on the wire";
    case IDN2_BIDI:
        return "mixes directions of text as no name may (RFC 5893)";
    case IDN2_LEADING_COMBINING:
        return "begins with a combining mark";
    case IDN2_2HYPHEN:
    case IDN2_HYPHEN_STARTEND:
        return "has a hyphen where none may stand";
    case IDN2_UNASSIGNED:
        return "has a character that is not assigned in Unicode";
    case IDN2_INVALID_ALABEL:
    case IDN2_UALABEL_MISMATCH:
        return "begins with \"xn--\" and is no A-label";
    default:
        return "has a character that no domain name can have";
    }
}

static pneu_status status_of(int result)
{
    switch (result) {
    case IDN2_OK:
        return PNEU_OK;
    case IDN2_MALLOC:
        return PNEU_NO_MEMORY;
    case IDN2_TOO_BIG_LABEL:
    case IDN2_TOO_BIG_DOMAIN:
    case IDN2_PUNYCODE_BIG_OUTPUT:
        return PNEU_TOO_LARGE;
    default:
        return PNEU_INVALID;
    }
}

/* Letters, digits and hyphens, in labels that are not empty: a mapping can
 * bring anything (U+FF1E is ">"). */
static bool is_plain(const char *name)
{
    bool after_dot = true;
    for (; *name != '\0'; name++) {
        bool is_dot = *name == '.';
        if (is_dot ? after_dot : !pn_ascii_is_alnum(*name) && *name != '-')
            return false;
        after_dot = is_dot;
    }
    return true;
}

/* What libidn2 makes of a name; made is NULL on a failure, and the caller's to
 * free by idn2_free(). */
static int convert(pn_span name, uint8_t **made)
{
    uint8_t text[MOST + 1];
    *made = NULL;
    if (name.length > MOST)
        return IDN2_TOO_BIG_DOMAIN;
    memcpy(text, name.data, name.length);
    text[name.length] = '\0';
    int result = idn2_lookup_u8(text, made, FLAGS);
    return result != IDN2_OK || is_plain((const char *)*made) ? result
                                                              : IDN2_DISALLOWED;
}

/* The library judges a name as a whole: the first label that fails alone is the
 * one at fault; without any it is the name. */
static pn_span find_fault(pn_span name)
{
    pn_span rest = name;
    while (rest.length > 0) {
        const char *dot = memchr(rest.data, '.', rest.length);
        pn_span label = {rest.data,
                         dot != NULL ? (size_t)(dot - rest.data) : rest.length};
        uint8_t *made = NULL;
        bool fails = convert(label, &made) != IDN2_OK;
        idn2_free(made);
        if (fails)
            return label;
        size_t taken = label.length + (dot != NULL);
        rest.data += taken;
        rest.length -= taken;
    }
    return name;
}

static pneu_status refuse(pn_span name, int result, pneu_error *error)
{
    char shown[160];
    pneu_status status = status_of(result);
    if (status == PNEU_NO_MEMORY)
        return pn_fail(error, status, "no memory for a domain name");
    pn_span at_fault = find_fault(name);
    pn_escape(at_fault, "\\n", shown, sizeof(shown));
    return pn_fail(error, status, "the %s \"%s\" %s",
                   at_fault.length == name.length ? "domain" : "domain label",
                   shown, reason_of(result));
}

pneu_status pn_idna_to_ascii(pn_span name, char *out, size_t size,
                             pneu_error *error)
{
    if (name.length > 0 && memchr(name.data, '\0', name.length) != NULL)
        return pn_fail(error, PNEU_INVALID, "a domain name holds a NUL");
    uint8_t *made = NULL;
    pn_span ascii = name;
    if (!is_ascii(name)) {
        int result = convert(name, &made);
        if (result != IDN2_OK) {
            idn2_free(made);
            return refuse(name, result, error);
        }
        ascii = pn_span_of((const char *)made);
    }
    bool fits = ascii.length < size;
    if (fits) {
        memcpy(out, ascii.data, ascii.length);
        out[ascii.length] = '\0';
    }
    idn2_free(made);
    return fits ? PNEU_OK
                : pn_fail(error, PNEU_TOO_LARGE,
                          "a domain name has more than %zu octets on the wire",
                          size - 1);
}
