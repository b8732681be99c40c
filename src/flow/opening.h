/* The inside of an opening, shared by opening.c, login.c (which mechanism,
 * and what a refusal means) and login_exchange.c (challenges and answers). */
#ifndef PN_FLOW_OPENING_H
#define PN_FLOW_OPENING_H

#include "base/buffer.h"
#include "pneu/opening.h"
#include "sasl/exchange.h"

struct pneu_opening {
    char *local_name;
    char *host;
    uint16_t port;
    char *user;
    char *password;
    char *authorization;
    char *mechanisms;
    pneu_opening_tls tls;
    pneu_auth_policy policy;
    bool allow_cleartext_auth;
    bool no_initial_response;
    bool has_own;
    pneu_mechanism own; /* the program's */
    pn_mechanism own_row;

    bool done;
    bool helo; /* EHLO was not understood */
    pneu_error error;

    pneu_binding binding_kind;
    pn_buffer binding;

    pn_token token;
    const pn_mechanism *mechanism; /* NULL: none yet */
    unsigned tried;
    pneu_error refusal; /* why the one before was left; status OK: none was */
    pn_exchange *exchange;
    bool wants_step;
    bool is_begun;  /* AUTH has been issued */
    bool cancelled; /* "*" was sent: an answer still comes */
    unsigned challenges;
    pn_buffer challenge; /* decoded */
    pneu_answer answer;  /* what is said next, or kept for the first 334 */
    bool has_held_back;
};

/* Ends the opening with what error says, or with success. */
void pn_opening_finish(pneu_opening *opening, const pneu_error *error);

/* What there is for mechanisms to use: a set of PN_HAS_…. */
unsigned pn_login_has(const char *user, const char *password,
                      const char *authorization, bool by_token);

/* Does the server offer a mechanism that can be used here? */
bool pn_login_is_possible(const pneu_opening *opening,
                          const pneu_session *session);

/* Begins AUTH, or ends the opening because it cannot. */
void pn_login_begin(pneu_opening *opening, pneu_session *session);

/* Takes the answer to AUTH, or to a response. True if the opening may go on
 * to what is next. */
bool pn_login_event(pneu_opening *opening, pneu_session *session,
                    const pneu_event *event);

/* Ends the opening with an error of AUTH. */
void pn_login_fail(pneu_opening *opening, pneu_error *error);

/* A mechanism cannot be used on this side, and nothing was said of it yet: the
 * next one, or the end. */
void pn_login_leave(pneu_opening *opening, pneu_session *session,
                    pneu_error *why);

/* Begins the exchange of opening->mechanism; NOT_OFFERED if this machine has
 * not got it. */
pneu_status pn_login_start_exchange(pneu_opening *opening,
                                    pneu_session *session, pneu_error *error);

/* The server's 334. */
void pn_login_take_challenge(pneu_opening *opening, pneu_session *session,
                             const pneu_reply *reply);

/* Forgets an exchange that is under way. */
void pn_login_end_exchange(pneu_opening *opening);

#endif
