#include "wire/xtext.h"

#include "base/utf8.h"

enum {
    CODED_MAX = 16
};

/* RFC 3461 4: xchar */
static bool is_plain(char c)
{
    return c >= 33 && c <= 126 && c != '+' && c != '=';
}

/* Writes a number in capital hexadecimal digits, two at the least. */
static size_t put_hex(char *to, uint32_t number)
{
    static const char DIGITS[] = "0123456789ABCDEF";
    size_t length = 2;
    while (length < 8 && number >> (4 * length) != 0)
        length++;
    for (size_t i = 0; i < length; i++)
        to[i] = DIGITS[(number >> (4 * (length - 1 - i))) & 15];
    return length;
}

/* One octet, coded. */
static size_t code_octet(pn_span text, size_t *used, char *coded)
{
    *used = 1;
    if (is_plain(text.data[0])) {
        coded[0] = text.data[0];
        return 1;
    }
    coded[0] = '+';
    return 1 + put_hex(coded + 1, (unsigned char)text.data[0]);
}

/* One character, coded; RFC 6533 3 takes the backslash for itself. */
static size_t code_character(pn_span text, size_t *used, char *coded)
{
    uint32_t character = (unsigned char)text.data[0];
    size_t length = pn_utf8_length(text, &character);
    *used = length > 0 ? length : 1;
    if (length == 1 && is_plain(text.data[0]) && text.data[0] != '\\') {
        coded[0] = text.data[0];
        return 1;
    }
    coded[0] = '\\';
    coded[1] = 'x';
    coded[2] = '{';
    size_t digits = put_hex(coded + 3, character);
    coded[3 + digits] = '}';
    return digits + 4;
}

typedef size_t coder(pn_span text, size_t *used, char *coded);

/* line may be NULL, to count only. */
static size_t code(pn_line *line, pn_span text, coder *one)
{
    size_t total = 0;
    while (text.length > 0) {
        char coded[CODED_MAX];
        size_t used = 0;
        size_t length = one(text, &used, coded);
        if (line != NULL)
            pn_line_add(line, (pn_span){coded, length});
        text.data += used;
        text.length -= used;
        total += length;
    }
    return total;
}

void pn_xtext_add(pn_line *line, pn_span text)
{
    code(line, text, code_octet);
}

void pn_xtext_add_utf8(pn_line *line, pn_span text)
{
    code(line, text, code_character);
}

size_t pn_xtext_length(pn_span text)
{
    return code(NULL, text, code_octet);
}

size_t pn_xtext_utf8_length(pn_span text)
{
    return code(NULL, text, code_character);
}
