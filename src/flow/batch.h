/*
 * The recipients of one transaction: how many a server takes in one, which
 * come next, and the commands for them.
 */
#ifndef PN_FLOW_BATCH_H
#define PN_FLOW_BATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "pneu/delivery.h"

enum {
    PN_BATCH_USUAL = 100, /* RFC 5321 4.5.3.1.8 */
    PN_BATCH_MOST = 1000  /* whatever RCPTMAX allows */
};

/* How many recipients go into one transaction; session NULL: at the most. */
size_t pn_batch_room(const pneu_session *session, bool undivided);

typedef struct pn_batch {
    size_t *recipients; /* in the order of their RCPTs */
    size_t capacity;
    size_t count;
    size_t passed;     /* RCPTs accepted */
    bool by_bdat;      /* and not by DATA */
    bool is_pipelined; /* its commands went out as a group */
    bool is_first;     /* of its connection */
    bool is_ending;    /* only RSET is left of it */
    bool was_answered; /* by any reply */
    bool message_was_issued;
    bool data_was_sent;   /* DATA, or BDAT, has left */
    bool is_spoiled;      /* MAIL, or the RSET before it, was refused, or a 421
                             came before the end */
    bool is_unsure;       /* a 2xx may answer something else */
    pneu_renewal renewal; /* how those who wait again go on */
} pn_batch;

/* Fills the batch with the next who wait, and issues all for them; if all must
 * be accepted, without the message. Errors: those of the issuing calls. */
pneu_status pn_batch_issue(pneu_delivery *delivery, pneu_session *session);

/* DATA or BDAT, and the message. */
pneu_status pn_batch_issue_message(pneu_delivery *delivery,
                                   pneu_session *session);

#endif
