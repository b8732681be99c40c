/* The log: the dialogue of each connection, and notes, each line escaped. */
#ifndef PN_SINK_LOG_H
#define PN_SINK_LOG_H

#include "sink/options.h"
#include "sink/outlet.h"

typedef struct pn_sink_log {
    pn_sink_outlet outlet;
    int file; /* of our own; -1: standard error */
    pn_sink_log_level level;
} pn_sink_log;

/* Errors: SYSTEM if the file cannot be opened. */
pneu_status pn_sink_log_open(pn_sink_log *log, const pn_sink_options *options,
                             pneu_error *error);
void pn_sink_log_close(pn_sink_log *log);

/* A line of the dialogue; who is 'C' or 'S'. */
void pn_sink_log_line(pn_sink_log *log, uint64_t connection, char who,
                      pn_span line);

/* What happened to a connection, shown with the dialogue. */
__attribute__((format(printf, 3, 4))) void pn_sink_log_note(pn_sink_log *log,
                                                            uint64_t connection,
                                                            const char *format,
                                                            ...);

/* What is shown without the dialogue too. */
__attribute__((format(printf, 2, 3))) void
pn_sink_log_message(pn_sink_log *log, const char *format, ...);

#endif
