#include "transport/tls.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/fail.h"
#include "base/memory.h"
#include "base/secret.h"

enum {
    FIRST_OCTETS = 32,
    RECORD_SIZE = 16384 /* RFC 8446 5.1 */
};

typedef struct tls_stream {
    pn_stream head;
    pn_stream *below;
    SSL_CTX *context;
    SSL *ssl;
    BIO_METHOD *method;
    char host[256];           /* for messages and for verification */
    char first[FIRST_OCTETS]; /* that the other side sent */
    size_t first_count;
    bool after_starttls;
    size_t record_start; /* octets taken, and not yet given to OpenSSL */
    size_t record_end;
    char record[RECORD_SIZE];
} tls_stream;

/* OpenSSL reads and writes through the stream below. */

static int bio_write(BIO *bio, const char *data, int length)
{
    tls_stream *self = BIO_get_data(bio);
    struct iovec piece = {(void *)(uintptr_t)data, (size_t)length};
    size_t written = 0;
    BIO_clear_retry_flags(bio);
    pn_io result = pn_stream_write(self->below, &piece, 1, &written);
    if (result == PN_IO_AGAIN)
        BIO_set_retry_write(bio);
    return result == PN_IO_DONE ? (int)written : -1;
}

static void note_first(tls_stream *self, const char *data, size_t length)
{
    for (size_t i = 0; i < length && self->first_count < FIRST_OCTETS; i++)
        self->first[self->first_count++] = data[i];
}

static int bio_read(BIO *bio, char *data, int size)
{
    tls_stream *self = BIO_get_data(bio);
    size_t length = 0;
    BIO_clear_retry_flags(bio);
    pn_io result = pn_stream_read(self->below, data, (size_t)size, &length);
    if (result == PN_IO_AGAIN)
        BIO_set_retry_read(bio);
    if (result == PN_IO_END)
        return 0;
    if (result != PN_IO_DONE)
        return -1;
    note_first(self, data, length);
    return (int)length;
}

static long bio_control(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static BIO *new_bio(tls_stream *self)
{
    self->method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "pneu stream");
    if (self->method == NULL ||
        BIO_meth_set_write(self->method, bio_write) != 1 ||
        BIO_meth_set_read(self->method, bio_read) != 1 ||
        BIO_meth_set_ctrl(self->method, bio_control) != 1)
        return NULL;
    BIO *bio = BIO_new(self->method);
    if (bio == NULL)
        return NULL;
    BIO_set_data(bio, self);
    BIO_set_init(bio, 1);
    return bio;
}

static void first_error_text(char *text, size_t size)
{
    unsigned long code = ERR_peek_error();
    const char *reason = code != 0 ? ERR_reason_error_string(code) : NULL;
    snprintf(text, size, "%s", reason != NULL ? reason : "no reason given");
}

/* What the port said in place of a handshake (it was no TLS record). */
static bool explain_plain_text(tls_stream *self)
{
    char shown[4 * FIRST_OCTETS + 1];
    char c = self->first_count > 0 ? self->first[0] : '\0';
    if (c < 32 || c > 126)
        return false;
    pn_escape((pn_span){self->first, self->first_count}, " ", shown,
              sizeof(shown));
    bool is_smtp = self->first_count >= 3 && memcmp(self->first, "220", 3) == 0;
    if (self->after_starttls)
        is_smtp = false;
    pn_fail(&self->head.error, PNEU_TLS, "%s: it began with \"%s\"",
            is_smtp ? "this port speaks SMTP in the clear, so use STARTTLS "
                      "in place of TLS from the start"
            : self->after_starttls
                ? "the server went on in the clear after STARTTLS"
                : "this port does not speak TLS",
            shown);
    return true;
}

static pn_io fail_handshake(tls_stream *self)
{
    char reason[160];
    pneu_error *error = &self->head.error;
    long verified = SSL_get_verify_result(self->ssl);
    unsigned long code = ERR_peek_error();
    first_error_text(reason, sizeof(reason));
    if (verified != X509_V_OK &&
        SSL_get_verify_mode(self->ssl) != SSL_VERIFY_NONE) {
        pn_fail(error, PNEU_UNTRUSTED,
                "the certificate of %s cannot be trusted: %s", self->host,
                X509_verify_cert_error_string(verified));
        error->tls_error = (uint64_t)verified;
    } else if (pn_stream_error(self->below)->status != PNEU_OK) {
        *error = *pn_stream_error(self->below);
        pn_fail_system(error, PNEU_TLS, error->system_error,
                       "the connection broke in the TLS handshake");
    } else if (!explain_plain_text(self)) {
        bool ended = self->first_count == 0 || code == 0;
        pn_fail(error, PNEU_TLS, "the TLS handshake failed: %s",
                ended ? "the server closed the connection" : reason);
        error->tls_error = code;
    }
    ERR_clear_error();
    return PN_IO_FAILED;
}

