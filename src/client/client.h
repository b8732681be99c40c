/* The inside of a client, shared by the files of this folder. */
#ifndef PN_CLIENT_CLIENT_H
#define PN_CLIENT_CLIENT_H

#include "base/buffer.h"
#include "flow/tls_plan.h"
#include "pneu/client.h"
#include "transport/resolve.h"
#include "transport/stream.h"
#include "transport/wake.h"

/* Tags of the client's commands; the opening has its own. */
enum {
    PN_TAG_DELIVERY = 2,
    PN_TAG_SINGLE = 3
};

enum {
    PN_FIRST_OCTETS = 3,
    PN_LOG_LINE_MAX = 4096
};

struct pneu_client {
    /* options, copied */
    char *host;
    char *local_name; /* NULL: found out at the connection */
    char *ca_file;
    char *user;
    char *password;
    char *mechanism;
    unsigned port;
    bool lmtp;
    bool is_unix;
    bool allow_cleartext_auth;
    bool no_pipelining;
    pneu_tls_mode tls;
    int64_t timeout_ms;
    pneu_log_function *log;
    void *log_context;

    /* the host's addresses that are still to be tried; NULL: look them up */
    pn_addresses *addresses;
    size_t address; /* the one that was connected to */

    /* the connection; stream is NULL if there is none */
    pn_stream *stream;
    pneu_session *session;
    pn_tls_plan plan;
    bool is_local;   /* the line does not leave this machine */
    char name[256];  /* what EHLO says */
    char where[300]; /* "mail.example.com port 25", for messages */
    unsigned char first[PN_FIRST_OCTETS]; /* that the server sent */
    size_t first_count;

    pn_wake wake; /* called by pneu_client_cancel() */

    int64_t deadline_at_ms; /* for all that is done until then; -1: none */

    /* the call under way */
    pneu_error error;
    pneu_opening *opening;
    pneu_delivery *delivery;
    pneu_error broken; /* what ended the last connection */
    bool has_read;     /* since the last write */
    pneu_command single_command;
    bool single_done; /* the single command has its reply, or will not */
    pneu_outcome_kind single_outcome; /* of DATA's message */
    bool has_reply;
    pneu_reply reply;
    pn_buffer reply_text;

    /* the log */
    pn_buffer log_line;
    bool log_secret; /* the line under way has a secret in it */
    uint64_t log_body;
};

/* Begins a call: no error, no reply. */
void pn_client_begin(pneu_client *client);

/* Tells a failure, with where it happened; returns the status. */
pneu_status pn_client_fail(pneu_client *client, const pneu_error *error);

/* Connects if there is no connection, to the first address that answers:
 * socket, TLS if implicit, a session that waits for the greeting. */
pneu_status pn_client_dial(pneu_client *client);

/* Connects if need be, and does all that is left to do until mail can be
 * sent: pneu_client_open() without the beginning of a call. */
pneu_status pn_client_open(pneu_client *client);

/* Puts TLS over the stream, and takes the handshake to its end. */
pneu_status pn_client_handshake(pneu_client *client);

/* Ends a connection whose session is over, or whose line failed. */
void pn_client_hang_up(pneu_client *client);

#endif
