/*
 * Content on its way out over DATA, as a list of pieces: CRLF, LF and CR
 * each become CRLF (RFC 5321 2.3.8), a line that begins with a dot gets one
 * more (4.5.2), and the end is CRLF "." CRLF (4.1.1.4). What needs no change
 * is never copied: the pieces point into the content.
 */
#ifndef PN_WIRE_STUFFING_H
#define PN_WIRE_STUFFING_H

#include "base/span.h"

typedef struct pn_stuffing {
    pn_span rest; /* of the part given last, not yet handed out */
    bool part_is_last;
    bool at_line_start; /* the last octet handed out ended a line */
    bool after_cr;      /* it was a CR, now turned into CRLF: skip an LF */
    bool ended;         /* the final dot was handed out */
} pn_stuffing;

void pn_stuffing_init(pn_stuffing *stuffing);

/* The next part of the content; the one before must be handed out whole. */
void pn_stuffing_give(pn_stuffing *stuffing, pn_span part, bool last);

/* True if there is a next piece. */
bool pn_stuffing_next(pn_stuffing *stuffing, pn_span *piece);

/* The octets of the first line of content (which is not empty), without its
 * line end; with_end: together with it. */
size_t pn_stuffing_line(pn_span content, size_t *with_end);

#endif
