/* The file of --ca-file, looked into before anybody is talked to. */
#ifndef PN_CLI_CA_FILE_H
#define PN_CLI_CA_FILE_H

#include "cli/problem.h"

/* Can path be read, and does it hold a certificate? NULL is fine, and what
 * can be read only once is not read. Returns an exit status. */
int pn_ca_file_check(const char *path, pn_problem *problem);

#endif
