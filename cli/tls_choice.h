/* How TLS is to be done: the options, and what the library is told. */
#ifndef PN_CLI_TLS_CHOICE_H
#define PN_CLI_TLS_CHOICE_H

#include <pneu/tls.h>

#include "cli/list.h"
#include "cli/problem.h"
#include "cli/secret_source.h"

/* Zeroed at first. */
typedef struct pn_tls_choice {
    int mode; /* a pneu_tls_mode */
    const char *ca_file;
    const char *ca_folder;
    const char *certificate;
    const char *key;
    pn_secret_source key_password;
    const char *name;
    const char *sni;
    pn_list pins;
    int minimum; /* a pneu_tls_version */
    const char *ciphers;
    const char *ciphersuites;

    char *fetched; /* the key's password; ours, wiped */
} pn_tls_choice;

/* Do the options fit together? Returns an exit status. */
int pn_tls_choice_check(const pn_tls_choice *choice, pn_problem *problem);

/* Looks into the files, and fetches the key's password. Returns an exit
 * status. */
int pn_tls_choice_fetch(pn_tls_choice *choice, const char *command,
                        pn_problem *problem);

/* For the client; what it points to is the choice's. */
pneu_tls_options pn_tls_choice_options(const pn_tls_choice *choice);

void pn_tls_choice_finish(pn_tls_choice *choice);

#endif
