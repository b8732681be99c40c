/* What AUTH is to be done with: as whom, by what, and in which order. */
#ifndef PN_CLIENT_CREDENTIALS_H
#define PN_CLIENT_CREDENTIALS_H

#include "pneu/client.h"

typedef struct pn_credentials {
    char *user;
    char *password;
    char *authorization;
    char *mechanisms;
    pneu_auth_policy policy;
    bool no_initial_response;
    pneu_token_function *token;
    void *token_context;
    const pneu_mechanism *own; /* borrowed */
} pn_credentials;

/* Copies those of the options, user and password in their place if they are
 * given. False if there is no memory; what was copied is then freed. */
bool pn_credentials_copy(pn_credentials *to, const pneu_client_options *from);

/* As those of from, but for the user and the password. */
bool pn_credentials_copy_as(pn_credentials *to, const pn_credentials *from,
                            const char *user, const char *password);

/* Wipes and frees, and leaves none. */
void pn_credentials_finish(pn_credentials *credentials);

/* Is AUTH wanted at all? */
bool pn_credentials_are_given(const pn_credentials *credentials);

#endif
