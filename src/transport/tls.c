#include <openssl/err.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/memory.h"
#include "base/secret.h"
#include "transport/tls_inside.h"

/* What a result of OpenSSL that is no success means. */
static pn_io interpret(pn_tls *self, int result)
{
    int kind = SSL_get_error(self->ssl, result);
    if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE) {
        self->head.waits = kind == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
        return PN_IO_AGAIN;
    }
    if (kind == SSL_ERROR_ZERO_RETURN) /* close_notify */
        return PN_IO_END;
    return pn_tls_fail_line(self);
}

pn_io pn_tls_handshake(pn_stream *stream)
{
    pn_tls *self = (pn_tls *)stream;
    ERR_clear_error();
    int result = SSL_do_handshake(self->ssl);
    int kind = SSL_get_error(self->ssl, result);
    if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE)
        return interpret(self, result);
    /* a cipher without a certificate is not even asked to be verified */
    if (result != 1 || (!self->is_examined && self->verify) ||
        (!self->is_examined && self->pin_count > 0))
        return pn_tls_fail_handshake(self);
    if (!self->has_info)
        pn_tls_make_info(self);
    return PN_IO_DONE;
}

static pn_io tls_read(pn_stream *stream, void *to, size_t size, size_t *length)
{
    pn_tls *self = (pn_tls *)stream;
    ERR_clear_error();
    int result = SSL_read_ex(self->ssl, to, size, length);
    return result == 1 ? PN_IO_DONE : interpret(self, result);
}

/* Hands the record to OpenSSL. It must be given the same octets again until
 * it has taken them, which is why they are kept here. */
static pn_io tls_flush(pn_stream *stream)
{
    pn_tls *self = (pn_tls *)stream;
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
    pn_tls *self = (pn_tls *)stream;
    pn_io result = tls_flush(stream);
    if (result != PN_IO_DONE)
        return result;
    for (int i = 0; i < count && self->record_end < PN_TLS_RECORD_SIZE; i++) {
        size_t room = PN_TLS_RECORD_SIZE - self->record_end;
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
    pn_stream_hurry(((pn_tls *)stream)->below);
}

static void tls_free(pn_stream *stream)
{
    pn_tls *self = (pn_tls *)stream;
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
    pn_tls_drop_info(self);
    pn_memory_free(self->pins);
    pn_secret_wipe(self->record, sizeof(self->record));
    pn_memory_free(self);
}

static const pn_stream_type TLS_TYPE = {tls_read, tls_write, tls_flush,
                                        tls_hurry, tls_free};

pneu_status pn_tls_stream(pn_stream **stream, pn_stream *below,
                          const pn_tls_options *options, pneu_error *error)
{
    pn_tls *self = pn_memory_new(1, sizeof(*self));
    *stream = NULL;
    if (self == NULL) {
        pn_stream_free(below);
        return pn_fail(error, PNEU_NO_MEMORY, "no memory for TLS");
    }
    self->head.type = &TLS_TYPE;
    self->head.descriptor = pn_stream_descriptor(below);
    self->below = below;
    pneu_status status = pn_tls_set_up(self, options, error);
    ERR_clear_error();
    if (status != PNEU_OK) {
        tls_free(&self->head);
        return status;
    }
    *stream = &self->head;
    return PNEU_OK;
}

void pn_tls_describe(const pn_stream *stream, char *text, size_t size)
{
    const pn_tls *self = (const pn_tls *)stream;
    snprintf(text, size, "%s, %s", SSL_get_version(self->ssl),
             SSL_get_cipher_name(self->ssl));
}

bool pn_tls_is_verified(const pn_stream *stream)
{
    const pn_tls *self = (const pn_tls *)stream;
    return self->is_examined && self->verdict == X509_V_OK;
}

const pneu_tls_info *pn_tls_info(const pn_stream *stream)
{
    const pn_tls *self = (const pn_tls *)stream;
    return self->has_info ? &self->info : NULL;
}

size_t pn_tls_binding(const pn_stream *stream, bool *is_exporter,
                      unsigned char binding[PN_TLS_BINDING_MAX])
{
    static const char LABEL[] = "EXPORTER-Channel-Binding"; /* RFC 9266 4.2 */
    enum {
        EXPORTED = 32
    };
    const pn_tls *self = (const pn_tls *)stream;
    *is_exporter = SSL_version(self->ssl) >= TLS1_3_VERSION;
    if (!*is_exporter)
        return SSL_get_finished(self->ssl, binding, PN_TLS_BINDING_MAX);
    if (SSL_export_keying_material(self->ssl, binding, EXPORTED, LABEL,
                                   sizeof(LABEL) - 1, NULL, 0, 1) != 1)
        return 0;
    return EXPORTED;
}
