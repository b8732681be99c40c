/* The sink's side of TLS: its context, and channel bindings. */
#ifndef PN_SINK_TLS_H
#define PN_SINK_TLS_H

#include <openssl/ssl.h>

#include "base/buffer.h"
#include "sink/options.h"

/*
 * A context with the certificate that the options name, or with one made for
 * this run, whose CA file is then written if the options ask for it. NULL if
 * it failed: INVALID, SOURCE, SYSTEM, TLS.
 */
SSL_CTX *pn_sink_tls_new(const pn_sink_options *options, pneu_error *error);

enum {
    PN_SINK_CLIENT_NAME_SIZE = 320
};

/* Whom the client's certificate, if it showed one, names: a mail address
 * among its other names, else its common name. "": nobody. */
void pn_sink_tls_client_name(const SSL *tls,
                             char name[PN_SINK_CLIENT_NAME_SIZE]);

/*
 * Appends the base64 form of the channel binding: tls-exporter with TLS 1.3
 * (RFC 9266), tls-unique before (RFC 5929 3). False if there is none.
 */
bool pn_sink_tls_binding(SSL *tls, pn_buffer *out);

/* True if the binding is of the type tls-exporter. */
bool pn_sink_tls_uses_exporter(const SSL *tls);

#endif
