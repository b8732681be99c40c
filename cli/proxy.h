/* --proxy: a URL, which may hold a password and is therefore never shown. */
#ifndef PN_CLI_PROXY_H
#define PN_CLI_PROXY_H

#include "cli/problem.h"

/* Sets *url from the environment variable if one is named, and checks what
 * can be checked of it; *url NULL: there is no proxy. Returns an exit status.
 */
int pn_proxy_find(const char **url, const char *variable, pn_problem *problem);

#endif
