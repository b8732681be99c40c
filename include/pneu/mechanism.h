/*
 * SASL from the program's side: a mechanism of its own, and a token that is
 * fetched when it is needed.
 */
#ifndef PNEU_MECHANISM_H
#define PNEU_MECHANISM_H

#include <stdbool.h>
#include <stddef.h>

#include <pneu/export.h>
#include <pneu/status.h>

PNEU_BEGIN_DECLS

/* Where a call-back puts what it has to say. */
typedef struct pneu_answer pneu_answer;

/* Gives an answer, not encoded; copied, and wiped after use. One that is given
 * again replaces the first. Errors: NO_MEMORY; TOO_LARGE past 48 KiB. */
PNEU_API pneu_status pneu_answer_set(pneu_answer *answer, const void *data,
                                     size_t length);

/*
 * One step of a mechanism. challenge: decoded; NULL asks for the initial
 * response, and no answer then means that there is none; to a challenge it is
 * an empty one. Any status but OK ends AUTH with it (AGAIN: with MISUSE), the
 * server being told by "*". It must not call into the client. smtplib:
 * authobject
 */
typedef pneu_status pneu_step_function(void *context, const void *challenge,
                                       size_t length, pneu_answer *answer);

/* A mechanism that the program has written itself. It is borrowed as long as
 * what it was given to. */
typedef struct pneu_mechanism {
    size_t size;              /* set by PNEU_MECHANISM */
    const char *name;         /* as EHLO names it: "X-TICKET" */
    bool no_initial_response; /* never ask for one */
    pneu_step_function *step;
    void *context;
} pneu_mechanism;

#define PNEU_MECHANISM(...) \
    (&(const pneu_mechanism){.size = sizeof(pneu_mechanism), __VA_ARGS__})

/*
 * Gives an OAuth 2 access token (RFC 6749) for XOAUTH2 and OAUTHBEARER. It is
 * asked when AUTH begins, and once more (was_refused) if the server refused
 * the first; the same one again ends AUTH with the refusal. Any status but OK
 * ends AUTH with it (AGAIN: with MISUSE). It may take its time: a client does
 * not read or write meanwhile.
 */
typedef pneu_status pneu_token_function(void *context, bool was_refused,
                                        pneu_answer *token);

PNEU_END_DECLS

#endif
