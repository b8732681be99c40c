#include "base/utf8.h"

/* The octets that a character with this first octet has, 0 if none begins
 * so. */
static size_t length_by_first(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if ((first & 0xe0) == 0xc0)
        return 2;
    if ((first & 0xf0) == 0xe0)
        return 3;
    return (first & 0xf8) == 0xf0 ? 4 : 0;
}

/* RFC 3629 4: no surrogates, nothing overlong, nothing past U+10FFFF. */
static bool is_character(uint32_t value, size_t length)
{
    static const uint32_t SMALLEST[] = {0, 0, 0x80, 0x800, 0x10000};
    return value >= SMALLEST[length] && value <= 0x10ffff &&
           !(value >= 0xd800 && value <= 0xdfff);
}

size_t pn_utf8_length(pn_span text, uint32_t *character)
{
    if (text.length == 0)
        return 0;
    unsigned char first = (unsigned char)text.data[0];
    size_t length = length_by_first(first);
    if (length == 0 || length > text.length)
        return 0;
    uint32_t value = length == 1 ? first : first & (0xffU >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        unsigned char next = (unsigned char)text.data[i];
        if ((next & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (next & 0x3f);
    }
    if (!is_character(value, length))
        return 0;
    if (character != NULL)
        *character = value;
    return length;
}
