/*
 * The command writer: the one place where a command line is built, and so
 * the one place where CR, LF and NUL are stopped (RFC 5321 2.3.8), for every
 * verb and every argument.
 */
#ifndef PN_WIRE_LINE_H
#define PN_WIRE_LINE_H

#include "base/buffer.h"

/* A line under way at the end of a buffer. */
typedef struct pn_line {
    pn_buffer *buffer;
    size_t start; /* the buffer's length before it */
    pneu_status status;
    pneu_error *error; /* where a failure is told */
} pn_line;

pn_line pn_line_begin(pn_buffer *buffer, pneu_error *error);

/* Adds a piece as it is. After a failure all further calls do nothing. */
void pn_line_add(pn_line *line, pn_span piece);
void pn_line_add_text(pn_line *line, const char *piece);

/* Adds a piece that is known to hold no CR, LF or NUL: a constant, or what was
 * looked at before. */
void pn_line_add_known(pn_line *line, pn_span piece);

/* Adds a number in decimal digits. */
void pn_line_add_number(pn_line *line, uint64_t number);

/* Adds the base64 form of octets, "=" for none (RFC 4954 4). */
void pn_line_add_base64(pn_line *line, pn_span octets);

/*
 * Ends the line with CRLF and says how long it is. On a failure the buffer
 * is as it was before. Errors: LINE_BREAK, TOO_LARGE, NO_MEMORY.
 */
pneu_status pn_line_end(pn_line *line, size_t *length);

/* Gives the line up: the buffer is as it was before. */
void pn_line_drop(pn_line *line);

#endif
