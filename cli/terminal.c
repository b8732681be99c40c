#include "cli/terminal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "pneu/reply.h"

bool pn_terminal_has_colour(FILE *out)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *kind = getenv("TERM");
    return (no_colour == NULL || no_colour[0] == '\0') && kind != NULL &&
           strcmp(kind, "dumb") != 0 && isatty(fileno(out)) == 1;
}

const char *pn_terminal_begin(pn_colour colour, bool wanted)
{
    static const char *const SEQUENCES[] = {
        [PN_COLOUR_NONE] = "",           [PN_COLOUR_FAINT] = "\x1b[2m",
        [PN_COLOUR_RED] = "\x1b[31m",    [PN_COLOUR_GREEN] = "\x1b[32m",
        [PN_COLOUR_YELLOW] = "\x1b[33m", [PN_COLOUR_CYAN] = "\x1b[36m",
    };
    return wanted ? SEQUENCES[colour] : "";
}

const char *pn_terminal_end(pn_colour colour, bool wanted)
{
    return wanted && colour != PN_COLOUR_NONE ? "\x1b[0m" : "";
}

int pn_terminal_width(const char *text)
{
    int width = 0;
    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

char *pn_terminal_escape(const char *text, const char *line_end)
{
    size_t length = strlen(text);
    size_t each = strlen(line_end) > 4 ? strlen(line_end) : 4;
    if (length > (SIZE_MAX - 1) / each)
        return NULL;
    char *out = pn_memory_new(length * each + 1, 1);
    if (out != NULL)
        pneu_reply_escape(text, length, line_end, out, length * each + 1);
    return out;
}
