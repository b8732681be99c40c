/* One SASL exchange (RFC 4422), from the client's side, by GNU SASL. */
#ifndef PN_SASL_EXCHANGE_H
#define PN_SASL_EXCHANGE_H

#include "base/buffer.h"
#include "sasl/mechanism.h"

typedef struct pn_exchange pn_exchange;

typedef enum pn_binding_kind {
    PN_BINDING_NONE,
    PN_BINDING_TLS_UNIQUE,
    PN_BINDING_TLS_EXPORTER
} pn_binding_kind;

typedef struct pn_exchange_options {
    const pn_mechanism *mechanism;
    const char *user;
    const char *password;
    const char *host;
    pn_binding_kind binding_kind;
    pn_span binding; /* used by mechanisms that need one */
} pn_exchange_options;

/* Errors: NOT_OFFERED if GNU SASL was built without the mechanism; INVALID
 * for credentials that it cannot carry; NO_MEMORY. */
pneu_status pn_exchange_new(pn_exchange **exchange,
                            const pn_exchange_options *options,
                            pneu_error *error);

/* NULL is fine. */
void pn_exchange_free(pn_exchange *exchange);

/*
 * Takes a challenge (empty for the client's first word) and appends the
 * answer to out. Errors: AUTH_FAILED, the server's words being wrong;
 * NO_MEMORY.
 */
pneu_status pn_exchange_step(pn_exchange *exchange, pn_span challenge,
                             pn_buffer *out, pneu_error *error);

/* True when the client has nothing more to say or to check: only then may
 * the server's success be believed (RFC 5802 3). */
bool pn_exchange_is_complete(const pn_exchange *exchange);

#endif
