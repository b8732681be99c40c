/* Who to log in as, and where the password comes from. No option takes a
 * password itself: every user of a machine can read its command lines. */
#ifndef PN_CLI_CREDENTIALS_H
#define PN_CLI_CREDENTIALS_H

#include "cli/problem.h"

typedef struct pn_credentials {
    const char *user;             /* NULL: no AUTH */
    const char *password_env;     /* name of a variable */
    const char *password_file;    /* path of a file */
    const char *password_command; /* line for the shell */
} pn_credentials;

/* What can be wrong before anything is read. Returns an exit status. */
int pn_credentials_check(const pn_credentials *credentials,
                         pn_problem *problem);

/*
 * Fetches the password, asking for it on a terminal if no source is given;
 * NULL if there is no user. To be freed with pn_secret_free_text(). command
 * ("pneu send") begins the warning about a file that others can read.
 * Returns an exit status.
 */
int pn_credentials_password(const pn_credentials *credentials,
                            const char *command, char **password,
                            pn_problem *problem);

#endif
