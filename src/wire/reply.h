/*
 * The reply parser (RFC 5321 4.2): octets in at any split, one whole reply
 * out. A reply is refused as a whole if any of its lines is wrong; nothing of
 * a refused or unfinished reply is ever shown as a reply.
 *
 * Lines end in LF, with or without CR before it; a CR elsewhere is text.
 *
 * A tolerant parser is for a program that judges for itself, as smtplib's
 * getreply() lets it: whatever a server sends is a reply, within the limits.
 * A line that does not begin with three digits ends its reply, with the code
 * -1; lines whose codes differ make the reply's code -1; and what stands
 * before and behind the text of a line is cut off.
 */
#ifndef PN_WIRE_REPLY_H
#define PN_WIRE_REPLY_H

#include "base/buffer.h"
#include "pneu/reply.h"

typedef struct pn_reply_parser {
    pn_buffer text;     /* finished lines, joined with LF, then this line */
    size_t line_start;  /* where this line's octets begin in text */
    size_t octets;      /* of the reply so far, line ends included */
    size_t line_octets; /* of this line so far */
    bool done;
    bool tolerant; /* set after _init(), and before the first octet */
    pneu_reply reply;
} pn_reply_parser;

void pn_reply_parser_init(pn_reply_parser *parser);
void pn_reply_parser_finish(pn_reply_parser *parser);

/* Forgets all that it has read, and keeps its memory. */
void pn_reply_parser_clear(pn_reply_parser *parser);

/*
 * Takes octets up to the end of one reply, and says in used how many it took.
 * When parser->done is set, parser->reply is whole, and stays until the next
 * feed, which begins a new one. A tolerant parser gives codes from 000 to 999
 * and -1, and text that may hold NULs. Errors: PROTOCOL, with the reason in
 * error, and the octets of the line at the end of text; NO_MEMORY. After an
 * error the parser must be finished or cleared.
 */
pneu_status pn_reply_parser_feed(pn_reply_parser *parser, pn_span octets,
                                 size_t *used, pneu_error *error);

/* True if a reply has begun and is not whole. */
bool pn_reply_parser_is_midway(const pn_reply_parser *parser);

/* Reads an enhanced code (RFC 3463 2) off the start of text; false, and
 * nothing set, if there is no well-formed one. */
bool pn_enhanced_code_parse(pn_span text, pneu_enhanced_code *code);

#endif
