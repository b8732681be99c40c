/*
 * A CA and a server certificate under it, made for this run: EC P-256, valid
 * from yesterday for ten years. The CA's key is thrown away at once.
 */
#ifndef PN_SINK_CERTIFICATE_H
#define PN_SINK_CERTIFICATE_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "pneu/status.h"

typedef struct pn_sink_certificate {
    X509 *ca;
    X509 *server;
    EVP_PKEY *key; /* of the server */
} pn_sink_certificate;

/* For a host name or an address; NULL: localhost, 127.0.0.1 and ::1. Errors:
 * INVALID for a name that cannot stand in a certificate; TLS. */
pneu_status pn_sink_certificate_make(pn_sink_certificate *made,
                                     const char *name, pneu_error *error);

void pn_sink_certificate_finish(pn_sink_certificate *certificate);

#endif
