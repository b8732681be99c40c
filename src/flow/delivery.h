/*
 * The inside of a delivery. A recipient waits for a transaction, is in the
 * one that is under way, or has its outcome; a transaction that ends gives
 * every one of its recipients the outcome, or lets it wait again: after "too
 * many recipients", or for another connection.
 *
 * delivery.c      its life
 * batch.c         the next transaction
 * delivery_events.c   what an event means for the transaction under way
 * delivery_fates.c    outcomes, and their words
 */
#ifndef PN_FLOW_DELIVERY_H
#define PN_FLOW_DELIVERY_H

#include "base/buffer.h"
#include "flow/batch.h"
#include "flow/preflight.h"
#include "pneu/delivery.h"

typedef enum pn_place {
    PN_PLACE_WAITING, /* for a transaction */
    PN_PLACE_ISSUED,  /* RCPT was issued */
    PN_PLACE_PASSED,  /* RCPT was accepted */
    PN_PLACE_SETTLED  /* it has its outcome */
} pn_place;

typedef struct pn_fate {
    pn_place place;
    bool may_have; /* if the server takes the transaction under way: its RCPT
                      was accepted, or its refusal is not surely counted */
    size_t text;   /* where its words begin in texts */
    pneu_outcome outcome;
} pn_fate;

struct pneu_delivery {
    pn_letter letter;
    uintptr_t tag;
    pneu_mail_parameters mail; /* what MAIL states to this server */
    pn_fate *fates;
    size_t fates_capacity;
    size_t settled;
    size_t first_waiting; /* none waits before it */
    pn_batch batch;
    bool under_way; /* the batch's last event is still to come */
    pneu_renewal renewal;
    unsigned renewed; /* the reasons that were used up: bits */
    pn_buffer texts;  /* NUL-terminated, one after the other */
    size_t last_text; /* the newest of them */
    bool no_memory;
};

/* Makes it new, for another message, and keeps its memory: nothing is left of
 * what it was. Errors: as pneu_delivery_new(); it may be made new after. */
pneu_status pn_delivery_again(pneu_delivery *delivery,
                              const pneu_envelope *envelope,
                              const pneu_message *message, pneu_error *error);

/* An outcome for recipient i; it replaces one that it had. */
void pn_fate_settle_by_reply(pneu_delivery *delivery, size_t i,
                             pneu_outcome_kind kind, const pneu_event *event);

/* The same for one more by the reply of the one before. */
void pn_fate_settle_alike(pneu_delivery *delivery, size_t i, size_t before);

/* What ended it all is told, rather than the command that it befell. */
void pn_fate_settle_by_error(pneu_delivery *delivery, size_t i,
                             pneu_outcome_kind kind, pneu_command command,
                             const pneu_error *why);

/* Recipient i waits for another transaction. */
void pn_fate_wait(pneu_delivery *delivery, size_t i);

/* Who has no outcome is not tried, and why says the reason; or in doubt, if
 * the message may be on its way. */
void pn_fates_give_up(pneu_delivery *delivery, const pneu_error *why);

/* May the delivery still be renewed for this reason? Once for each; not at all
 * if what the server says is to be the answer. */
bool pn_delivery_may_renew(const pneu_delivery *delivery, pneu_renewal reason);

/* Takes an event. True if it was the last one of the batch; the batch says how
 * those who wait go on. Errors, in status: those of the issuing calls. */
bool pn_delivery_take(pneu_delivery *delivery, pneu_session *session,
                      const pneu_event *event, pneu_status *status);

#endif
