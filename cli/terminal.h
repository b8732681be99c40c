/* What depends on a person looking: colour, and the width of text. */
#ifndef PN_CLI_TERMINAL_H
#define PN_CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef enum pn_colour {
    PN_COLOUR_NONE,
    PN_COLOUR_FAINT,
    PN_COLOUR_RED,
    PN_COLOUR_GREEN,
    PN_COLOUR_YELLOW,
    PN_COLOUR_CYAN
} pn_colour;

/* True if out is a terminal that shows colour, and NO_COLOR is not set. */
bool pn_terminal_has_colour(FILE *out);

/* The sequences that begin and end a colour; "" if wanted is false. */
const char *pn_terminal_begin(pn_colour colour, bool wanted);
const char *pn_terminal_end(pn_colour colour, bool wanted);

/* The columns that text takes, each character counted as one. */
int pn_terminal_width(const char *text);

/*
 * Text from outside with everything escaped that a terminal would act on, LF
 * as line_end says. To be freed with pn_memory_free; NULL without memory.
 */
char *pn_terminal_escape(const char *text, const char *line_end);

#endif
