/* The dialogue with the server, as -v shows it on standard error. */
#ifndef PN_CLI_LOG_H
#define PN_CLI_LOG_H

#include <stdbool.h>

#include <pneu/client.h>

typedef struct pn_log {
    bool shown;
    bool colour;
} pn_log;

void pn_log_init(pn_log *log, bool shown);

/* A pneu_log_function; context is a pn_log. It also keeps account of whether
 * a message is on its way, for pn_signals_set_delivering(). */
void pn_log_line(void *context, pneu_log_kind kind, const char *line);

#endif
