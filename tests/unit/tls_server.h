/* The server's side of a TLS connection, for tests: certificates made on the
 * spot, and a handshake over a socket pair in which both sides take turns. */
#ifndef TESTS_TLS_SERVER_H
#define TESTS_TLS_SERVER_H

#include <openssl/ssl.h>

#include "transport/tls.h"

/* A certificate and its key. */
typedef struct identity {
    X509 *certificate;
    EVP_PKEY *key;
} identity;

enum {
    DAY = 86400
};

/* A root, signed by itself. */
identity identity_authority(const char *name);

/* names is a subjectAltName, "DNS:localhost,IP:127.0.0.1", or NULL; from and
 * to are in seconds from now on. issuer NULL: signed by itself. */
identity identity_issue(const identity *issuer, const char *name,
                        const char *names, long from, long to);
void identity_free(identity *it);

/* "sha256//…", to be freed by free(). */
char *identity_pin(const identity *it);

/* PEM in memory, to be freed by free(). */
char *identity_pem(const identity *it);

/* Write PEM into folder/name; password NULL: the key in the clear. */
void identity_write_certificate(const identity *it, const char *folder,
                                const char *name);
void identity_write_key(const identity *it, const char *folder,
                        const char *name, const char *password);

/* What the tests of a file share: a root, what it has issued, a server for
 * WORLD_HOST, and a folder with ca.pem, client.pem, client.key, other.key, and
 * locked.key, whose password is "open it". */
typedef struct tls_world {
    identity authority;
    identity good;
    identity client;
    SSL_CTX *server;
    char folder[32];
    char ca_file[64];
    char *ca_pem;
} tls_world;

#define WORLD_HOST "mail.example.com"
#define WORLD_NAMES                           \
    "DNS:mail.example.com,DNS:*.example.net," \
    "IP:192.0.2.1,IP:2001:db8::1"

extern tls_world world;

/* For cmocka. */
int world_set_up(void **state);
int world_tear_down(void **state);

/* A path in the folder, until the fourth call from now on. */
char *world_path(const char *name);

void assert_contains(const char *text, const char *part);

/* One connection; context is the caller's. */
typedef struct connection {
    pneu_status made; /* by pn_tls_stream() */
    pneu_error error; /* of it, or of the handshake */
    pn_io result;     /* of the handshake */
    pn_stream *client;
    SSL *server;
    int far;
} connection;

SSL_CTX *server_context(const identity *it);
connection server_connect(SSL_CTX *context, const pn_tls_options *options);
void server_close(connection *it);

/* Connects to WORLD_HOST, verified. */
connection world_reach(SSL_CTX *context, const pneu_tls_options *settings);

#endif
