/*
 * One message to n recipients, and what became of each. A delivery issues
 * commands on a session and takes the session's events; like the session it
 * does no input or output of its own.
 */
#ifndef PNEU_DELIVERY_H
#define PNEU_DELIVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pneu/export.h>
#include <pneu/session.h>
#include <pneu/status.h>

PNEU_BEGIN_DECLS

typedef struct pneu_delivery pneu_delivery;

/* Who a message is from and for. All of it is borrowed until the delivery is
 * done. Addresses are bare, without angle brackets or display names. */
typedef struct pneu_envelope {
    size_t size;        /* set by PNEU_ENVELOPE */
    const char *sender; /* "" or NULL: the null reverse-path */
    const char *const *recipients;
    size_t recipient_count;
    const char *mail_parameters; /* "RET=HDRS ENVID=1", or NULL */
    const char *rcpt_parameters; /* for every recipient, or NULL */
    bool allow_local;      /* names without a domain, as LMTP servers take */
    bool allow_long_lines; /* pass lines of more than 998 octets */
} pneu_envelope;

#define PNEU_ENVELOPE(...) \
    (&(const pneu_envelope){.size = sizeof(pneu_envelope), __VA_ARGS__})

/* The message as it is: header, empty line, body; any line ends. */
typedef struct pneu_message {
    size_t size; /* set by PNEU_MESSAGE */
    const void *data;
    size_t length;
} pneu_message;

#define PNEU_MESSAGE(...) \
    (&(const pneu_message){.size = sizeof(pneu_message), __VA_ARGS__})

/*
 * What became of one recipient.
 *
 * ACCEPTED: the server took the message for this recipient and said so in a
 * whole 2xx. IN_DOUBT: the end of the message may have reached the server and
 * no sure answer came: sending again may deliver twice. NOT_TRIED: the
 * server cannot have taken it.
 */
typedef enum pneu_outcome_kind {
    PNEU_OUTCOME_NOT_TRIED,
    PNEU_OUTCOME_ACCEPTED,
    PNEU_OUTCOME_REFUSED_FOR_NOW,
    PNEU_OUTCOME_REFUSED_FOR_GOOD,
    PNEU_OUTCOME_IN_DOUBT
} pneu_outcome_kind;

typedef struct pneu_outcome {
    pneu_outcome_kind kind;
    const char *recipient;       /* as the envelope has it */
    pneu_command command;        /* which command the code answers */
    int code;                    /* the server's, 0 if it said nothing */
    pneu_enhanced_code enhanced; /* RFC 2034 */
    const char *text;            /* the server's words (queue id and all), or
                                    why nothing was said; never NULL. From a
                                    server: see pneu_reply_escape() */
} pneu_outcome;

/*
 * Prepares a delivery: checks each address (RFC 5321 4.1.2) and the message
 * (line length, NUL). Nothing can be sent by this. error may be NULL.
 * Errors: INVALID for no recipients; BAD_ADDRESS; BAD_MESSAGE; LINE_BREAK and
 * TOO_LARGE for parameters; NO_MEMORY.
 */
PNEU_API pneu_status pneu_delivery_new(pneu_delivery **delivery,
                                       const pneu_envelope *envelope,
                                       const pneu_message *message,
                                       pneu_error *error);

/* Frees the delivery; the session that it ran on may be gone already. */
PNEU_API void pneu_delivery_free(pneu_delivery *delivery);

/*
 * Begins, on a session that was introduced: the message is checked against
 * what EHLO said (SIZE, 8BITMIME, SMTPUTF8), then its first commands are
 * issued with the tag. Errors: NOT_OFFERED and TOO_LARGE, with nothing sent
 * and the connection as it was; those of the issuing calls.
 */
PNEU_API pneu_status pneu_delivery_start(pneu_delivery *delivery,
                                         pneu_session *session, uintptr_t tag,
                                         pneu_error *error);

/*
 * Takes an event of the session that carries the delivery's tag, and issues
 * what comes next. Errors: NO_MEMORY; the session is then cancelled.
 */
PNEU_API pneu_status pneu_delivery_event(pneu_delivery *delivery,
                                         pneu_session *session,
                                         const pneu_event *event);

/* Nothing more will be done: recipients without an outcome are not tried, and
 * why says the reason. */
PNEU_API void pneu_delivery_give_up(pneu_delivery *delivery,
                                    const pneu_error *why);

/* True when every recipient has its outcome. */
PNEU_API bool pneu_delivery_is_done(const pneu_delivery *delivery);

PNEU_API size_t pneu_delivery_count(const pneu_delivery *delivery);

/* What became of recipient i, in the envelope's order; NULL past the end.
 * Borrowed until the delivery's next event. */
PNEU_API const pneu_outcome *
pneu_delivery_outcome(const pneu_delivery *delivery, size_t i);

/* How many recipients have this outcome. */
PNEU_API size_t pneu_delivery_tally(const pneu_delivery *delivery,
                                    pneu_outcome_kind kind);

/* True if sending to recipient i again cannot deliver twice: refused for now,
 * or not tried. */
PNEU_API bool pneu_delivery_may_resend(const pneu_delivery *delivery, size_t i);

/*
 * The exit status that a program should end with (sysexits.h; 79 is ours):
 * 0 all accepted, 79 someone in doubt, 69 someone refused, 75 nobody accepted
 * and someone may be tried again.
 */
PNEU_API int pneu_delivery_exit_status(const pneu_delivery *delivery);

/* "accepted", "refused for now", "refused for good", "in doubt", "not tried" */
PNEU_API const char *pneu_outcome_name(pneu_outcome_kind kind);

PNEU_END_DECLS

#endif
