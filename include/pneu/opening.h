/*
 * From a new line to a session that can send mail: greeting, EHLO (or HELO),
 * STARTTLS, EHLO again, AUTH. An opening issues commands on a session and
 * takes the session's events; it does no input or output of its own. It looks
 * at what the session has behind it and does only what is left to do, so it
 * may begin at any point.
 */
#ifndef PNEU_OPENING_H
#define PNEU_OPENING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pneu/export.h>
#include <pneu/mechanism.h>
#include <pneu/session.h>
#include <pneu/status.h>

PNEU_BEGIN_DECLS

typedef struct pneu_opening pneu_opening;

/* The tag of an opening's commands. Its events are those with this tag, and
 * the one of PNEU_COMMAND_GREETING. */
#define PNEU_OPENING_TAG ((uintptr_t)1)

/* When the opening asks for STARTTLS on a line that is not under TLS. */
typedef enum pneu_opening_tls {
    PNEU_OPENING_TLS_NEVER,
    PNEU_OPENING_TLS_IF_OFFERED,
    PNEU_OPENING_TLS_FOR_AUTH, /* if AUTH is wanted, and no mechanism that can
                                  be used is offered without */
    PNEU_OPENING_TLS_REQUIRED
} pneu_opening_tls;

/* When AUTH goes on to the next mechanism after a refusal. */
typedef enum pneu_auth_policy {
    /* 504 (not known) and 534 (too weak) speak of the mechanism (RFC 4954 4,
     * 6); anything else speaks of the credentials, and stays the answer */
    PNEU_AUTH_STRICT = 0,
    PNEU_AUTH_NEVER_NEXT,
    PNEU_AUTH_ALWAYS_NEXT /* after any refusal, as smtplib does */
} pneu_auth_policy;

/*
 * Strings are copied. Zero means the default, for every field. AUTH is
 * required if user, mechanisms, token or own_mechanism is given.
 *
 * Without mechanisms the strongest that both sides have is taken: SCRAM with
 * channel binding, SCRAM, CRAM-MD5, PLAIN, LOGIN; with a token OAUTHBEARER,
 * XOAUTH2. DIGEST-MD5, NTLM, GSSAPI, EXTERNAL and ANONYMOUS must be named.
 *
 * GSSAPI, EXTERNAL and ANONYMOUS need neither user nor password. GSSAPI logs in
 * whom the ticket is for; if there is no ticket, the next mechanism is tried.
 * EXTERNAL takes authorization or else user as whom to act for, and ANONYMOUS
 * shows user to the server as a trace. CRAM-MD5, LOGIN, NTLM, XOAUTH2 and
 * ANONYMOUS cannot act as another, and are not used with authorization.
 */
typedef struct pneu_opening_options {
    size_t size;            /* set by PNEU_OPENING_OPTIONS */
    const char *local_name; /* the client's name for EHLO; required */
    const char *host;       /* the server's name, as some mechanisms want it */
    pneu_opening_tls tls;
    const char *user;
    const char *password;   /* for OAUTHBEARER and XOAUTH2: a token */
    const char *mechanisms; /* these and no others, in this order, with blanks
                               between; one forces it */
    bool allow_cleartext_auth; /* credentials over any line */
    const char *authorization; /* act as this user, logged in as the other */
    pneu_auth_policy policy;
    bool no_initial_response; /* always wait for the first 334 */
    pneu_token_function *token;
    void *token_context;
    const pneu_mechanism *own_mechanism; /* this one and no other; not together
                                            with mechanisms */
    uint16_t port; /* the server's, which OAUTHBEARER states; 0: not stated */
} pneu_opening_options;

#define PNEU_OPENING_OPTIONS(...)                                        \
    (&(const pneu_opening_options){.size = sizeof(pneu_opening_options), \
                                   __VA_ARGS__})

/* Channel bindings (RFC 5056) that mechanisms ending in -PLUS need. */
typedef enum pneu_binding {
    PNEU_BINDING_NONE,
    PNEU_BINDING_TLS_UNIQUE,  /* RFC 5929, TLS 1.2 */
    PNEU_BINDING_TLS_EXPORTER /* RFC 9266, TLS 1.3 */
} pneu_binding;

/*
 * Errors: INVALID for what cannot be (a mechanism that is not known, or none
 * that could do with the credentials given); LINE_BREAK in mechanisms or in
 * own_mechanism's name; NO_MEMORY. error may be NULL.
 */
PNEU_API pneu_status pneu_opening_new(pneu_opening **opening,
                                      const pneu_opening_options *options,
                                      pneu_error *error);

/* Wipes the password and frees. NULL is fine. */
PNEU_API void pneu_opening_free(pneu_opening *opening);

/* Binds AUTH to the TLS channel: call it when TLS has begun. Errors:
 * NO_MEMORY. */
PNEU_API pneu_status pneu_opening_bind(pneu_opening *opening,
                                       pneu_binding binding, const void *data,
                                       size_t length);

/*
 * Goes on from where the session is: at the start, and after
 * pneu_session_protected(). How it went is in is_done and error.
 */
PNEU_API void pneu_opening_go(pneu_opening *opening, pneu_session *session);

/* Takes one of its events, and goes on. */
PNEU_API void pneu_opening_event(pneu_opening *opening, pneu_session *session,
                                 const pneu_event *event);

/* True when a step of the SASL mechanism is to be taken: the driver calls
 * _step(), which may compute for long (SCRAM), ask others (GSSAPI waits for
 * its KDC) or call the program (a token, a mechanism of its own). */
PNEU_API bool pneu_opening_wants_step(const pneu_opening *opening);
PNEU_API void pneu_opening_step(pneu_opening *opening, pneu_session *session);

/* True when there is nothing left to do, be it for success or failure. */
PNEU_API bool pneu_opening_is_done(const pneu_opening *opening);

/*
 * Status OK if the session is ready. Otherwise: REFUSED (by which command is
 * in the error), NOT_OFFERED (STARTTLS, AUTH, a mechanism), UNPROTECTED
 * (credentials over an open line), AUTH_FAILED (on this side: the server's
 * words are wrong, or there is no ticket), INVALID (credentials that the
 * mechanism cannot carry), what a call-back gave, and what broke the session.
 */
PNEU_API const pneu_error *pneu_opening_error(const pneu_opening *opening);

/* The mechanism that was used, or tried last; NULL if none. */
PNEU_API const char *pneu_opening_mechanism(const pneu_opening *opening);

PNEU_END_DECLS

#endif
