/*
 * An SMTP or LMTP session without any input or output of its own: octets that
 * came from the server go in, octets to write come out, and no call ever
 * waits. A driver asks pneu_session_wants() what to do next and does it; the
 * program asks pneu_session_next_event() what happened.
 *
 * The order that a driver keeps:
 *   1. take events until there is none; nothing is written before that,
 *      since octets that are there already cannot answer what is not yet
 *      said;
 *   2. write what pneu_session_output() gives, and tell how much was written
 *      before anything that was read later is put in;
 *   3. read whenever READ is wanted, also while there is something to write.
 *
 * Each command issued ends in exactly one event, in the order of issue. The
 * end of a message over LMTP has one for each accepted recipient; if it is
 * dropped, that stands for all who have had no answer.
 */
#ifndef PNEU_SESSION_H
#define PNEU_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pneu/export.h>
#include <pneu/parameters.h>
#include <pneu/reply.h>
#include <pneu/status.h>

PNEU_BEGIN_DECLS

typedef struct pneu_session pneu_session;

/* How long each phase may take, in ms; 0: timeout_ms if there is one, else what
 * RFC 5321 4.5.3.2 says. */
typedef struct pneu_timeouts {
    size_t size;         /* set by PNEU_TIMEOUTS */
    int64_t connect_ms;  /* a client's: look-up, connection, TLS */
    int64_t greeting_ms; /* 5 min */
    int64_t hello_ms;    /* EHLO, LHLO, HELO: 5 min */
    int64_t mail_ms;     /* 5 min */
    int64_t rcpt_ms;     /* 5 min */
    int64_t data_ms;     /* until the 354: 2 min */
    int64_t block_ms;    /* each write: 3 min */
    int64_t end_ms;      /* the answer to the end of a message: 10 min */
    int64_t other_ms;    /* AUTH, STARTTLS, RSET, VRFY…: 5 min */
} pneu_timeouts;

#define PNEU_TIMEOUTS(...) \
    (&(const pneu_timeouts){.size = sizeof(pneu_timeouts), __VA_ARGS__})

/* Zero means the default, for every field. */
typedef struct pneu_session_options {
    size_t size;           /* set by PNEU_SESSION_OPTIONS */
    bool lmtp;             /* speak LMTP (RFC 2033): LHLO, a reply each */
    bool no_pipelining;    /* one command at a time, whatever is offered */
    size_t max_unanswered; /* commands on the wire at once; default 1,000 */
    int64_t timeout_ms;    /* for every phase, in place of RFC 5321 4.5.3.2 */
    bool no_chunking;      /* DATA alone, whatever is offered */
    const pneu_timeouts *timeouts; /* a phase each, before timeout_ms */
} pneu_session_options;

#define PNEU_SESSION_OPTIONS(...)                                        \
    (&(const pneu_session_options){.size = sizeof(pneu_session_options), \
                                   __VA_ARGS__})

/* What the driver should do next: a set of these. */
enum {
    PNEU_WANT_READ = 1 << 0,    /* read, and give it to _input() */
    PNEU_WANT_WRITE = 1 << 1,   /* there is _output() */
    PNEU_WANT_TLS = 1 << 2,     /* begin TLS now, then _protected() */
    PNEU_WANT_BODY = 1 << 3,    /* give more of the message to _body() */
    PNEU_WANT_STEP = 1 << 4,    /* answer a challenge: _auth_response() */
    PNEU_WANT_COMMAND = 1 << 5, /* nothing is under way: issue a command */
    PNEU_WANT_CLOSE = 1 << 6    /* close the line: nothing more can happen */
};

/* One run of octets to write. It is valid until the session's next call. */
typedef struct pneu_piece {
    const void *data;
    size_t length;
    unsigned flags; /* PNEU_PIECE_… */
} pneu_piece;

enum {
    PNEU_PIECE_SECRET = 1 << 0, /* never show it */
    PNEU_PIECE_BODY = 1 << 1    /* part of a message, not of a command */
};

/* Why no more octets will come. */
typedef enum pneu_end {
    PNEU_END_OF_STREAM, /* the server closed its side */
    PNEU_END_RESET,     /* the connection broke */
    PNEU_END_TIMEOUT,   /* a phase took too long */
    PNEU_END_DEADLINE,  /* the whole took too long */
    PNEU_END_TLS        /* TLS failed */
} pneu_end;

/* How the line came to be protected. */
typedef enum pneu_protection {
    PNEU_PROTECTION_NONE,
    PNEU_PROTECTION_LOCAL, /* it does not leave this machine */
    PNEU_PROTECTION_TLS_UNVERIFIED,
    PNEU_PROTECTION_TLS /* certificate and name verified */
} pneu_protection;

