/* Who to log in as, how, and with which secret. */
#ifndef PN_CLI_ACCOUNT_H
#define PN_CLI_ACCOUNT_H

#include <stdbool.h>

#include <pneu/mechanism.h>

#include "cli/list.h"
#include "cli/problem.h"
#include "cli/secret_source.h"

/* Zeroed at first. */
typedef struct pn_account {
    const char *user;
    const char *authorization; /* to act as */
    pn_secret_source password;
    pn_secret_source token;
    pn_list mechanisms; /* a name each, the first choice first */
    int policy;         /* a pneu_auth_policy */
    bool no_initial_response;
    bool allow_cleartext;

    const char *command; /* from here on ours: "pneu send" */
    char *mechanism_line;
    char *fetched;       /* the password, or the first token; wiped */
    pn_problem no_token; /* why a later one could not be had */
} pn_account;

/* True if AUTH is wanted at all. */
bool pn_account_are_given(const pn_account *account);

/* True if nothing but ANONYMOUS is to be tried. */
bool pn_account_is_anonymous(const pn_account *account);

/* What can be wrong before anything is read. Returns an exit status. */
int pn_account_check(pn_account *account, pn_problem *problem);

/*
 * Fetches the password, asking for it on a terminal if no source is given, or
 * the first token; command ("pneu send") begins warnings. Returns an exit
 * status.
 */
int pn_account_fetch(pn_account *account, const char *command,
                     pn_problem *problem);

/* A pneu_token_function; context is the pn_account. What was refused is
 * fetched anew. */
pneu_status pn_account_token(void *context, bool was_refused,
                             pneu_answer *token);

void pn_account_finish(pn_account *account);

#endif
