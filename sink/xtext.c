#include "sink/xtext.h"

/* Capitals only, as the syntax has it; 16 for what is none. */
static unsigned hex_value(char c)
{
    if (pn_ascii_is_digit(c))
        return (unsigned)(c - '0');
    return c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10 : 16;
}

/* How long the first character is; 0 if it is malformed. */
static size_t character_length(pn_span text)
{
    char c = text.data[0];
    if (c < 33 || c > 126 || c == '=')
        return 0;
    if (c != '+')
        return 1;
    return text.length >= 3 && hex_value(text.data[1]) < 16 &&
                   hex_value(text.data[2]) < 16
               ? 3
               : 0;
}

bool pn_sink_xtext_next(pn_span *text, char *octet)
{
    if (text->length == 0)
        return false;
    size_t length = text->data[0] == '+' ? 3 : 1;
    *octet = length == 1 ? text->data[0]
                         : (char)(unsigned char)(hex_value(text->data[1]) * 16 +
                                                 hex_value(text->data[2]));
    text->data += length;
    text->length -= length;
    return true;
}

bool pn_sink_xtext_check(pn_span text, bool plain)
{
    while (text.length > 0) {
        char octet = 0;
        if (character_length(text) == 0)
            return false;
        pn_sink_xtext_next(&text, &octet);
        if (plain && !pn_ascii_is_printable(octet))
            return false;
    }
    return true;
}
