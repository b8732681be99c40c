/* The shared options of pn_connection on the command line: their tables, and
 * the taking of one. */
#ifndef PN_CLI_CONNECTION_OPTIONS_H
#define PN_CLI_CONNECTION_OPTIONS_H

#include "cli/connection.h"
#include "cli/options.h"

enum {
    PN_OPTION_SHARED = 256,
    PN_OPTION_OWN = 512 /* a sub-command's own begin here */
};

/* The tables, for pn_usage. */
extern const pn_option PN_CONNECTION_OPTIONS[];
extern const pn_option PN_OUTPUT_OPTIONS[];

/* Takes one of the shared options. Returns an exit status. */
int pn_connection_take(pn_connection *connection, int id, const char *value,
                       pn_problem *problem);

#endif