/* How much of a command or of a message's end was handed to the driver. */
typedef enum pneu_sent {
    PNEU_SENT_NOTHING,
    PNEU_SENT_PART,
    PNEU_SENT_ALL
} pneu_sent;

typedef enum pneu_event_kind {
    PNEU_EVENT_REPLY,  /* a whole, valid reply */
    PNEU_EVENT_DROPPED /* none will come: not sent, or the line is lost */
} pneu_event_kind;

typedef struct pneu_event {
    pneu_event_kind kind;
    pneu_command command;
    uintptr_t tag; /* what the caller gave with the command */
    size_t index;  /* RCPT: its number in the transaction, from 0; the end of
                      a message over LMTP: the number of the accepted RCPT */
    size_t replies_due;      /* still owed to what is on the wire */
    pneu_sent sent;          /* for the end of a message: of its last octet */
    bool after_421;          /* a 421 came before this: the server is closing,
                                and a 2xx is no longer surely counted */
    const pneu_reply *reply; /* NULL if dropped; until the next next_event */
} pneu_event;

/*
 * A session that waits for the server's greeting. options may be NULL.
 * Errors: NO_MEMORY; INVALID for options whose size is not set.
 */
PNEU_API pneu_status pneu_session_new(pneu_session **session,
                                      const pneu_session_options *options);

/* Frees the session and wipes what it held. NULL is fine. */
PNEU_API void pneu_session_free(pneu_session *session);

/* Driving */

/* One of the things that a server offers. */
typedef struct pneu_extension {
    const char *keyword;    /* "SIZE", in any case */
    const char *parameters; /* "10240000"; "" or NULL: none */
} pneu_extension;

/*
 * The line is one that was spoken on before, by somebody else: the greeting
 * and EHLO lie behind it, and this is what EHLO offered (count 0: nothing, or
 * it was HELO). In place of all input up to there; a line that is protected
 * is told so before. Errors: INVALID for what is no keyword; NO_MEMORY;
 * MISUSE when the session is not new.
 */
PNEU_API pneu_status pneu_session_resume(pneu_session *session,
                                         const pneu_extension *offered,
                                         size_t count);

/*
 * Octets from the server, any number at any split. They are copied.
 * Errors: NO_MEMORY; TOO_LARGE if events are not being taken; MISUSE after
 * the end. What the server did wrong shows in the events, not here.
 */
PNEU_API pneu_status pneu_session_input(pneu_session *session, const void *data,
                                        size_t length);

/* No more octets will come, and why. system_error is an errno, or 0. */
PNEU_API void pneu_session_input_end(pneu_session *session, pneu_end why,
                                     int system_error);

/* Fills at most max pieces to write, in order; returns how many. */
PNEU_API size_t pneu_session_output(pneu_session *session, pneu_piece *pieces,
                                    size_t max);

/* So many octets of the pieces were handed on. */
PNEU_API void pneu_session_output_done(pneu_session *session, size_t written);

/*
 * Nothing more can be written. What the server has said is still to be read:
 * it may have said why (RFC 5321 4.2.5). A driver that cannot know how much
 * of its last write has left (TLS) tells all of it to output_done() first.
 */
PNEU_API void pneu_session_output_failed(pneu_session *session,
                                         int system_error);

/* What to do next: a set of PNEU_WANT_…. */
PNEU_API unsigned pneu_session_wants(const pneu_session *session);

/* The time as the session is to see it, in ms of any monotonic clock. Past
 * the deadline it ends the session with TIMEOUT. */
PNEU_API void pneu_session_tick(pneu_session *session, int64_t now_ms);

/* When the session must be ticked at the latest, in ms of the same clock; -1
 * if it waits for nothing. A slow drip of octets does not renew it. */
PNEU_API int64_t pneu_session_deadline_ms(const pneu_session *session);

/*
 * The line is protected from now on. After STARTTLS this is the answer to
 * PNEU_WANT_TLS, and all that EHLO said is forgotten (RFC 3207 4.2); for TLS
 * from the start, or a local line, call it before the first input.
 * Errors: MISUSE when the session is in the midst of something.
 */
PNEU_API pneu_status pneu_session_protected(pneu_session *session,
                                            pneu_protection how);

/* Takes the next thing that happened; false if there is none. */
PNEU_API bool pneu_session_next_event(pneu_session *session, pneu_event *event);

/* Gives up: writes nothing more, takes the answers to the ends of messages
 * already sent for a short while, then wants to close. why is what the
 * session's error will say; NULL: CANCELLED. */
PNEU_API void pneu_session_cancel(pneu_session *session, const pneu_error *why);

