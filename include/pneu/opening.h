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

#include <pneu/export.h>
#include <pneu/session.h>
#include <pneu/status.h>

PNEU_BEGIN_DECLS

typedef struct pneu_opening pneu_opening;

/* When and how TLS is used. Verified: the chain leads to a trusted root and
 * the certificate is for the host. */
typedef enum pneu_tls_mode {
    PNEU_TLS_AUTO = 0, /* by port, peer and credentials: see docs/tls.md */
    PNEU_TLS_NONE,     /* never */
    PNEU_TLS_OPTIONAL, /* STARTTLS if offered; unverified is accepted */
    PNEU_TLS_STARTTLS, /* STARTTLS or nothing, verified */
    PNEU_TLS_IMPLICIT  /* from the first octet, verified */
} pneu_tls_mode;

/* The tag of an opening's commands. Its events are those with this tag, and
 * the one of PNEU_COMMAND_GREETING. */
#define PNEU_OPENING_TAG ((uintptr_t)1)

/* When the opening asks for STARTTLS on a line that is not under TLS. */
typedef enum pneu_opening_tls {
    PNEU_OPENING_TLS_NEVER,
    PNEU_OPENING_TLS_IF_OFFERED,
    PNEU_OPENING_TLS_FOR_AUTH, /* if AUTH is wanted and not offered without */
    PNEU_OPENING_TLS_REQUIRED
} pneu_opening_tls;

/* Strings are copied. Zero means the default, for every field. */
typedef struct pneu_opening_options {
    size_t size;            /* set by PNEU_OPENING_OPTIONS */
    const char *local_name; /* the client's name for EHLO; required */
    const char *host;       /* the server's name, as some mechanisms want it */
    pneu_opening_tls tls;
    const char *user; /* NULL: no AUTH */
    const char *password;
    const char *mechanism;     /* this one and no other */
    bool allow_cleartext_auth; /* credentials over any line */
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

/* Errors: INVALID for what cannot be; NO_MEMORY. error may be NULL. */
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
 * _step(), which may compute for long (SCRAM) or ask others (GSSAPI). */
PNEU_API bool pneu_opening_wants_step(const pneu_opening *opening);
PNEU_API void pneu_opening_step(pneu_opening *opening, pneu_session *session);

/* True when there is nothing left to do, be it for success or failure. */
PNEU_API bool pneu_opening_is_done(const pneu_opening *opening);

/*
 * Status OK if the session is ready. Otherwise: REFUSED (by which command is
 * in the error), NOT_OFFERED (STARTTLS, AUTH, a mechanism), UNPROTECTED
 * (credentials over an open line), AUTH_FAILED, and what broke the session.
 */
PNEU_API const pneu_error *pneu_opening_error(const pneu_opening *opening);

/* The mechanism that was used, or tried last; NULL if none. */
PNEU_API const char *pneu_opening_mechanism(const pneu_opening *opening);

PNEU_END_DECLS

#endif
