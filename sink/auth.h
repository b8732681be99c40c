/*
 * The server's side of SASL (RFC 4422), by GNU SASL, which lacks only those
 * of OAuth: which mechanisms there are, and one exchange. What is said on the
 * wire is the command's business.
 */
#ifndef PN_SINK_AUTH_H
#define PN_SINK_AUTH_H

#include <gsasl.h>
#include <openssl/ssl.h>

#include "base/buffer.h"
#include "sink/oauth.h"
#include "sink/options.h"

/* What there is once for all exchanges. */
typedef struct pn_sink_authority {
    Gsasl *gsasl;
    const pn_sink_options *options;
} pn_sink_authority;

/* What a mechanism is like. */
enum {
    PN_SINK_MECHANISM_NEEDS_TLS = 1 << 0,    /* it binds to the channel */
    PN_SINK_MECHANISM_PLAINTEXT = 1 << 1,    /* it shows the password */
    PN_SINK_MECHANISM_SERVER_FIRST = 1 << 2, /* it begins with a challenge */
    PN_SINK_MECHANISM_NO_INITIAL = 1 << 3,   /* which cannot be skipped */
    PN_SINK_MECHANISM_NEEDS_NAME = 1 << 4,   /* --mechanisms must name it */
    PN_SINK_MECHANISM_NO_USERS = 1 << 5,     /* it asks for no known user */
    PN_SINK_MECHANISM_CERTIFICATE = 1 << 6   /* the client's says who it is */
};

typedef struct pn_sink_mechanism {
    const char *name;
    unsigned flags;
    pn_sink_oauth_form oauth;
} pn_sink_mechanism;

/* What the line says about the client. */
typedef struct pn_sink_auth_line {
    SSL *tls;                /* NULL: none, so no channel binding */
    const char *certificate; /* whom it names; "": there is none */
} pn_sink_auth_line;

typedef struct pn_sink_exchange {
    pn_sink_authority *authority;
    Gsasl_session *session; /* NULL with those of OAuth */
    const pn_sink_mechanism *mechanism;
    bool complained; /* OAuth: the refusal was told in a challenge */
    pn_sink_auth_line line;
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

/* Mechanism number i, the strongest first; NULL past the last. */
const pn_sink_mechanism *pn_sink_mechanism_at(size_t i);
const pn_sink_mechanism *pn_sink_mechanism_find(pn_span name);

/* True if the options let it be used at all, and on this line, with TLS or
 * not, and with a client's certificate or not. */
bool pn_sink_mechanism_is_on(const pn_sink_mechanism *mechanism,
                             const pn_sink_options *options);
bool pn_sink_mechanism_is_offered(const pn_sink_mechanism *mechanism,
                                  const pn_sink_options *options, bool tls,
                                  bool certificate);

/* Adds a list of names, with blanks between, to a set of 1 << number. Errors:
 * INVALID. */
pneu_status pn_sink_mechanisms_add(unsigned *set, const char *list,
                                   pneu_error *error);

/* True if the options let any be used. */
bool pn_sink_mechanisms_any(const pn_sink_options *options);

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
                            const pn_sink_mechanism *mechanism,
                            const pn_sink_auth_line *line);

/* Takes what the client said, decoded. */
pn_sink_auth_result pn_sink_exchange_step(pn_sink_exchange *exchange,
                                          pn_span response);

#endif
