/* PEM files that are named on the command line, looked into before any
 * connection is made, so that a mistake in a path is found in time. */
#ifndef PN_CLI_PEM_FILE_H
#define PN_CLI_PEM_FILE_H

#include "cli/problem.h"

typedef enum pn_pem_kind {
    PN_PEM_CERTIFICATE,
    PN_PEM_KEY /* private, be it encrypted or not */
} pn_pem_kind;

/* Is there a file with something of the kind? option names the option. What is
 * no plain file is not looked into: it could be read only once. path may be
 * NULL. Returns an exit status. */
int pn_pem_file_check(const char *option, const char *path, pn_pem_kind kind,
                      pn_problem *problem);

/* The files of a client certificate, looked into by _check(). */
typedef struct pn_pem_pair {
    const char *certificate;
    const char *key;
    const char *key_option; /* that named it: "--key" or "--cert" */
    const char *password;   /* of the key; NULL: none was given */
} pn_pem_pair;

/* Can the key be read, and does it belong to the certificate? Returns an exit
 * status. */
int pn_pem_pair_check(const pn_pem_pair *pair, pn_problem *problem);

/* Is it a folder that can be read? path may be NULL. Returns an exit status. */
int pn_pem_folder_check(const char *option, const char *path,
                        pn_problem *problem);

#endif
