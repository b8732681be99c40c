/* TLS as the program sees it: when it is used, and whom it has reached. */
#ifndef PNEU_TLS_H
#define PNEU_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include <pneu/export.h>

PNEU_BEGIN_DECLS

/* When and how TLS is used. Verified: the chain leads to a trusted root and
 * the certificate is for the host. */
typedef enum pneu_tls_mode {
    PNEU_TLS_AUTO = 0, /* by port, peer, credentials and pins: docs/tls.md */
    PNEU_TLS_NONE,     /* never */
    PNEU_TLS_OPTIONAL, /* STARTTLS if offered; unverified is accepted */
    PNEU_TLS_STARTTLS, /* STARTTLS or nothing, verified */
    PNEU_TLS_IMPLICIT  /* from the first octet, verified */
} pneu_tls_mode;

/* The oldest version that will do. */
typedef enum pneu_tls_version {
    PNEU_TLS_1_2 = 0, /* RFC 8997 */
    PNEU_TLS_1_3
} pneu_tls_version;

/* Zero means the default, for every field. */
typedef struct pneu_tls_options {
    size_t size;         /* set by PNEU_TLS_OPTIONS */
    const char *ca_file; /* PEM, read when TLS begins, in place of the system's
                            trust store */
    const char *ca_folder;        /* the same, as `openssl rehash` makes it */
    const char *ca_pem;           /* the same, in memory */
    const char *certificate_file; /* the client's own, and its chain: PEM */
    const char *key_file;         /* PEM; default: in certificate_file */
    const char *key_password;
    const char *name; /* verified in place of the host: a name, or an address */
    const char *sni;  /* sent in place of the verified name (RFC 6066 3); "":
                         nothing is */
    const char *const *pins; /* "sha256//" and base64, as curl writes them: the
                                hash of the server's public key
                                (SubjectPublicKeyInfo). One must match, beside
                                all else */
    size_t pin_count;
    pneu_tls_version minimum;
    const char *ciphers;      /* of TLS 1.2, as `openssl ciphers` takes them */
    const char *ciphersuites; /* of TLS 1.3, the same way */
} pneu_tls_options;

#define PNEU_TLS_OPTIONS(...) \
    (&(const pneu_tls_options){.size = sizeof(pneu_tls_options), __VA_ARGS__})

/* Octets of a SHA-256 hash. */
#define PNEU_SHA256_SIZE 32

/* What TLS has agreed on, and the server's certificate. Texts are UTF-8,
 * escaped as by pneu_reply_escape(). */
typedef struct pneu_tls_info {
    const char *version; /* "TLSv1.3" */
    const char *cipher;  /* "TLS_AES_256_GCM_SHA384" */
    bool is_verified;
    const char *unverified_because; /* "" if it is verified */
    const char *subject;            /* "CN=mail.example.com,O=Example" */
    const char *issuer;
    const char *names;      /* of subjectAltName: "mail.example.com, …" */
    const char *not_before; /* "2026-11-22T00:00:00Z" */
    const char *not_after;
    const char *pin; /* "sha256//…", for pneu_tls_options.pins */
    unsigned char sha256[PNEU_SHA256_SIZE]; /* of the certificate */
    const void *certificate;                /* DER */
    size_t certificate_length;
} pneu_tls_info;

PNEU_END_DECLS

#endif
