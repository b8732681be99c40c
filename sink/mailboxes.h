/* The mailboxes that VRFY knows (RFC 5321 3.5). */
#ifndef PN_SINK_MAILBOXES_H
#define PN_SINK_MAILBOXES_H

#include "base/span.h"
#include "pneu/status.h"

typedef struct pn_sink_mailbox {
    pn_span name;    /* "Doug Hellmann"; may be empty */
    pn_span address; /* "dhellmann@mail.example.com" */
} pn_sink_mailbox;

typedef struct pn_sink_mailboxes {
    pn_sink_mailbox *list;
    size_t count;
} pn_sink_mailboxes;

void pn_sink_mailboxes_finish(pn_sink_mailboxes *mailboxes);

/* Adds "Name <address>" or "address"; text is borrowed. Errors: BAD_ADDRESS,
 * INVALID, NO_MEMORY. */
pneu_status pn_sink_mailboxes_add(pn_sink_mailboxes *mailboxes,
                                  const char *text, pneu_error *error);

/* The mailbox that VRFY means by an address or a local part alone, in any
 * case, with or without <>; how many there are in matches. */
const pn_sink_mailbox *
pn_sink_mailboxes_find(const pn_sink_mailboxes *mailboxes, pn_span wanted,
                       size_t *matches);

#endif
