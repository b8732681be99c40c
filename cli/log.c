#include "cli/log.h"

#include <stdio.h>
#include <string.h>

#include "cli/signals.h"
#include "cli/terminal.h"

void pn_log_init(pn_log *log, bool shown)
{
    *log = (pn_log){.shown = shown,
                    .colour = shown && pn_terminal_has_colour(stderr)};
}

static pn_colour reply_colour(const char *line)
{
    if (line[0] == '4')
        return PN_COLOUR_YELLOW;
    return line[0] == '5' ? PN_COLOUR_RED : PN_COLOUR_GREEN;
}

/* No content leaves before the answer to DATA, or before BDAT. */
static void note_delivering(pneu_log_kind kind, const char *line)
{
    if ((kind == PNEU_LOG_RECEIVED && strncmp(line, "354", 3) == 0) ||
        (kind == PNEU_LOG_SENT && strncmp(line, "BDAT ", 5) == 0))
        pn_signals_set_delivering(true);
}

void pn_log_line(void *context, pneu_log_kind kind, const char *line)
{
    static const char *const MARKS[] = {[PNEU_LOG_NOTE] = "**",
                                        [PNEU_LOG_SENT] = "->",
                                        [PNEU_LOG_RECEIVED] = "<-",
                                        [PNEU_LOG_BODY] = "=>"};
    const pn_log *log = context;
    pn_colour colour = PN_COLOUR_FAINT;
    note_delivering(kind, line);
    if (!log->shown)
        return;
    if (kind == PNEU_LOG_RECEIVED)
        colour = reply_colour(line);
    else if (kind == PNEU_LOG_SENT)
        colour = PN_COLOUR_CYAN;
    fprintf(stderr, "%s%s %s%s\n", pn_terminal_begin(colour, log->colour),
            MARKS[kind], line, pn_terminal_end(colour, log->colour));
}
