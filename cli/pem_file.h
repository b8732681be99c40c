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

/* Is it a folder that can be read? path may be NULL. Returns an exit status. */
int pn_pem_folder_check(const char *option, const char *path,
                        pn_problem *problem);

#endif
