#include "base/base64.h"

#include <string.h>

static const char ALPHABET[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static unsigned octet(pn_span octets, size_t i)
{
    return i < octets.length ? (unsigned char)octets.data[i] : 0;
}

pneu_status pn_base64_encode(pn_buffer *out, pn_span octets)
{
    pneu_status status;
    if (octets.length > out->maximum)
        return PNEU_TOO_LARGE;
    size_t length = (octets.length + 2) / 3 * 4;
    char *to = pn_buffer_reserve(out, length, &status);
    if (to == NULL)
        return status;
    for (size_t i = 0; i < octets.length; i += 3) {
        unsigned group = octet(octets, i) << 16 | octet(octets, i + 1) << 8 |
                         octet(octets, i + 2);
        *to++ = ALPHABET[group >> 18];
        *to++ = ALPHABET[group >> 12 & 63];
        *to++ = i + 1 < octets.length ? ALPHABET[group >> 6 & 63] : '=';
        *to++ = i + 2 < octets.length ? ALPHABET[group & 63] : '=';
    }
    pn_buffer_added(out, length);
    return PNEU_OK;
}

/* The value of one character, or -1. */
static int value(char c)
{
    const char *at = c != '\0' ? strchr(ALPHABET, c) : NULL;
    return at != NULL ? (int)(at - ALPHABET) : -1;
}

static size_t padding(pn_span text)
{
    size_t count = 0;
    while (count < 2 && count < text.length &&
           text.data[text.length - 1 - count] == '=')
        count++;
    return count;
}

static bool is_well_formed(pn_span text, size_t pad)
{
    if (text.length % 4 != 0)
        return false;
    for (size_t i = 0; i < text.length - pad; i++) {
        if (value(text.data[i]) < 0)
            return false;
    }
    if (pad == 0)
        return true;
    /* The bits under the padding must be 0 (RFC 4648 3.5). */
    int last = value(text.data[text.length - pad - 1]);
    return (last & (pad == 1 ? 3 : 15)) == 0;
}

pneu_status pn_base64_decode(pn_buffer *out, pn_span text)
{
    pneu_status status;
    size_t pad = padding(text);
    if (!is_well_formed(text, pad))
        return PNEU_INVALID;
    size_t length = text.length / 4 * 3 - pad;
    char *to = pn_buffer_reserve(out, length, &status);
    if (to == NULL)
        return status;
    unsigned bits = 0;
    unsigned group = 0;
    for (size_t i = 0; i < text.length - pad; i++) {
        group = group << 6 | (unsigned)value(text.data[i]);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            *to++ = (char)(group >> bits & 255);
        }
    }
    pn_buffer_added(out, length);
    return PNEU_OK;
}
