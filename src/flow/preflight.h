/*
 * A letter: an envelope and a message as the caller gave them, looked at once,
 * and all that can be wrong with them, alone and for one server. The delivery
 * asks the same questions as pneu_preflight().
 */
#ifndef PN_FLOW_PREFLIGHT_H
#define PN_FLOW_PREFLIGHT_H

#include "flow/addresses.h"
#include "flow/message.h"
#include "pneu/delivery.h"
#include "wire/problems.h"

typedef struct pn_letter {
    pneu_envelope envelope;    /* what it points to is the caller's */
    pneu_mail_parameters mail; /* as the caller stated them */
    pn_span message;
    pn_message_facts facts;
    pn_wire_addresses addresses;
} pn_letter;

/* Looks at everything, and tells what is wrong with the addresses and the
 * message. False if there was nothing to look at, and that was told. */
bool pn_letter_read(pn_letter *letter, const pneu_envelope *envelope,
                    const pneu_message *message, pn_problems *problems);
void pn_letter_finish(pn_letter *letter);

/* Tells what is wrong with the parameters, and what this server does not offer
 * or is too small for; session may be NULL: not asked yet. */
void pn_letter_check(const pn_letter *letter, const pneu_session *session,
                     pn_problems *problems);

bool pn_letter_is_binary(const pn_letter *letter);

/* What MAIL states: the caller's parameters, and what must be said besides. */
pneu_mail_parameters pn_letter_mail(const pn_letter *letter,
                                    const pneu_session *session);

/* What the RCPT of recipient i states. */
const pneu_rcpt_parameters *pn_letter_rcpt(const pn_letter *letter, size_t i);

#endif
