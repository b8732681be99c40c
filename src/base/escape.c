#include "base/escape.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* C1 controls, line and paragraph separators, and what turns the direction
 * of text could forge what a person sees (CWE-150). */
static bool is_showable(uint32_t c)
{
    return c >= 32 && !(c >= 0x7f && c < 0xa0) &&
           !(c >= 0x2028 && c <= 0x202e) && !(c >= 0x2066 && c <= 0x2069) &&
           c != 0x200e && c != 0x200f && c != 0x61c && c != 0xfeff;
}

size_t pn_escape(pn_span text, const char *line_end, char *out, size_t size)
{
    size_t used = 0;
    if (size == 0)
        return 0;
    for (size_t i = 0; i < text.length;) {
        uint32_t character = 0;
        char hex[5];
        pn_span rest = {text.data + i, text.length - i};
        size_t length = pn_utf8_length(rest, &character);
        pn_span add = {rest.data, length};
        if (rest.data[0] == '\n') {
            add = pn_span_of(line_end);
        } else if (length == 0 || !is_showable(character)) {
            snprintf(hex, sizeof(hex), "\\x%02x",
                     (unsigned)(unsigned char)rest.data[0]);
            add = pn_span_of(hex);
            length = 1;
        }
        if (add.length >= size - used)
            break;
        memcpy(out + used, add.data, add.length);
        used += add.length;
        i += length;
    }
    out[used] = '\0';
    return used;
}
