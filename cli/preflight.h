/* `pneu send --preflight`: all that is wrong with a message, its envelope and
 * the way to the server, and nothing is sent. */
#ifndef PN_CLI_PREFLIGHT_H
#define PN_CLI_PREFLIGHT_H

#include <pneu/client.h>

#include "cli/connection.h"
#include "cli/problem_list.h"

typedef struct pn_preflight {
    const char *command; /* "pneu send" */
    pn_connection *connection;
    const pneu_envelope *envelope;
    const pneu_message *message;
    pn_problem_list *problems; /* those that are known already */
} pn_preflight;

/* Opens the client, asks, reports, and says QUIT. Returns the exit status of
 * the command. */
int pn_preflight_run(const pn_preflight *preflight, pneu_client *client);

#endif
