/* A run of octets that somebody else owns, and the ASCII rules for it. */
#ifndef PN_BASE_SPAN_H
#define PN_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct pn_span {
    const char *data;
    size_t length;
} pn_span;

/* Of a string literal. */
#define PN_SPAN(literal) ((pn_span){(literal), sizeof(literal) - 1})

/* Of a NUL-terminated string; NULL gives the empty span. */
static inline pn_span pn_span_of(const char *text)
{
    return (pn_span){text != NULL ? text : "", text != NULL ? strlen(text) : 0};
}

bool pn_span_equal(pn_span a, pn_span b);

/* Equal, ASCII letters of either case being the same. */
bool pn_span_equal_nocase(pn_span a, pn_span b);

bool pn_span_starts_nocase(pn_span text, pn_span start);

/* Does a CR, LF or NUL stand in it, which would end a line of SMTP? */
bool pn_span_breaks_line(pn_span text);

/* Without blanks and tabs at both ends. */
pn_span pn_span_trim(pn_span text);

/*
 * Cuts the next word (up to a blank or a tab) off rest; false if there is
 * none left.
 */
bool pn_span_next_word(pn_span *rest, pn_span *word);

/* A decimal number without sign; false if it is none or does not fit. */
bool pn_span_number(pn_span text, uint64_t *number);

static inline char pn_ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static inline bool pn_ascii_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool pn_ascii_is_alnum(char c)
{
    char lower = pn_ascii_lower(c);
    return pn_ascii_is_digit(c) || (lower >= 'a' && lower <= 'z');
}

/* 32 to 126 */
static inline bool pn_ascii_is_printable(char c)
{
    return c >= 32 && c <= 126;
}

#endif
