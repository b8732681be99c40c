/* A host as people write it: "mail.example.com", "host:25", "[::1]:25", or the
 * path of a Unix socket. */
#ifndef PN_CLI_HOST_H
#define PN_CLI_HOST_H

#include <stdint.h>

#include "cli/problem.h"

/*
 * Splits value, which is not empty, into the bare host (to be freed with
 * pn_memory_free) and the port; port, and what port_option names, must be 0
 * or not be in value as well. Returns an exit status.
 */
int pn_host_split(const char *option, const char *value,
                  const char *port_option, char **bare, uint16_t *port,
                  pn_problem *problem);

#endif
