/*
 * Content on its way out, as a list of pieces. Over DATA: CRLF, LF and CR
 * each become CRLF (RFC 5321 2.3.8), a line that begins with a dot gets one
 * more (4.5.2), and the end is CRLF "." CRLF (4.1.1.4). Over BDAT (RFC 3030):
 * the same without any dots, or every octet as it is. What needs no change
 * is never copied: the pieces point into the content.
 */
#ifndef PN_WIRE_STUFFING_H
#define PN_WIRE_STUFFING_H

#include "base/span.h"
#include "wire/scan.h"

typedef enum pn_stuffing_mode {
    PN_STUFFING_DOTS,   /* DATA */
    PN_STUFFING_LINES,  /* BDAT, text */
    PN_STUFFING_NOTHING /* BDAT, BODY=BINARYMIME: it goes untouched */
} pn_stuffing_mode;

typedef struct pn_stuffing {
    pn_stuffing_mode mode;
    pn_span rest;     /* of the part given last, not yet handed out */
    pn_places places; /* in rest */
    bool part_is_last;
    bool part_is_clean; /* nothing of it is to be changed */
    bool at_line_start; /* the last octet handed out ended a line */
    bool after_cr;      /* it was a CR at the end of a part, now turned into
                           CRLF: skip an LF */
    bool is_dot;        /* the last piece is a dot that is no part of the
                           message: a stuffed one, or the final one's line */
    bool ended;         /* there is no further piece */
} pn_stuffing;

void pn_stuffing_init(pn_stuffing *stuffing, pn_stuffing_mode mode);

/* The next part of the content; the one before must be handed out whole. */
void pn_stuffing_give(pn_stuffing *stuffing, pn_span part, bool last);

/*
 * The same for a part that is known to need no change, so that it is one piece
 * and not looked at: every line end is CRLF, and where it goes over DATA no
 * line begins with a dot (pn_scan_facts: is_crlf, has_dots).
 */
void pn_stuffing_give_clean(pn_stuffing *stuffing, pn_span part, bool last);

/* True if there is a next piece. */
bool pn_stuffing_next(pn_stuffing *stuffing, pn_span *piece);

/* How many octets a whole content has as it goes out; dots do not count. */
uint64_t pn_stuffing_count(pn_span content, pn_stuffing_mode mode);

#endif
