/* The inside of a client, shared by the files of this folder. */
#ifndef PN_CLIENT_CLIENT_H
#define PN_CLIENT_CLIENT_H

#include "base/buffer.h"
#include "client/debug.h"
#include "client/settings.h"
#include "flow/tls_plan.h"
#include "transport/connector.h"
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

/* How far the way from a host name to a session has been gone. */
typedef enum pn_dial_stage {
    PN_DIAL_NOT_BEGUN,
    PN_DIAL_LOOK_UP,
    PN_DIAL_CONNECT,
    PN_DIAL_PROXY,
    PN_DIAL_TLS,
    PN_DIAL_DONE
} pn_dial_stage;

/* What a step that gave AGAIN waits for. */
typedef enum pn_wait_kind {
    PN_WAIT_STREAM,   /* the stream, for events */
    PN_WAIT_ATTEMPTS, /* one of the connector's */
    PN_WAIT_ADDRESSES /* the program, to give some */
} pn_wait_kind;

typedef struct pn_wait {
    pn_wait_kind kind;
    short events;
    int64_t deadline_ms; /* -1: without end */
} pn_wait;

/* Goes on with a call as far as it can without waiting. AGAIN: the client's
 * wait says what for; anything else is the call's result. */
typedef pneu_status pn_step(pneu_client *client);

struct pneu_client {
    pn_settings settings;
    bool no_pipelining; /* of the settings, or learned from the server */
    bool no_chunking;

    /* the host's addresses that are still to be tried; NULL: look them up */
    pn_addresses *addresses;
    pn_addresses *given;      /* by the program, for the next connection */
    bool has_asked_addresses; /* a wait said so */
    size_t address;           /* the one that was connected to, if any was */

    /* the connection; stream is NULL if there is none */
    pn_dial_stage stage;
    pn_connector connector;
    int64_t phase_end_ms; /* of the stage under way, or of a handshake */
    pn_stream *stream;
    bool is_handshaking; /* STARTTLS */
    pneu_session *session;
    pn_tls_plan plan;
    bool is_local;   /* the line does not leave this machine */
    char name[256];  /* what EHLO says */
    char where[320]; /* "mail.example.com port 25", for messages */
    unsigned char first[PN_FIRST_OCTETS]; /* that the server sent */
    size_t first_count;

    pn_wake wake; /* called by pneu_client_cancel() */

    int64_t deadline_at_ms; /* for all that is done until then; -1: none */

    /* the call under way, and what it comes to */
    pn_step *step; /* NULL: none */
    bool is_cancelled;
    pn_wait wait;
    int reported; /* the descriptor that the last wait named */
    size_t reported_number;
    size_t dials; /* so that a descriptor has a number of its own */
    pneu_error error;
    pneu_error misuse;  /* of a call that came in the midst of another */
    pneu_error broken;  /* what ended the last connection */
    pneu_error reached; /* what an address that was connected to was no good
                           for, while another is tried */
    bool has_read;      /* since the last write */

    /* opening */
    pneu_opening *opening;
    const pn_credentials *credentials; /* in use: the settings', or attempt */
    pn_credentials attempt;            /* of a login that is under way */
    char mechanism[64];
    bool is_extended;
    bool is_offer_old; /* EHLO was last said before AUTH */
    bool has_hello_reply;
    pneu_reply hello_reply;
    pn_buffer hello_text;

    /* a single command */
    pneu_command single_command;
    bool single_done;                 /* it has its reply, or will not */
    pneu_outcome_kind single_outcome; /* of DATA's message */
    bool has_reply;
    pneu_reply reply;
    pn_buffer reply_text;

    /* a whole message */
    pneu_delivery *delivery;
    pneu_envelope envelope;
    pneu_message message;
    bool is_delivering; /* it was started on the present session */
    bool is_parting;    /* QUIT was said, to come back at once */
    bool is_asking;     /* EHLO was said again */
    bool has_begun;     /* it was started at all */
    bool has_result;
    bool was_idle;  /* the connection is from a call before */
    bool may_renew; /* such a connection may be replaced, once */

    /* the log */
    pn_buffer log_line;
    bool log_secret; /* the line under way has a secret in it */
    uint64_t log_body;
    pn_debug debug;
};

/* Tells a failure, with where it happened; returns the status. */
pneu_status pn_client_fail(pneu_client *client, const pneu_error *error);

/* Closes the line, whatever is under way on it. */
void pn_client_disconnect(pneu_client *client);

/* Ends a connection whose session is over, or whose line failed. */
void pn_client_hang_up(pneu_client *client);

/* What was said to EHLO holds no longer. */
void pn_client_forget_hello(pneu_client *client);

#endif
