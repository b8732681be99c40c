#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *must_resize(void *memory, size_t size)
{
    void *resized = realloc(memory, size > 0 ? size : 1);
    if (resized == NULL) {
        fputs("Bail out! the runner has no memory left\n", stdout);
        exit(EXIT_FAILURE);
    }
    return resized;
}

static void make_room(text *to, size_t more)
{
    size_t wanted = to->length + more + 1;
    if (wanted <= to->capacity)
        return;
    to->capacity = wanted * 2;
    to->data = must_resize(to->data, to->capacity);
}

void text_add(text *to, pn_span octets)
{
    make_room(to, octets.length);
    if (octets.length > 0)
        memcpy(to->data + to->length, octets.data, octets.length);
    to->length += octets.length;
    to->data[to->length] = '\0';
}

void text_print(text *to, const char *format, ...)
{
    char line[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    text_add(to, pn_span_of(line));
}

pn_span text_span(const text *from)
{
    return (pn_span){from->data != NULL ? from->data : "", from->length};
}

void text_free(text *of)
{
    free(of->data);
    *of = (text){0};
}

void text_add_shown(text *to, pn_span octets)
{
    for (size_t i = 0; i < octets.length; i++) {
        char c = octets.data[i];
        if (c == '\\')
            text_add(to, PN_SPAN("\\\\"));
        else if (c == '\r')
            text_add(to, PN_SPAN("\\r"));
        else if (c == '\n')
            text_add(to, PN_SPAN("\\n"));
        else if (pn_ascii_is_printable(c))
            text_add(to, (pn_span){&c, 1});
        else
            text_print(to, "\\x%02x", (unsigned)(unsigned char)c);
    }
}

static int hex_value(char c)
{
    if (pn_ascii_is_digit(c))
        return c - '0';
    char lower = pn_ascii_lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The octet behind a backslash; the octets that it took are cut off. */
static bool decode_one(pn_span *rest, char *octet)
{
    static const char LETTERS[] = "rnt\\\"|";
    static const char MEANT[] = "\r\n\t\\\"|";
    if (rest->length == 0)
        return false;
    const char *letter = memchr(LETTERS, rest->data[0], sizeof(LETTERS) - 1);
    size_t taken = 1;
    if (letter != NULL) {
        *octet = MEANT[letter - LETTERS];
    } else if (rest->data[0] == 'x' && rest->length >= 3 &&
               hex_value(rest->data[1]) >= 0 && hex_value(rest->data[2]) >= 0) {
        *octet =
            (char)(hex_value(rest->data[1]) * 16 + hex_value(rest->data[2]));
        taken = 3;
    } else {
        return false;
    }
    rest->data += taken;
    rest->length -= taken;
    return true;
}

bool text_add_decoded(text *to, pn_span shown)
{
    while (shown.length > 0) {
        char c = shown.data[0];
        shown.data++;
        shown.length--;
        if (c == '\\' && !decode_one(&shown, &c))
            return false;
        text_add(to, (pn_span){&c, 1});
    }
    return true;
}
