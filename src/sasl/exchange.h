/*
 * One SASL exchange (RFC 4422), from the client's side, whoever knows the
 * mechanism: GNU SASL (gnu.c), pneu itself (oauth.c), or the program (own.c).
 */
#ifndef PN_SASL_EXCHANGE_H
#define PN_SASL_EXCHANGE_H

#include "sasl/answer.h"
#include "sasl/mechanism.h"
#include "sasl/token.h"

typedef struct pn_exchange pn_exchange;

typedef enum pn_binding_kind {
    PN_BINDING_NONE,
    PN_BINDING_TLS_UNIQUE,
    PN_BINDING_TLS_EXPORTER
} pn_binding_kind;

/* All of it is borrowed for as long as the exchange. */
typedef struct pn_exchange_options {
    const pn_mechanism *mechanism;
    const char *user;
    const char *password;
    const char *authorization;
    const char *host;
    uint16_t port;
    pn_binding_kind binding_kind;
    pn_span binding; /* used by mechanisms that need one */
    pn_token *token;
    const pneu_mechanism *own; /* for PN_KIND_OWN */
} pn_exchange_options;

/* What each kind of exchange does; the first member of its struct is a
 * pn_exchange. */
typedef struct pn_exchange_table {
    pneu_status (*step)(pn_exchange *exchange, pn_span challenge,
                        pneu_answer *answer, pneu_error *error);
    bool (*is_complete)(const pn_exchange *exchange);
    const char *(*detail)(const pn_exchange *exchange); /* or NULL */
    void (*free)(pn_exchange *exchange);
} pn_exchange_table;

struct pn_exchange {
    const pn_exchange_table *table;
    const pn_mechanism *mechanism;
};

/* Errors: NOT_OFFERED if GNU SASL was built without the mechanism; INVALID
 * for credentials that it cannot carry; NO_MEMORY. */
pneu_status pn_exchange_new(pn_exchange **exchange,
                            const pn_exchange_options *options,
                            pneu_error *error);

/* NULL is fine. */
void pn_exchange_free(pn_exchange *exchange);

/*
 * Takes a challenge (data NULL: the client's first word is wanted) and sets
 * the answer, or leaves it unset if there is no first word. Errors:
 * AUTH_FAILED, the server's words being wrong; INVALID, as above; those of a
 * call-back; NO_MEMORY.
 */
pneu_status pn_exchange_step(pn_exchange *exchange, pn_span challenge,
                             pneu_answer *answer, pneu_error *error);

/* True when the client has nothing more to say or to check: only then may
 * the server's success be believed (RFC 5802 3). */
bool pn_exchange_is_complete(const pn_exchange *exchange);

/* What the server has said about a failure within the exchange (RFC 7628
 * 3.2.2), made safe to show; NULL if it has said nothing. */
const char *pn_exchange_detail(const pn_exchange *exchange);

#endif
