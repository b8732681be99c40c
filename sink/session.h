/*
 * One client's session, without input or output of its own: octets go in,
 * replies come out into a buffer. The connection writes them when there is
 * nothing left to take in, so that replies to a group of commands leave
 * together (RFC 2920 3.2).
 *
 * A test server is strict: what a client says before it can know the reply
 * that it must wait for ends the session, unless the options are lenient.
 */
#ifndef PN_SINK_SESSION_H
#define PN_SINK_SESSION_H

#include <openssl/ssl.h>

#include "sink/auth.h"
#include "sink/content.h"
#include "sink/domains.h"
#include "sink/envelope.h"
#include "sink/log.h"
#include "sink/options.h"
#include "sink/store.h"
#include "sink/tls.h"
#include "sink/xclient.h"

/* What all sessions have in common. */
typedef struct pn_sink_shared {
    const pn_sink_options *options;
    pn_sink_log log;
    pn_sink_outlet output; /* standard output */
    pn_sink_store store;
    pn_sink_authority authority;
    SSL_CTX *tls;              /* NULL: no TLS */
    uint64_t connection_count; /* so far */
    uint64_t accepted;         /* messages */
    uint64_t refused;          /* messages whose content was refused */
    bool ending;               /* --quit-after: no more messages */
} pn_sink_shared;

typedef enum pn_sink_phase {
    PN_SINK_PHASE_COMMAND,
    PN_SINK_PHASE_LONG_LINE, /* passing over the rest of one */
    PN_SINK_PHASE_AUTH,      /* the next line answers a challenge */
    PN_SINK_PHASE_CONTENT,
    PN_SINK_PHASE_CHUNK,   /* the octets of a BDAT */
    PN_SINK_PHASE_ANSWERS, /* LMTP: a reply for each recipient */
    PN_SINK_PHASE_TLS,     /* once the replies are written, TLS begins */
    PN_SINK_PHASE_OVER     /* once they are written, the line is closed */
} pn_sink_phase;

typedef enum pn_sink_hello {
    PN_SINK_HELLO_NONE,
    PN_SINK_HELLO_HELO,
    PN_SINK_HELLO_EHLO /* or LHLO */
} pn_sink_hello;

/* What becomes of the content: a reply's code and text. */
typedef struct pn_sink_verdict {
    bool accepted;
    const char *code; /* "250 2.0.0"; NULL: text is the whole reply */
    const char *text;
    size_t place; /* LMTP: of the next recipient to be answered */
} pn_sink_verdict;

/* A BDAT under way (RFC 3030 2). */
typedef struct pn_sink_chunk {
    uint64_t size;
    uint64_t left;    /* octets still to come */
    bool last;        /* it ends the message */
    bool refused;     /* its octets are passed over; why is in the next two */
    const char *code; /* "503 5.5.1"; NULL: text is the whole reply */
    const char *text;
} pn_sink_chunk;

typedef struct pn_sink_session {
    pn_sink_shared *shared;
    const pn_sink_options *options;
    uint64_t number; /* of the connection, from 1 */
    SSL *tls;        /* set by the connection once TLS is on; else NULL */
    pn_sink_phase phase;
    bool broken; /* it ended by the client's fault or for lack of memory */
    pn_sink_hello hello;
    unsigned offered; /* extensions of the last EHLO, a set of PN_SINK_… */
    pn_sink_exchange exchange;
    char *user;                                 /* authenticated; else NULL */
    const char *mechanism;                      /* by which; NULL if by none */
    char certificate[PN_SINK_CLIENT_NAME_SIZE]; /* whom it names; "": none */
    pn_sink_xclient xclient;
    uint64_t mail_count;     /* MAILs, those that were refused too */
    pn_sink_domains domains; /* of recipients, where they are limited */
    bool grouped;            /* what comes next did not wait for a reply */
    pn_sink_chunk chunk;
    pn_sink_envelope envelope;
    pn_sink_content content;
    pn_sink_letter letter;
    pn_sink_verdict verdict;
    pn_buffer out; /* replies not yet written */
} pn_sink_session;

enum {
    /* replies held before the client must have read some */
    PN_SINK_OUT_HIGH = 64 * 1024
};

void pn_sink_session_init(pn_sink_session *session, pn_sink_shared *shared);
void pn_sink_session_finish(pn_sink_session *session);

/* Says the greeting; early is true if the client did not wait for it. */
void pn_sink_session_greet(pn_sink_session *session, bool early);

/*
 * Takes octets and returns how many; the rest is to be given again, with what
 * follows it. It takes none while replies past PN_SINK_OUT_HIGH wait to be
 * written, and in the phases TLS and OVER.
 */
size_t pn_sink_session_input(pn_sink_session *session, pn_span octets);

/* TLS is on: whatever was said before is forgotten (RFC 3207 4.2). */
void pn_sink_session_protected(pn_sink_session *session, SSL *tls);

/* For the files of commands */

/* Appends a reply: the code with its enhanced code, "250 2.1.0", which is
 * left out where it is not offered, and words. */
void pn_sink_say(pn_sink_session *session, const char *code, const char *text);

/* A reply about something: "550 5.1.1", "x@y", "... User unknown" becomes
 * 550 5.1.1 <x@y>... User unknown. */
void pn_sink_say_about(pn_sink_session *session, const char *code, pn_span what,
                       const char *text);

/* A reply that shows a mailbox: 250 2.1.5 Doug Hellmann <x@y>. */
void pn_sink_say_mailbox(pn_sink_session *session, const char *code,
                         pn_span name, pn_span address);

/* The same, as one of several lines; the last one has no hyphen. */
void pn_sink_say_mailbox_part(pn_sink_session *session, const char *code,
                              bool last, const pn_sink_mailbox *mailbox);

/* Words in one of several lines, which is not the last. */
void pn_sink_say_text_part(pn_sink_session *session, const char *code,
                           const char *text);

/* A whole reply line as it is. */
void pn_sink_say_line(pn_sink_session *session, pn_span line);

/* One more line of a reply under way, without an enhanced code; the last one
 * has no hyphen. */
void pn_sink_say_part(pn_sink_session *session, const char *code, bool last,
                      const char *text, const char *more);

/* Says something and ends the session by the client's fault. */
void pn_sink_session_break(pn_sink_session *session, const char *code,
                           const char *text);

/* Ends the transaction, if there is one. */
void pn_sink_session_reset(pn_sink_session *session);

/* Says 220, as at the start. */
void pn_sink_session_say_greeting(pn_sink_session *session);

#endif
