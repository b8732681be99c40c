/*
 * The options that every sub-command which talks to a server shares: where
 * to, how protected, as whom, and how it is shown. And from them, a client.
 */
#ifndef PN_CLI_CONNECTION_H
#define PN_CLI_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include <pneu/client.h>

#include "cli/credentials.h"
#include "cli/log.h"
#include "cli/options.h"

/* The ids of the shared options; a sub-command's own begin at the last. */
enum {
    PN_OPTION_HOST = 256,
    PN_OPTION_PORT,
    PN_OPTION_LMTP,
    PN_OPTION_HELO,
    PN_OPTION_TIMEOUT,
    PN_OPTION_DEADLINE,
    PN_OPTION_NO_PIPELINING,
    PN_OPTION_TLS,
    PN_OPTION_CA_FILE,
    PN_OPTION_USER,
    PN_OPTION_PASSWORD_ENV,
    PN_OPTION_PASSWORD_FILE,
    PN_OPTION_PASSWORD_COMMAND,
    PN_OPTION_MECHANISM,
    PN_OPTION_CLEARTEXT_AUTH,
    PN_OPTION_JSON,
    PN_OPTION_OWN
};

/* Zeroed at first. The strings are the command line's. */
typedef struct pn_connection {
    const char *host; /* as given */
    char *bare_host;  /* without port and brackets; ours */
    uint16_t port;
    bool lmtp;
    const char *local_name;
    int64_t timeout_ms;
    int64_t deadline_ms;
    bool no_pipelining;
    pneu_tls_mode tls;
    const char *ca_file;
    pn_credentials credentials;
    const char *mechanism;
    bool allow_cleartext_auth;
    bool verbose;
    bool quiet;
    bool json;
    pn_log log;
} pn_connection;

/* The tables of these options, for pn_usage. */
extern const pn_option PN_CONNECTION_OPTIONS[];
extern const pn_option PN_OUTPUT_OPTIONS[];

/* Takes one of the shared options. Returns an exit status. */
int pn_connection_take(pn_connection *connection, int id, const char *value,
                       pn_problem *problem);

/* When all options are in: do they fit together? Returns an exit status. */
int pn_connection_check(pn_connection *connection, pn_problem *problem);

/* What the client's last failure is to the command: its hint knows how the
 * client was to connect. Returns exit. */
int pn_connection_problem(const pn_connection *connection,
                          const pneu_client *client, int exit,
                          pn_problem *problem);

/* Looks into --ca-file, fetches the password and makes a client, not yet
 * connected. The connection must outlive it. Returns an exit status. */
int pn_connection_client(pn_connection *connection, const char *command,
                         pneu_client **client, pn_problem *problem);

void pn_connection_finish(pn_connection *connection);

#endif
