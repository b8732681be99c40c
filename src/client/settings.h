/* A client's options, checked and copied. */
#ifndef PN_CLIENT_SETTINGS_H
#define PN_CLIENT_SETTINGS_H

#include "client/credentials.h"
#include "pneu/client.h"
#include "transport/proxy.h"
#include "transport/resolve.h"

typedef struct pn_settings {
    char *host;  /* a name in ASCII, an address, or a path */
    char *shown; /* the host as it was given, escaped */
    unsigned port;
    bool lmtp;
    bool is_unix;
    char *local_name; /* NULL: found out at the connection */
    pn_address source;
    bool has_source;
    pn_proxy proxy;
    bool has_proxy;
    pneu_tls_mode tls;
    pneu_tls_options tls_options; /* all of it ours */
    pn_credentials credentials;
    bool allow_cleartext_auth;
    bool no_pipelining;
    bool no_chunking;
    bool non_blocking;
    pneu_timeouts timeouts;
    int64_t timeout_ms;
    pneu_log_function *log;
    void *log_context;
    pneu_progress_function *progress;
    void *progress_context;
} pn_settings;

/* Errors: those of pneu_client_new(); nothing is left to free then. */
pneu_status pn_settings_init(pn_settings *settings,
                             const pneu_client_options *options,
                             pneu_error *error);

void pn_settings_finish(pn_settings *settings);

/* So that no sum of times overflows. */
int64_t pn_settings_bound_ms(int64_t ms);

#endif
