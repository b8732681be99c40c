/* The inside of a TLS stream, shared by the files tls*.c. */
#ifndef PN_TRANSPORT_TLS_INSIDE_H
#define PN_TRANSPORT_TLS_INSIDE_H

#include <openssl/ssl.h>

#include "base/buffer.h"
#include "transport/tls.h"

enum {
    PN_TLS_FIRST_OCTETS = 32,
    PN_TLS_RECORD_SIZE = 16384, /* RFC 8446 5.1 */
    PN_TLS_NAME_SIZE = 256,
    PN_TLS_REASON_SIZE = 160,
    PN_TLS_DETAIL_SIZE = 360
};

typedef struct pn_tls {
    pn_stream head;
    pn_stream *below;
    SSL_CTX *context;
    SSL *ssl;
    BIO_METHOD *method;
    char host[PN_TLS_NAME_SIZE]; /* connected to: for messages */
    char name[PN_TLS_NAME_SIZE]; /* verified */
    bool verify;
    bool after_starttls;

    unsigned char (*pins)[PNEU_SHA256_SIZE];
    size_t pin_count;

    bool is_client_asked; /* for a certificate */
    bool has_certificate;

    /* what became of the server's certificate */
    bool is_examined;
    bool is_pin_wrong;
    long verdict; /* X509_V_OK */
    char because[PN_TLS_DETAIL_SIZE];

    char first[PN_TLS_FIRST_OCTETS]; /* that the other side sent */
    size_t first_count;

    bool has_info;
    pneu_tls_info info;
    pn_buffer texts; /* of info */
    unsigned char *der;

    size_t record_start; /* octets taken, and not yet given to OpenSSL */
    size_t record_end;
    char record[PN_TLS_RECORD_SIZE];
} pn_tls;

/* tls_bio.c: what OpenSSL reads and writes through; NULL: no memory. */
BIO *pn_tls_new_bio(pn_tls *self);

/* tls_setup.c: everything from the options. */
pneu_status pn_tls_set_up(pn_tls *self, const pn_tls_options *options,
                          pneu_error *error);

/* tls_trust.c: where trust begins. */
pneu_status pn_tls_set_trust(SSL_CTX *context, const pneu_tls_options *settings,
                             pneu_error *error);

/* tls_key.c: the client's own certificate. */
pneu_status pn_tls_set_certificate(SSL_CTX *context,
                                   const pneu_tls_options *settings,
                                   pneu_error *error);

/* tls_ciphers.c: versions, ciphers and ciphersuites. */
pneu_status pn_tls_check_ciphers(const pneu_tls_options *settings,
                                 pneu_error *error);
pneu_status pn_tls_set_ciphers(SSL_CTX *context,
                               const pneu_tls_options *settings,
                               pneu_error *error);

/* tls_pin.c */
enum {
    PN_TLS_PIN_SIZE = 64 /* "sha256//", 44 characters, and NUL */
};
pneu_status pn_tls_read_pin(const char *pin, unsigned char *hash,
                            pneu_error *error);
bool pn_tls_pin_of(const X509 *certificate, unsigned char *hash);
void pn_tls_write_pin(const unsigned char *hash, char *pin);

/* tls_verify.c: is called by OpenSSL with the server's chain; argument is the
 * pn_tls. */
int pn_tls_verify(X509_STORE_CTX *chain, void *argument);

/* tls_info.c */
void pn_tls_make_info(pn_tls *self);
void pn_tls_drop_info(pn_tls *self);

/* "2026-11-22T00:00:00Z"; "" if it cannot be told. */
void pn_tls_write_time(const ASN1_TIME *time, char *text, size_t size);

/* Appends the names in a certificate, and a name, escaped. False: no
 * memory, or too much of it. */
bool pn_tls_add_names(pn_buffer *to, const X509 *certificate);
bool pn_tls_add_name(pn_buffer *to, const X509_NAME *name);

/* tls_explain.c: OpenSSL's first error in words. */
void pn_tls_reason(char *text, size_t size);

/* A handshake, or reading or writing after it, has failed: sets the stream's
 * error. */
pn_io pn_tls_fail_handshake(pn_tls *self);
pn_io pn_tls_fail_line(pn_tls *self);

#endif