/* What a result of OpenSSL that is no success means. */
static pn_io interpret(tls_stream *self, int result)
{
    char reason[160];
    int kind = SSL_get_error(self->ssl, result);
    if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE) {
        self->head.waits = kind == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
        return PN_IO_AGAIN;
    }
    if (kind == SSL_ERROR_ZERO_RETURN) /* close_notify */
        return PN_IO_END;
    unsigned long code = ERR_peek_error();
    first_error_text(reason, sizeof(reason));
    if (pn_stream_error(self->below)->status != PNEU_OK)
        self->head.error = *pn_stream_error(self->below);
    else if (code == 0 ||
             ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
        pn_fail(&self->head.error, PNEU_LOST,
                "the server closed the connection without ending TLS");
    else
        pn_fail(&self->head.error, PNEU_TLS, "TLS failed: %s", reason);
    self->head.error.tls_error = code;
    ERR_clear_error();
    return PN_IO_FAILED;
}

pn_io pn_tls_handshake(pn_stream *stream)
{
    tls_stream *self = (tls_stream *)stream;
    ERR_clear_error();
    int result = SSL_do_handshake(self->ssl);
    if (result == 1)
        return PN_IO_DONE;
    int kind = SSL_get_error(self->ssl, result);
    if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE)
        return interpret(self, result);
    return fail_handshake(self);
}

static pn_io tls_read(pn_stream *stream, void *to, size_t size, size_t *length)
{
    tls_stream *self = (tls_stream *)stream;
    ERR_clear_error();
    int result = SSL_read_ex(self->ssl, to, size, length);
    return result == 1 ? PN_IO_DONE : interpret(self, result);
}

/* Hands the record to OpenSSL. It must be given the same octets again until
 * it has taken them, which is why they are kept here. */
static pn_io tls_flush(pn_stream *stream)
{
    tls_stream *self = (tls_stream *)stream;
    size_t written = 0;
    while (self->record_start < self->record_end) {
        ERR_clear_error();
        int result =
            SSL_write_ex(self->ssl, self->record + self->record_start,
                         self->record_end - self->record_start, &written);
        if (result != 1)
            return interpret(self, result);
        self->record_start += written;
    }
    pn_secret_wipe(self->record, self->record_end);
    self->record_start = 0;
    self->record_end = 0;
    return PN_IO_DONE;
}

static pn_io tls_write(pn_stream *stream, const struct iovec *pieces, int count,
                       size_t *written)
{
    tls_stream *self = (tls_stream *)stream;
    pn_io result = tls_flush(stream);
    if (result != PN_IO_DONE)
        return result;
    for (int i = 0; i < count && self->record_end < RECORD_SIZE; i++) {
        size_t room = RECORD_SIZE - self->record_end;
        size_t part = pieces[i].iov_len < room ? pieces[i].iov_len : room;
        memcpy(self->record + self->record_end, pieces[i].iov_base, part);
        self->record_end += part;
    }
    *written = self->record_end;
    result = tls_flush(stream);
    return result == PN_IO_AGAIN ? PN_IO_DONE : result;
}

static void tls_hurry(pn_stream *stream)
{
    pn_stream_hurry(((tls_stream *)stream)->below);
}

static void tls_free(pn_stream *stream)
{
    tls_stream *self = (tls_stream *)stream;
    if (self->ssl != NULL) {
        /* RFC 8314 3.4: say so, and do not wait for the answer */
        if (SSL_is_init_finished(self->ssl) &&
            self->head.error.status == PNEU_OK)
            SSL_shutdown(self->ssl);
        SSL_free(self->ssl);
    }
    SSL_CTX_free(self->context);
    BIO_meth_free(self->method);
    pn_stream_free(self->below);
    ERR_clear_error();
    pn_secret_wipe(self->record, sizeof(self->record));
    pn_memory_free(self);
}

static const pn_stream_type TLS_TYPE = {tls_read, tls_write, tls_flush,
                                        tls_hurry, tls_free};

