/* A run of octets that somebody else owns, and the ASCII rules for it. */
#ifndef PN_BASE_SPAN_H
#define PN_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct pn_span {
    const char *data;
    size_t length;
} pn_span;

/* Of a string literal. */
#define PN_SPAN(literal) ((pn_span){(literal), sizeof(literal) - 1})

/* Of a NUL-terminated string; NULL gives the empty span. */
pn_span pn_span_of(const char *text);

bool pn_span_equal(pn_span a, pn_span b);

/* Equal, ASCII letters of either case being the same. */
bool pn_span_equal_nocase(pn_span a, pn_span b);

bool pn_span_starts_nocase(pn_span text, pn_span start);

/* Without blanks and tabs at both ends. */
pn_span pn_span_trim(pn_span text);

/*
 * Cuts the next word (up to a blank or a tab) off rest; false if there is
 * none left.
 */
bool pn_span_next_word(pn_span *rest, pn_span *word);

/* A decimal number without sign; false if it is none or does not fit. */
bool pn_span_number(pn_span text, uint64_t *number);

char pn_ascii_lower(char c);
bool pn_ascii_is_digit(char c);
bool pn_ascii_is_alnum(char c);
/* 32 to 126 */
bool pn_ascii_is_printable(char c);

#endif
