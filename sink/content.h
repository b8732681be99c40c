/*
 * Content as it comes over DATA: where it ends (RFC 5321 4.1.1.4), its dots
 * taken off (4.5.2), and its CRLF turned into LF. Only CRLF ends a line: a CR
 * or LF alone is noted, passed on, and never part of the end. Lenient content
 * takes an LF alone for a CRLF. What comes over BDAT has no dots and ends
 * where its octets end; with BODY=BINARYMIME nothing in it is changed.
 */
#ifndef PN_SINK_CONTENT_H
#define PN_SINK_CONTENT_H

#include "base/buffer.h"

typedef enum pn_sink_content_form {
    PN_SINK_CONTENT_DOTTED, /* of DATA */
    PN_SINK_CONTENT_PLAIN,  /* of BDAT */
    PN_SINK_CONTENT_BINARY
} pn_sink_content_form;

typedef enum pn_sink_content_state {
    PN_SINK_AT_LINE_START,
    PN_SINK_IN_LINE,
    PN_SINK_AFTER_CR,  /* in a line; the CR is not passed on yet */
    PN_SINK_AFTER_DOT, /* the first of a line, taken off */
    PN_SINK_AFTER_DOT_CR,
    PN_SINK_CONTENT_ENDED
} pn_sink_content_state;

typedef struct pn_sink_content {
    pn_sink_content_state state;
    pn_sink_content_form form;
    bool lenient;  /* an LF alone ends a line */
    bool bare;     /* a CR or LF alone was seen that ends no line */
    uint64_t size; /* octets so far, with CRLF, without stuffing */
} pn_sink_content;

void pn_sink_content_init(pn_sink_content *content, pn_sink_content_form form,
                          bool lenient);

/*
 * Takes octets up to the end of the content and returns how many; the state
 * says if the end was reached. What they mean is appended to out, unless it
 * is NULL. Errors in status: those of the buffer, with nothing taken.
 */
size_t pn_sink_content_feed(pn_sink_content *content, pn_span octets,
                            pn_buffer *out, pneu_status *status);

/* The octets that were fed are all: no LF follows a CR at their end. */
void pn_sink_content_end(pn_sink_content *content);

#endif