static pneu_status set_trust(SSL_CTX *context, const pn_tls_options *options,
                             pneu_error *error)
{
    char reason[160];
    if (!options->verify)
        return PNEU_OK;
    if (options->ca_file == NULL && SSL_CTX_set_default_verify_paths(context))
        return PNEU_OK;
    if (options->ca_file != NULL &&
        SSL_CTX_load_verify_file(context, options->ca_file) == 1)
        return PNEU_OK;
    first_error_text(reason, sizeof(reason));
    ERR_clear_error();
    return pn_fail(error, PNEU_INVALID,
                   "the CA certificates in \"%s\" cannot be used: %s",
                   options->ca_file != NULL ? options->ca_file
                                            : "the system's trust store",
                   reason);
}

static bool is_address(const char *host)
{
    unsigned char binary[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, host, binary) == 1 ||
           inet_pton(AF_INET6, host, binary) == 1;
}

/* RFC 9525: the names in subjectAltName alone, no partial wildcards */
static bool set_name(tls_stream *self)
{
    X509_VERIFY_PARAM *parameters = SSL_get0_param(self->ssl);
    X509_VERIFY_PARAM_set_hostflags(parameters,
                                    X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
                                        X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (is_address(self->host)) /* RFC 6066 3: no SNI for addresses */
        return X509_VERIFY_PARAM_set1_ip_asc(parameters, self->host) == 1;
    return SSL_set_tlsext_host_name(self->ssl, self->host) == 1 &&
           X509_VERIFY_PARAM_set1_host(parameters, self->host, 0) == 1;
}

static pneu_status set_up(tls_stream *self, const pn_tls_options *options,
                          pneu_error *error)
{
    self->context = SSL_CTX_new(TLS_client_method());
    if (self->context == NULL)
        return pn_fail(error, PNEU_NO_MEMORY, "TLS could not be set up");
    SSL_CTX_set_min_proto_version(self->context, TLS1_2_VERSION); /* RFC 8997 */
    SSL_CTX_set_options(self->context,
                        SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(self->context, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                        SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_verify(self->context,
                       options->verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE,
                       NULL);
    pneu_status status = set_trust(self->context, options, error);
    if (status != PNEU_OK)
        return status;
    self->ssl = SSL_new(self->context);
    BIO *bio = self->ssl != NULL ? new_bio(self) : NULL;
    if (bio == NULL)
        return pn_fail(error, PNEU_NO_MEMORY, "TLS could not be set up");
    SSL_set_bio(self->ssl, bio, bio);
    SSL_set_connect_state(self->ssl);
    if (!set_name(self))
        return pn_fail(error, PNEU_INVALID,
                       "\"%s\" cannot be the name in a certificate",
                       self->host);
    return PNEU_OK;
}

pneu_status pn_tls_stream(pn_stream **stream, pn_stream *below,
                          const pn_tls_options *options, pneu_error *error)
{
    tls_stream *self = pn_memory_new(1, sizeof(*self));
    *stream = NULL;
    if (self == NULL) {
        pn_stream_free(below);
        return pn_fail(error, PNEU_NO_MEMORY, "no memory for TLS");
    }
    self->head.type = &TLS_TYPE;
    self->head.descriptor = pn_stream_descriptor(below);
    self->below = below;
    self->after_starttls = options->after_starttls;
    size_t length = strlen(options->host);
    if (length > 0 && options->host[length - 1] == '.')
        length--; /* the root's dot is no part of a certificate's name */
    snprintf(self->host, sizeof(self->host), "%.*s", (int)length,
             options->host);
    pneu_status status = set_up(self, options, error);
    if (status != PNEU_OK) {
        tls_free(&self->head);
        return status;
    }
    *stream = &self->head;
    return PNEU_OK;
}

void pn_tls_describe(const pn_stream *stream, char *text, size_t size)
{
    const tls_stream *self = (const tls_stream *)stream;
    snprintf(text, size, "%s, %s", SSL_get_version(self->ssl),
             SSL_get_cipher_name(self->ssl));
}

size_t pn_tls_binding(const pn_stream *stream, bool *is_exporter,
                      unsigned char binding[PN_TLS_BINDING_MAX])
{
    static const char LABEL[] = "EXPORTER-Channel-Binding"; /* RFC 9266 4.2 */
    enum {
        EXPORTED = 32
    };
    const tls_stream *self = (const tls_stream *)stream;
    *is_exporter = SSL_version(self->ssl) >= TLS1_3_VERSION;
    if (!*is_exporter)
        return SSL_get_finished(self->ssl, binding, PN_TLS_BINDING_MAX);
    if (SSL_export_keying_material(self->ssl, binding, EXPORTED, LABEL,
                                   sizeof(LABEL) - 1, NULL, 0, 1) != 1)
        return 0;
    return EXPORTED;
}
