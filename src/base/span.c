#include "base/span.h"

#include <string.h>

bool pn_span_equal(pn_span a, pn_span b)
{
    return a.length == b.length &&
           (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

bool pn_span_starts_nocase(pn_span text, pn_span start)
{
    if (text.length < start.length)
        return false;
    for (size_t i = 0; i < start.length; i++) {
        if (pn_ascii_lower(text.data[i]) != pn_ascii_lower(start.data[i]))
            return false;
    }
    return true;
}

bool pn_span_equal_nocase(pn_span a, pn_span b)
{
    return a.length == b.length && pn_span_starts_nocase(a, b);
}

bool pn_span_breaks_line(pn_span text)
{
    bool breaks = false;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        breaks |= c == '\r' || c == '\n' || c == '\0';
    }
    return breaks;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

pn_span pn_span_trim(pn_span text)
{
    while (text.length > 0 && is_blank(text.data[0])) {
        text.data++;
        text.length--;
    }
    while (text.length > 0 && is_blank(text.data[text.length - 1]))
        text.length--;
    return text;
}

bool pn_span_next_word(pn_span *rest, pn_span *word)
{
    *rest = pn_span_trim(*rest);
    if (rest->length == 0)
        return false;
    size_t end = 0;
    while (end < rest->length && !is_blank(rest->data[end]))
        end++;
    *word = (pn_span){rest->data, end};
    rest->data += end;
    rest->length -= end;
    return true;
}

bool pn_span_number(pn_span text, uint64_t *number)
{
    uint64_t value = 0;
    if (text.length == 0)
        return false;
    for (size_t i = 0; i < text.length; i++) {
        if (!pn_ascii_is_digit(text.data[i]))
            return false;
        unsigned digit = (unsigned)(text.data[i] - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *number = value;
    return true;
}
