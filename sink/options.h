/* What the command line of `pneu sink` says. */
#ifndef PN_SINK_OPTIONS_H
#define PN_SINK_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sink/extensions.h"
#include "sink/limits.h"
#include "sink/mailboxes.h"
#include "sink/mailing_lists.h"
#include "sink/rules.h"
#include "sink/users.h"

enum {
    PN_SINK_LISTEN_MAX = 16,
    PN_SINK_RECIPIENTS_DEFAULT = 100000,
    PN_SINK_RECIPIENTS_MAX = 10000000,
    PN_SINK_SIZE_DEFAULT = 100 * 1024 * 1024
};

typedef enum pn_sink_tls_mode {
    PN_SINK_TLS_NONE,
    PN_SINK_TLS_STARTTLS,
    PN_SINK_TLS_IMPLICIT
} pn_sink_tls_mode;

typedef enum pn_sink_tls_version {
    PN_SINK_TLS_1_2,
    PN_SINK_TLS_1_3
} pn_sink_tls_version;

/* How much goes to the log. */
typedef enum pn_sink_log_level {
    PN_SINK_LOG_QUIET,
    PN_SINK_LOG_MESSAGES, /* a line a message */
    PN_SINK_LOG_DIALOGUE  /* every command and reply as well */
} pn_sink_log_level;

/* Strings are borrowed from the command line unless said otherwise. */
typedef struct pn_sink_options {
    bool help;

    const char *addresses[PN_SINK_LISTEN_MAX];
    size_t address_count;
    uint16_t port;
    bool port_given;
    const char *unix_path;
    const char *port_file;

    bool lmtp;
    bool no_ehlo;
    bool lenient;
    const char *host_name;
    unsigned extensions; /* a set of PN_SINK_… */
    uint64_t size;       /* 0: no limit */
    uint64_t recipients_max;
    pn_sink_limits limits;
    bool xclient;

    pn_sink_tls_mode tls;
    bool tls_given;
    pn_sink_tls_version tls_min;
    pn_sink_tls_version tls_max;
    bool require_tls;
    const char *certificate_file;
    const char *key_file;
    const char *certificate_name;
    const char *ca_file_out;
    const char *client_ca_file;
    bool require_client_certificate;

    pn_sink_users users; /* owned */
    unsigned mechanisms; /* a set of 1 << number; 0: the usual ones */
    bool allow_cleartext_auth;
    bool require_auth;

    pn_sink_mailboxes mailboxes; /* owned, and the lists and rules */
    pn_sink_mailing_lists lists;
    pn_sink_rules etrn_nodes;
    pn_sink_rules refused_senders;
    pn_sink_rules refused_recipients; /* for good or for now */
    pn_sink_rules refused_deliveries; /* LMTP, after the content */
    const char *refuse_data;          /* a reply, or NULL */
    const char *refuse_content;       /* a reply, or NULL, as the next two */
    const char *refuse_bdat;
    const char *refuse_pipelining;

    const char *maildir;
    bool print;
    bool json;
    uint64_t quit_after; /* 0: never */
    pn_sink_log_level log_level;
    const char *log_file; /* NULL: standard error */
} pn_sink_options;

/*
 * Reads the command line. Errors: INVALID for one that is not valid, with a
 * sentence that names the option; SOURCE for a file that cannot be read;
 * NO_MEMORY. The options must be finished in any case.
 */
pneu_status pn_sink_options_parse(pn_sink_options *options, int argc,
                                  char **argv, pneu_error *error);

void pn_sink_options_finish(pn_sink_options *options);

/* What --help shows, in parts; NULL follows the last. */
extern const char *const PN_SINK_HELP_PAGE[];

#endif