/* Issuing. All of these queue the command and return at once; it is written
 * when the protocol allows. Errors of all: NO_MEMORY; LINE_BREAK if an
 * argument holds CR, LF or NUL (in an address: BAD_ADDRESS); TOO_LARGE for a
 * line past 64 KiB; MISUSE if the session is over or the order is impossible. A
 * failed call queues nothing and spoils nothing. tag comes back in the events.
 */

/* EHLO, LHLO (in LMTP) or HELO with the client's name. */
PNEU_API pneu_status pneu_session_hello(pneu_session *session, bool helo,
                                        const char *name, uintptr_t tag);

/* STARTTLS (RFC 3207). Nothing else is written until TLS has begun. */
PNEU_API pneu_status pneu_session_starttls(pneu_session *session,
                                           uintptr_t tag);

/*
 * AUTH (RFC 4954): mechanism, and its initial response, not encoded (NULL:
 * none; of length 0: "="). A 334 brings WANT_STEP.
 */
PNEU_API pneu_status pneu_session_auth(pneu_session *session,
                                       const char *mechanism,
                                       const void *initial, size_t length,
                                       uintptr_t tag);

/* The answer to a challenge, not encoded; NULL cancels with "*". */
PNEU_API pneu_status pneu_session_auth_response(pneu_session *session,
                                                const void *response,
                                                size_t length, uintptr_t tag);

/*
 * MAIL. reverse_path is an address without angle brackets, "" for the null
 * path; parameters may be NULL. Errors: BAD_ADDRESS, also for one that is not
 * ASCII if SMTPUTF8 is not stated (typed or raw); NOT_OFFERED for such a one
 * or a typed parameter whose extension the last EHLO did not offer;
 * UNPROTECTED for REQUIRETLS on a line without verified TLS; INVALID for a
 * value that the extension, or the server's parameters to it, do not allow;
 * TOO_LARGE for more than 4,096 octets of raw parameters.
 */
PNEU_API pneu_status pneu_session_mail(pneu_session *session,
                                       const char *reverse_path,
                                       const pneu_mail_parameters *parameters,
                                       uintptr_t tag);

/* RCPT; parameters may be NULL. Errors: BAD_ADDRESS, and those of MAIL. */
PNEU_API pneu_status pneu_session_rcpt(pneu_session *session,
                                       const char *forward_path,
                                       const pneu_rcpt_parameters *parameters,
                                       uintptr_t tag);

/*
 * DATA and, when the server has answered 354, the message that _body() gives.
 * Brings two events: one for DATA, one (LMTP: several) for its end.
 */
PNEU_API pneu_status pneu_session_data(pneu_session *session, uintptr_t tag);

/*
 * More of the oldest message that is not whole yet; the last part says so.
 * Lines may end in CRLF, LF or CR: CRLF goes out, and dots are stuffed (RFC
 * 5321 4.5.2). The octets are borrowed until BODY is wanted again or the
 * message's outcome. Errors: MISUSE while an earlier part is still held.
 */
PNEU_API pneu_status pneu_session_body(pneu_session *session, const void *data,
                                       size_t length, bool last);

/* What a chunk is: a set of these. */
enum {
    PNEU_CHUNK_LAST = 1 << 0,  /* the message ends with it */
    PNEU_CHUNK_BINARY = 1 << 1 /* it goes untouched (BODY=BINARYMIME) */
};

/*
 * BDAT (RFC 3030 2): one chunk of a message, of any length, 0 only if it is the
 * last. The octets are borrowed until its reply. Unless it is binary, CR and LF
 * alone become CRLF, the last line gets one if it has none, and a chunk that
 * is not the last must end in LF. Dots are not stuffed. The
 * reply to the last chunk is that to the end of the message
 * (PNEU_COMMAND_CONTENT; in LMTP several), to another chunk that of
 * PNEU_COMMAND_BDAT. It may follow RCPT without waiting; over LMTP the last
 * chunk waits until a recipient is accepted.
 * Dropped with sent NOTHING: MAIL, every RCPT or a chunk before it was refused
 * before any of it was sent. If that becomes known while more than 1 MiB of a
 * chunk is still to be written, the session ends.
 * Errors: MISUSE (no RCPT before it, or after DATA); NOT_OFFERED, if not
 * pneu_session_may_chunk(); INVALID (a chunk that is empty or ends within a
 * line, and is not the last; a flag that there is not).
 */
PNEU_API pneu_status pneu_session_bdat(pneu_session *session, const void *data,
                                       size_t length, unsigned flags,
                                       uintptr_t tag);

PNEU_API pneu_status pneu_session_rset(pneu_session *session, uintptr_t tag);
PNEU_API pneu_status pneu_session_noop(pneu_session *session, uintptr_t tag);
PNEU_API pneu_status pneu_session_quit(pneu_session *session, uintptr_t tag);

