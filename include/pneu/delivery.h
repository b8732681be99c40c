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

/*
 * Who a message is from and for. All of it is borrowed until the delivery is
 * done. Addresses are bare, without angle brackets or display names. A domain
 * that is not ASCII goes out as its A-label (IDNA 2008) unless the local part
 * needs SMTPUTF8 anyway.
 */
typedef struct pneu_envelope {
    size_t size;        /* set by PNEU_ENVELOPE */
    const char *sender; /* "" or NULL: the null reverse-path */
    const char *const *recipients;
    size_t recipient_count;
    const pneu_mail_parameters *mail; /* what MAIL states; NULL: what it must */
    const pneu_rcpt_parameters *rcpt; /* what each RCPT states; may be NULL */
    const pneu_rcpt_parameters *const *rcpt_each; /* recipient_count of them:
                            for recipient i in place of rcpt; NULL: rcpt */
    bool allow_local;      /* names without a domain, as LMTP servers take */
    bool allow_long_lines; /* pass lines of more than 998 octets */
    bool all_or_nothing;   /* send nothing unless every RCPT is accepted. Over
                              LMTP each recipient is still answered for itself
                              at the end */
    bool undivided; /* one transaction for all, however many they are, and what
                       the server says is the answer: who is one too many is
                       refused for now, and a command that it does not know is
                       refused. Only its RCPTMAX divides them, and only its
                       MAILMAX brings a renewal */
} pneu_envelope;

#define PNEU_ENVELOPE(...) \
    (&(const pneu_envelope){.size = sizeof(pneu_envelope), __VA_ARGS__})

/*
 * The message as it is: header, empty line, body; any line ends. With
 * BODY=BINARYMIME in the envelope it goes octet for octet (RFC 3030), and its
 * lines are the caller's business.
 */
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
 * Everything that is wrong, at once: fills at most max problems and returns
 * how many there are. session (which may be NULL: not asked yet) says what the
 * server offers. Problems: INVALID for no recipients; BAD_ADDRESS, one for each
 * address; BAD_MESSAGE; LINE_BREAK, INVALID and TOO_LARGE for parameters;
 * NOT_OFFERED for each extension that is needed or asked for and is not there;
 * TOO_LARGE for a message past SIZE, or for recipients that all_or_nothing
 * cannot hold in one transaction; UNPROTECTED for REQUIRETLS on a line without
 * verified TLS; NO_MEMORY.
 */
PNEU_API size_t pneu_preflight(const pneu_envelope *envelope,
                               const pneu_message *message,
                               const pneu_session *session,
                               pneu_error *problems, size_t max);

/*
 * Prepares a delivery: checks what can be checked without a server, as
 * pneu_preflight(). Nothing can be sent by this. error may be NULL: the first
 * problem.
 */
PNEU_API pneu_status pneu_delivery_new(pneu_delivery **delivery,
                                       const pneu_envelope *envelope,
                                       const pneu_message *message,
                                       pneu_error *error);

/* Frees the delivery; the session that it ran on may be gone already. */
PNEU_API void pneu_delivery_free(pneu_delivery *delivery);

/*
 * Begins, on a session that was introduced: the message is checked against
 * what EHLO said, then its first commands are issued with the tag. By BDAT if
 * the session may chunk. Errors: the first problem of pneu_preflight(), with
 * nothing sent and the connection as it was; those of the issuing calls.
 *
 * After a renewal it is called again, with the session of a new connection,
 * and goes on with the recipients that are left.
 */
PNEU_API pneu_status pneu_delivery_start(pneu_delivery *delivery,
                                         pneu_session *session, uintptr_t tag,
                                         pneu_error *error);

/* Why a delivery can go on only over a new connection. */
typedef enum pneu_renewal {
    PNEU_RENEWAL_NONE,
    PNEU_RENEWAL_MAILMAX,      /* the server's limit is reached (RFC 9422), or
                                  one that such servers are known to have */
    PNEU_RENEWAL_NO_CHUNKING,  /* BDAT was not understood: without it */
    PNEU_RENEWAL_NO_PIPELINING /* a group was not understood: without it */
} pneu_renewal;

/*
 * Asked whenever the session is over or the delivery has nothing under way:
 * if it is not NONE, the delivery is not done, and waits for
 * pneu_delivery_start() on a new connection, opened as the reason says, or for
 * pneu_delivery_give_up(). Nobody who waits so can have the message.
 */
PNEU_API pneu_renewal pneu_delivery_renewal(const pneu_delivery *delivery);

/*
 * Takes an event of the session that carries the delivery's tag, and issues
 * what comes next. Errors: NO_MEMORY; the session is then cancelled.
 */
PNEU_API pneu_status pneu_delivery_event(pneu_delivery *delivery,
                                         pneu_session *session,
                                         const pneu_event *event);

/* Nothing more will be done: recipients without an outcome are not tried, and
 * why says the reason. Those whose message had its commands issued, and whose
 * events were not all taken, are in doubt: take the session's events first. */
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
 * The ready list of them, in the envelope's order: fills at most max recipients
 * and returns how many there are. Nobody in doubt is on it.
 */
PNEU_API size_t pneu_delivery_resend_list(const pneu_delivery *delivery,
                                          const char **recipients, size_t max);

/* The size of the message in octets, as it goes over the wire (without stuffed
 * dots): what pneu_session_body_sent() leads up to. */
PNEU_API uint64_t pneu_delivery_octets(const pneu_delivery *delivery);

/*
 * The exit status that a program should end with (sysexits.h; 79 is ours):
 * 0 all accepted; 79 someone in doubt (one accepted, one in doubt: 79); 75
 * nobody accepted or in doubt, and someone may be tried again (one refused for
 * good, one for now: 75); 69 otherwise: someone has it and someone does not
 * (one accepted, one refused for now: 69), or all were refused for good. So who
 * sends the whole again at 75 brings it to nobody twice.
 */
PNEU_API int pneu_delivery_exit_status(const pneu_delivery *delivery);

/* "accepted", "refused for now", "refused for good", "in doubt", "not tried" */
PNEU_API const char *pneu_outcome_name(pneu_outcome_kind kind);

PNEU_END_DECLS

#endif
