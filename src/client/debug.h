/* The dialogue on standard error, in the form that Python's smtplib gives it:
 * send: '…', reply: '…', data: (354, '…'). Secrets are blanked. */
#ifndef PN_CLIENT_DEBUG_H
#define PN_CLIENT_DEBUG_H

#include "base/buffer.h"
#include "pneu/session.h"

typedef struct pn_debug {
    int level;      /* 0: silent, 1: the dialogue, 2: with the time */
    pn_buffer text; /* of the line under way */
    bool in_body;   /* a message is being shown */
    bool in_line;   /* a command is being shown */
    bool has_secret;
} pn_debug;

void pn_debug_init(pn_debug *debug);
void pn_debug_finish(pn_debug *debug);

/* The connection is gone, be it in the midst of a line. */
void pn_debug_end(pn_debug *debug);

/* So many octets of the pieces were written. */
void pn_debug_sent(pn_debug *debug, const pneu_piece *pieces, size_t count,
                   size_t written);

void pn_debug_reply(pn_debug *debug, const pneu_event *event);

/* The connection is about to be made. */
void pn_debug_connect(pn_debug *debug, const char *host, unsigned port);

#endif
