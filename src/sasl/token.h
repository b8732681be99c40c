/* An OAuth 2 access token (RFC 6749): the one that was given, or the one that
 * a call-back gives, which is asked once more if the server refuses it. */
#ifndef PN_SASL_TOKEN_H
#define PN_SASL_TOKEN_H

#include "sasl/answer.h"

typedef struct pn_token {
    const char *given; /* borrowed; used if there is no function */
    pneu_token_function *function;
    void *context;
    pneu_answer value; /* the function's */
    bool is_refused;
    bool was_asked_again;
    bool is_stale; /* what was refused is all that there is */
} pn_token;

void pn_token_init(pn_token *token, const char *given,
                   pneu_token_function *function, void *context);
void pn_token_finish(pn_token *token);

/*
 * The token, valid until the next call; it is asked for if it is not known or
 * was refused. Errors: the call-back's; AUTH_FAILED if it gives none, or the
 * one that was refused (is_stale).
 */
pneu_status pn_token_get(pn_token *token, pn_span *out, pneu_error *error);

/* The server has refused it. True if a fresh one can be asked for. */
bool pn_token_refuse(pn_token *token);

#endif
