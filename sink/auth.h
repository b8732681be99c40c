/*
 * The server's side of SASL (RFC 4422), by GNU SASL: which mechanisms there
 * are, and one exchange. What is said on the wire is the command's business.
 */
#ifndef PN_SINK_AUTH_H
#define PN_SINK_AUTH_H

#include <gsasl.h>
#include <openssl/ssl.h>

#include "base/buffer.h"
#include "sink/options.h"

/* What there is once for all exchanges. */
typedef struct pn_sink_authority {
    Gsasl *gsasl;
    const pn_sink_options *options;
} pn_sink_authority;

typedef struct pn_sink_exchange {
    pn_sink_authority *authority;
    Gsasl_session *session;
    SSL *tls;            /* NULL: none, so no channel binding */
    const char *user;    /* once it succeeded */
    pn_buffer challenge; /* not encoded */
    bool last_sent;      /* succeeded, but for the client's empty answer */
} pn_sink_exchange;

typedef enum pn_sink_auth_result {
    PN_SINK_AUTH_CHALLENGE, /* send the challenge */
    PN_SINK_AUTH_DONE,
    PN_SINK_AUTH_REFUSED,   /* wrong user or password */
    PN_SINK_AUTH_MALFORMED, /* not what the mechanism says */
    PN_SINK_AUTH_FAILED     /* no memory and the like */
} pn_sink_auth_result;

/* What a mechanism is like. */
enum {
    PN_SINK_MECHANISM_NEEDS_TLS = 1 << 0,    /* it binds to the channel */
    PN_SINK_MECHANISM_PLAINTEXT = 1 << 1,    /* it shows the password */
    PN_SINK_MECHANISM_SERVER_FIRST = 1 << 2, /* it begins with a challenge */
    PN_SINK_MECHANISM_NO_INITIAL = 1 << 3    /* which cannot be skipped */
};

typedef struct pn_sink_mechanism {
    const char *name;
    unsigned flags;
} pn_sink_mechanism;

/* Mechanism number i, the strongest first; NULL past the last. */
const pn_sink_mechanism *pn_sink_mechanism_at(size_t i);
const pn_sink_mechanism *pn_sink_mechanism_find(pn_span name);

/* True if the options let it be used at all, and on this line. */
bool pn_sink_mechanism_is_on(const pn_sink_mechanism *mechanism,
                             const pn_sink_options *options);
bool pn_sink_mechanism_is_offered(const pn_sink_mechanism *mechanism,
                                  const pn_sink_options *options, bool tls);

/* A list of names with blanks between. Errors: INVALID. */
pneu_status pn_sink_mechanisms_check(const char *list, pneu_error *error);

/* Errors: NO_MEMORY, SYSTEM. */
pneu_status pn_sink_authority_open(pn_sink_authority *authority,
                                   const pn_sink_options *options,
                                   pneu_error *error);
void pn_sink_authority_close(pn_sink_authority *authority);

void pn_sink_exchange_init(pn_sink_exchange *exchange);
void pn_sink_exchange_finish(pn_sink_exchange *exchange);

/* Begins an exchange; false without memory. */
bool pn_sink_exchange_start(pn_sink_exchange *exchange,
                            pn_sink_authority *authority,
                            const pn_sink_mechanism *mechanism, SSL *tls);

/* Takes what the client said, decoded. */
pn_sink_auth_result pn_sink_exchange_step(pn_sink_exchange *exchange,
                                          pn_span response);

#endif
