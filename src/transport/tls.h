/* TLS (1.2 or newer) over another stream, by OpenSSL. */
#ifndef PN_TRANSPORT_TLS_H
#define PN_TRANSPORT_TLS_H

#include "transport/stream.h"

typedef struct pn_tls_options {
    const char *host;    /* a name (sent as SNI) or an address: verified */
    const char *ca_file; /* PEM; NULL: the system's trust store */
    bool after_starttls; /* not from the first octet: for messages */
    bool verify;         /* false: any certificate will do */
} pn_tls_options;

/*
 * A stream over below, which it takes over, also when it fails. Errors:
 * NO_MEMORY; INVALID for a CA file that cannot be used; TLS.
 */
pneu_status pn_tls_stream(pn_stream **stream, pn_stream *below,
                          const pn_tls_options *options, pneu_error *error);

/*
 * Goes on with the handshake. DONE when it is over. FAILED: the stream's
 * error is UNTRUSTED or TLS, and explains a port that does not speak TLS by
 * what it said instead.
 */
pn_io pn_tls_handshake(pn_stream *stream);

/* "TLSv1.3, TLS_AES_256_GCM_SHA384" */
void pn_tls_describe(const pn_stream *stream, char *text, size_t size);

enum {
    PN_TLS_BINDING_MAX = 64
};

/* The channel binding of this connection: tls-exporter under TLS 1.3 (RFC
 * 9266), tls-unique under 1.2 (RFC 5929). Returns its octets, 0 if there is
 * none. */
size_t pn_tls_binding(const pn_stream *stream, bool *is_exporter,
                      unsigned char binding[PN_TLS_BINDING_MAX]);

#endif
