/*
 * The two tables of the session: a row a command (what may follow it, how
 * long its answer may take, which answers it can have), and a row a move from
 * one state to another.
 */
#ifndef PN_SESSION_TABLE_H
#define PN_SESSION_TABLE_H

#include <stdbool.h>

#include "pneu/session.h"
#include "session/patience.h"

/*
 * command, its name for people, place in a group, patience, the positive
 * answer, the intermediate answer, handler.
 *
 * Place: FOLLOW if others may follow before the answer has come, LAST if not
 * (RFC 2920 3.1). Positive: one exact code, or 2 for any 2xx, or 0 for
 * anything at all. Intermediate: a 3xx that leads on, or 0. Every command may
 * also be answered 4xx or 5xx; any other answer breaks the protocol.
 */
#define PN_COMMAND_TABLE(X)                                   \
    X(NONE, "nothing", LAST, OTHER, 0, 0, other)              \
    X(GREETING, "greeting", LAST, GREETING, 220, 0, greeting) \
    X(EHLO, "EHLO", LAST, HELLO, 250, 0, hello)               \
    X(LHLO, "LHLO", LAST, HELLO, 250, 0, hello)               \
    X(HELO, "HELO", LAST, HELLO, 250, 0, hello)               \
    X(STARTTLS, "STARTTLS", LAST, OTHER, 220, 0, starttls)    \
    X(AUTH, "AUTH", LAST, OTHER, 235, 334, auth)              \
    X(AUTH_RESPONSE, "AUTH", LAST, OTHER, 235, 334, auth)     \
    X(MAIL, "MAIL", FOLLOW, MAIL, 2, 0, mail)                 \
    X(RCPT, "RCPT", FOLLOW, RCPT, 2, 0, rcpt)                 \
    X(DATA, "DATA", LAST, DATA, 354, 354, data)               \
    X(BDAT, "BDAT", FOLLOW, END, 2, 0, bdat)                  \
    X(CONTENT, "end of message", FOLLOW, END, 2, 0, content)  \
    X(RSET, "RSET", FOLLOW, OTHER, 2, 0, rset)                \
    X(NOOP, "NOOP", LAST, OTHER, 2, 0, other)                 \
    X(VRFY, "VRFY", LAST, OTHER, 2, 0, other)                 \
    X(EXPN, "EXPN", LAST, OTHER, 2, 0, other)                 \
    X(HELP, "HELP", LAST, OTHER, 2, 0, other)                 \
    X(ETRN, "ETRN", LAST, OTHER, 2, 0, other)                 \
    X(XCLIENT, "XCLIENT", LAST, OTHER, 220, 0, xclient)       \
    X(QUIT, "QUIT", LAST, FAREWELL, 2, 0, quit)               \
    X(OTHER, "command", LAST, OTHER, 0, 0, other)

/* state, what it means */
#define PN_STATE_LIST(X)                                                  \
    X(GREETING, "the server has not greeted yet")                         \
    X(READY, "commands go out as the queue allows")                       \
    X(CHALLENGED, "AUTH waits for the answer to a challenge")             \
    X(TLS, "STARTTLS was answered 220: TLS begins, nothing is read")      \
    X(CLOSING, "nothing is written any more, answers still due are read") \
    X(CLOSED, "over, in good order")                                      \
    X(BROKEN, "over: the protocol was broken or the line lost")

/* from, because of, to */
#define PN_MOVE_TABLE(X)             \
    X(GREETING, GREETED, READY)      \
    X(GREETING, FAREWELL, CLOSING)   \
    X(GREETING, FAULT, BROKEN)       \
    X(READY, CHALLENGE, CHALLENGED)  \
    X(READY, BEGIN_TLS, TLS)         \
    X(READY, FAREWELL, CLOSING)      \
    X(READY, FAULT, BROKEN)          \
    X(CHALLENGED, ANSWERED, READY)   \
    X(CHALLENGED, FAREWELL, CLOSING) \
    X(CHALLENGED, FAULT, BROKEN)     \
    X(TLS, PROTECTED, READY)         \
    X(TLS, FAREWELL, CLOSING)        \
    X(TLS, FAULT, BROKEN)            \
    X(CLOSING, DRAINED, CLOSED)      \
    X(CLOSING, FAULT, BROKEN)

typedef enum pn_state {
#define PN_STATE_ENUM(name, text) PN_STATE_##name,
    PN_STATE_LIST(PN_STATE_ENUM)
#undef PN_STATE_ENUM
} pn_state;

typedef enum pn_cause {
    PN_CAUSE_GREETED,
    PN_CAUSE_CHALLENGE,
    PN_CAUSE_ANSWERED,
    PN_CAUSE_BEGIN_TLS,
    PN_CAUSE_PROTECTED,
    PN_CAUSE_FAREWELL, /* a 421, a QUIT that was answered, a cancel */
    PN_CAUSE_DRAINED,
    PN_CAUSE_FAULT
} pn_cause;

struct pn_queued;
typedef void pn_reply_handler(pneu_session *session,
                              const struct pn_queued *command,
                              const pneu_reply *reply);

typedef struct pn_command_row {
    const char *name;
    bool others_may_follow;
    pn_phase phase;
    int positive;
    int intermediate;
    pn_reply_handler *handler;
} pn_command_row;

const pn_command_row *pn_command_row_of(pneu_command command);

/* The state after cause, or the same state if the table has no such move. */
pn_state pn_state_after(pn_state state, pn_cause cause);

#endif