/* VRFY (RFC 5321 3.5). An address that is not ASCII goes with SMTPUTF8 (RFC
 * 6531 3.7.4.2). Errors: NOT_OFFERED where that is not; BAD_ADDRESS for what is
 * not UTF-8; INVALID for nothing. */
PNEU_API pneu_status pneu_session_verify(pneu_session *session,
                                         const char *address, uintptr_t tag);

/* EXPN (RFC 5321 3.5), as VRFY. */
PNEU_API pneu_status pneu_session_expand(pneu_session *session,
                                         const char *list, uintptr_t tag);

/* HELP; topic may be NULL. */
PNEU_API pneu_status pneu_session_help(pneu_session *session, const char *topic,
                                       uintptr_t tag);

/* ETRN (RFC 1985): asks for the mail that waits for node ("example.com",
 * "@example.com", "#queue"). Errors: NOT_OFFERED; INVALID for what is not one
 * word. */
PNEU_API pneu_status pneu_session_etrn(pneu_session *session, const char *node,
                                       uintptr_t tag);

/*
 * XCLIENT: the server is to take this client for another one. After its 220
 * all that EHLO said is forgotten, and EHLO must be said again. Errors:
 * NOT_OFFERED, for the extension or for an attribute; INVALID if none is
 * stated.
 */
PNEU_API pneu_status pneu_session_xclient(pneu_session *session,
                                          const pneu_xclient *attributes,
                                          uintptr_t tag);

/* Any other line, without its CRLF: "HELP MAIL". Nothing follows it until its
 * reply has come. Errors: MISUSE for a verb that the session keeps track of
 * (EHLO, MAIL, AUTH, DATA…), or that would take the line over. */
PNEU_API pneu_status pneu_session_command(pneu_session *session,
                                          const char *line, uintptr_t tag);

/* Asking */

/* What broke the session; status OK while it is whole. */
PNEU_API const pneu_error *pneu_session_error(const pneu_session *session);

/* Why the last issuing call was refused; a session is not broken by that. */
PNEU_API const pneu_error *pneu_session_misuse(const pneu_session *session);

/* True if the last EHLO offered the keyword, whatever its case. */
PNEU_API bool pneu_session_has_extension(const pneu_session *session,
                                         const char *keyword);

/*
 * The parameters of an extension, "" if it has none, NULL if it is not
 * offered. For AUTH: the mechanisms of all AUTH lines and of the old "AUTH="
 * form, each once. Until the next EHLO.
 */
PNEU_API const char *pneu_session_extension(const pneu_session *session,
                                            const char *keyword);

/* How many keywords the last EHLO offered, AUTH being one. smtplib:
 * esmtp_features */
PNEU_API size_t pneu_session_extension_count(const pneu_session *session);

/* The i-th of them, as the server wrote it; parameters (which may be NULL) as
 * pneu_session_extension(). NULL past the end. Until the next EHLO. */
PNEU_API const char *pneu_session_extension_at(const pneu_session *session,
                                               size_t i,
                                               const char **parameters);

/* LIMITS (RFC 9422); 0: none, or a value that makes no sense. Of one that is
 * stated twice the smaller value. */
typedef struct pneu_limits {
    uint64_t mail_max;        /* MAILMAX: transactions on one connection */
    uint64_t rcpt_max;        /* RCPTMAX: RCPTs in one transaction */
    uint64_t rcpt_domain_max; /* RCPTDOMAINMAX: domains in one transaction */
} pneu_limits;

PNEU_API pneu_limits pneu_session_limits(const pneu_session *session);

/* How many MAIL commands were issued on this connection: what MAILMAX counts.
 */
PNEU_API uint64_t pneu_session_mail_count(const pneu_session *session);

/* True if BDAT may be used: CHUNKING is offered and neither the options nor
 * what is known of such servers forbid it. */
PNEU_API bool pneu_session_may_chunk(const pneu_session *session);

/* The octets handed out of the message that is being sent, or was sent last,
 * as they go over the wire, by DATA or in all its chunks; the dots that DATA
 * adds do not count. */
PNEU_API uint64_t pneu_session_body_sent(const pneu_session *session);

/* True after a 220. */
PNEU_API bool pneu_session_greeted(const pneu_session *session);
/* True after a successful EHLO, LHLO or HELO (and before TLS begins anew). */
PNEU_API bool pneu_session_introduced(const pneu_session *session);
PNEU_API bool pneu_session_authenticated(const pneu_session *session);
/* True between a MAIL that was issued and the end of its transaction. That is
 * RSET if a chunk was refused, be it the last (RFC 3030 2). */
PNEU_API bool pneu_session_in_transaction(const pneu_session *session);
PNEU_API pneu_protection pneu_session_protection(const pneu_session *session);
PNEU_API bool pneu_session_is_lmtp(const pneu_session *session);

PNEU_END_DECLS

#endif
