/*
 * The inside of a session.
 *
 * Theory. Commands stand in one queue, in the order of issue. Two cursors
 * walk along it: the receiver stands at its head, the oldest command without
 * all its answers; the sender stands at `handed`, the first command that was
 * not handed to the driver whole. What may be on the wire together is the
 * sender's question alone (output.c): a command goes out if nothing is
 * unanswered, or if PIPELINING was offered and what stands before it in the
 * queue lets others follow. Which answer belongs to what is the receiver's
 * question alone (events.c): the next reply belongs to the head, always, and
 * a reply that finds no head that was handed out breaks the protocol. So
 * replies are matched by counting and by nothing else, and a transaction that
 * is overlapped with the next is only a queue with more in it.
 *
 * A command that has become pointless before it was sent (RCPT after a
 * refused MAIL, DATA or BDAT when nobody was accepted) is skipped by the
 * sender: it stays in the queue, so that its event comes in its turn.
 *
 * A chunk is one command in the queue, a line with octets behind it; the last
 * chunk is at the same time the end of the message. The content of DATA is a
 * command without a line, which waits for the 354.
 *
 * The session remembers one transaction, that of the head. It is enough: the
 * receiver is never ahead of the sender, and of transactions behind the
 * head's no answer has been read.
 */
#ifndef PN_SESSION_SESSION_H
#define PN_SESSION_SESSION_H

#include "base/buffer.h"
#include "pneu/session.h"
#include "session/queue.h"
#include "session/table.h"
#include "wire/extensions.h"
#include "wire/parameters.h"
#include "wire/reply.h"
#include "wire/stuffing.h"

enum {
    PN_READY_PIECES = 64
};

typedef struct pn_ready_piece {
    pn_span octets;
    bool is_dot; /* not a part of the message */
} pn_ready_piece;

/* The octets that are being handed out: a message, or a chunk of one. */
typedef struct pn_content {
    pn_stuffing stuffing;
    size_t first;
    size_t count;
    size_t transaction; /* whose message it is */
    uint64_t sent;      /* octets of it that were handed out, without dots */
    pn_ready_piece pieces[PN_READY_PIECES]; /* found, not yet handed out */
} pn_content;

/* What the caller may issue next. */
typedef enum pn_issuing {
    PN_ISSUING_NONE, /* no transaction */
    PN_ISSUING_MAIL, /* MAIL was issued */
    PN_ISSUING_RCPT, /* at least one RCPT was issued */
    PN_ISSUING_BODY, /* DATA was issued, its message is not whole */
    PN_ISSUING_CHUNK /* BDAT was issued, and not the last one */
} pn_issuing;

struct pneu_session {
    bool lmtp;
    bool no_pipelining;
    bool no_chunking;
    size_t max_unanswered;
    int64_t timeout_ms;
    pneu_timeouts timeouts;

    pn_state state;
    pneu_error error;  /* sticky */
    pneu_error misuse; /* of the last issuing call */
    pneu_protection protection;
    bool greeted;
    bool introduced;
    bool authenticated;
    bool transaction_open; /* the server has taken a MAIL */
    bool after_421;        /* a 421 was read */
    bool output_failed;
    bool ended; /* no more input will come */
    pneu_end end;
    int end_errno;

    pn_extensions extensions;
    unsigned quirks; /* PN_QUIRK_… */
    pn_buffer input; /* not yet given to the parser */
    pn_reply_parser parser;

    pn_queue queue;
    size_t handed;     /* commands at the head handed out whole, or skipped */
    size_t skipped;    /* of these */
    pn_buffer lines;   /* of the commands not handed out whole */
    size_t line_given; /* octets given of the first of them */

    pn_issuing issuing;
    size_t issued_transaction; /* the number of the last one issued */
    size_t issued_recipients;  /* its RCPTs */
    bool issued_utf8;          /* its MAIL states SMTPUTF8 */
    uint64_t issued_mails;
    size_t issued_resets;

    struct {
        size_t number; /* of the head's transaction */
        bool mail_refused;
        bool chunk_refused;
        size_t accepted; /* RCPTs */
    } current;

    int64_t now_ms;
    int64_t waiting_since_ms; /* for the head's answer, or for TLS; -1: not */
    int64_t writing_since_ms; /* for the driver to write; -1: not */

    pn_content content; /* last: its pieces need no zeroes */
};

/* Makes it new, for another connection, and keeps its memory: nothing is left
 * of what it was. Errors: as pneu_session_new(). */
pneu_status pn_session_again(pneu_session *session,
                             const pneu_session_options *options);

/* Breaks the session: sticky, the first error stays. */
void pn_session_break(pneu_session *session, const pneu_error *error);

/* Moves by the table. */
void pn_session_move(pneu_session *session, pn_cause cause);

/* No more is written; ends at once if no answer is due. error: why. */
void pn_session_farewell(pneu_session *session, const pneu_error *error);

bool pn_session_is_over(const pneu_session *session);

/* Starts, restarts or stops the clock that the oldest command is under. */
void pn_session_restart_wait(pneu_session *session);

/* The command that the session waits for or writes, for error messages. */
pneu_command pn_session_busy_with(const pneu_session *session);

/* Passes over what has become pointless at the sender's cursor. */
void pn_session_skip(pneu_session *session);

/* Takes what a server offers from the program, in place of an EHLO. Errors:
 * INVALID, NO_MEMORY. */
pneu_status pn_session_take_offer(pneu_session *session,
                                  const pneu_extension *offered, size_t count);

/* What the last EHLO and the line allow to the parameters of MAIL and RCPT. */
pn_offer pn_session_offer(const pneu_session *session);

/* May commands go out together, as they stand in the queue? */
bool pn_session_may_pipeline(const pneu_session *session);

/* Does the server take no more transactions on this connection? */
bool pn_session_is_used_up(const pneu_session *session);

/* True if there is something that may be written now. */
bool pn_session_has_output(const pneu_session *session);

#endif
