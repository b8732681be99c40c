/*
 * The options that every sub-command which talks to a server shares: where
 * to, how protected, as whom, and how it is shown. And from them, a client.
 */
#ifndef PN_CLI_CONNECTION_H
#define PN_CLI_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include <pneu/client.h>

#include "cli/account.h"
#include "cli/list.h"
#include "cli/log.h"
#include "cli/options.h"
#include "cli/tls_choice.h"
#include "cli/value.h"

/* Zeroed at first. The strings are the command line's. */
typedef struct pn_connection {
    const char *host; /* as given */
    char *bare_host;  /* without port and brackets; ours */
    uint16_t port;
    bool lmtp;
    const char *local_name;
    const char *source; /* as given */
    char *bare_source;  /* ours */
    uint16_t source_port;
    const char *proxy;
    const char *proxy_variable; /* holds what proxy would */
    int64_t timeout_ms;
    pn_list phase_timeouts; /* "data=30" */
    pneu_timeouts timeouts; /* from them */
    int64_t deadline_ms;
    bool no_pipelining;
    bool no_chunking;
    pn_tls_choice tls;
    pn_account account;
    bool verbose;
    pn_number debug;
    bool quiet;
    bool json;
    pn_log log;
    pneu_progress_function *progress; /* or NULL */
    void *progress_context;
} pn_connection;

/* When all options are in: do they fit together? Returns an exit status. */
int pn_connection_check(pn_connection *connection, pn_problem *problem);

/* What the client's last failure is to the command: its hint knows how the
 * client was to connect. Returns exit. */
int pn_connection_problem(const pn_connection *connection,
                          const pneu_client *client, int exit,
                          pn_problem *problem);

/* As pn_connection_problem(), for an error that is not the client's last. */
int pn_connection_explain(const pn_connection *connection,
                          const pneu_client *client, const pneu_error *error,
                          int exit, pn_problem *problem);

/* Looks into the PEM files, fetches the secrets and makes a client, not yet
 * connected. The connection must outlive it. Returns an exit status. */
int pn_connection_client(pn_connection *connection, const char *command,
                         pneu_client **client, pn_problem *problem);

/* Opens the client; -v then shows whom TLS has reached. */
pneu_status pn_connection_open(pn_connection *connection, pneu_client *client);

void pn_connection_finish(pn_connection *connection);

#endif
