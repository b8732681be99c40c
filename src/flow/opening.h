/* The inside of an opening, shared by opening.c and login.c. */
#ifndef PN_FLOW_OPENING_H
#define PN_FLOW_OPENING_H

#include "base/buffer.h"
#include "pneu/opening.h"
#include "sasl/exchange.h"

struct pneu_opening {
    char *local_name;
    char *host;
    char *user;
    char *password;
    char *only; /* mechanism */
    pneu_opening_tls tls;
    bool allow_cleartext_auth;

    bool done;
    bool helo; /* EHLO was not understood */
    pneu_error error;

    pneu_binding binding_kind;
    pn_buffer binding;

    int mechanism; /* its index, -1: none yet */
    unsigned tried;
    pn_exchange *exchange;
    bool wants_step;
    bool cancelled; /* "*" was sent: an answer still comes */
    unsigned challenges;
    pn_buffer challenge; /* decoded */
    pn_buffer held_back; /* an initial response too long for AUTH's line */
    bool has_held_back;
};

/* Ends the opening with what error says, or with success. */
void pn_opening_finish(pneu_opening *opening, const pneu_error *error);

/* Errors: INVALID for a mechanism that pneu does not know; NULL is fine. */
pneu_status pn_opening_check_mechanism(const char *name, pneu_error *error);

/* Begins AUTH, or ends the opening because it cannot. */
void pn_login_begin(pneu_opening *opening, pneu_session *session);

/* Takes the answer to AUTH, or to a response. True if the opening may go on
 * to what is next. */
bool pn_login_event(pneu_opening *opening, pneu_session *session,
                    const pneu_event *event);

/* Forgets an exchange that is under way. */
void pn_login_end_exchange(pneu_opening *opening);

#endif
