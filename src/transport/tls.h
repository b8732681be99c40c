/* TLS (1.2 or newer) over another stream, by OpenSSL. */
#ifndef PN_TRANSPORT_TLS_H
#define PN_TRANSPORT_TLS_H

#include "pneu/tls.h"
#include "transport/stream.h"

/* All that it points to is borrowed for the call of pn_tls_stream(). */
typedef struct pn_tls_options {
    const char *host; /* connected to: a name in ASCII, or an address. It is
                         verified, and (a name) sent as SNI, where settings
                         do not say otherwise */
    const pneu_tls_options *settings; /* NULL: the defaults */
    bool after_starttls; /* not from the first octet: for messages */
    bool verify; /* false: any certificate will do, if a pin matches (where
                    there are pins) */
} pn_tls_options;

/*
 * Finds what is wrong with settings as far as it can be known before any
 * connection; settings may be NULL. Errors: INVALID (a pin that is none,
 * ciphers that OpenSSL does not know, a name that cannot be one, an unknown
 * version); NO_MEMORY.
 */
pneu_status pn_tls_check_options(const pneu_tls_options *settings,
                                 pneu_error *error);

/*
 * A stream over below, which it takes over, also when it fails. Errors:
 * NO_MEMORY; INVALID for settings that cannot be used (a file that cannot be
 * read, a key that does not belong to its certificate); TLS.
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

/* After the handshake: does the chain lead to a trusted root, and is the
 * certificate for the name? Also where it need not. */
bool pn_tls_is_verified(const pn_stream *stream);

/* What has been agreed on; the stream's own. NULL before the handshake is
 * over, or if there was no memory for it. */
const pneu_tls_info *pn_tls_info(const pn_stream *stream);

enum {
    PN_TLS_BINDING_MAX = 64
};

/* The channel binding of this connection: tls-exporter under TLS 1.3 (RFC
 * 9266), tls-unique under 1.2 (RFC 5929). Returns its octets, 0 if there is
 * none. */
size_t pn_tls_binding(const pn_stream *stream, bool *is_exporter,
                      unsigned char binding[PN_TLS_BINDING_MAX]);

#endif
