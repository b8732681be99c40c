#include "sink/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#include "base/base64.h"
#include "base/fail.h"
#include "base/secret.h"
#include "sink/certificate.h"
#include "sink/file.h"

static const char *reason(void)
{
    const char *text = ERR_reason_error_string(ERR_peek_last_error());
    return text != NULL ? text : "unknown reason";
}

/* What is wrong with the file: the first error of the queue tells,
 * the later ones only say through which libraries it came. */
static pneu_status refuse_file(const char *what, const char *kind,
                               const char *path, pneu_error *error)
{
    unsigned long code = ERR_peek_error();
    const char *text = ERR_reason_error_string(code);
    if (ERR_SYSTEM_ERROR(code))
        return pn_fail_system(error, PNEU_SOURCE, ERR_GET_REASON(code),
                              "cannot read %s from %s", what, path);
    bool no_pem = (ERR_GET_LIB(code) == ERR_LIB_PEM &&
                   ERR_GET_REASON(code) == PEM_R_NO_START_LINE) ||
                  ERR_GET_REASON(code) == ERR_R_UNSUPPORTED;
    if (no_pem)
        return pn_fail(error, PNEU_SOURCE,
                       "cannot read %s from %s: there is no PEM %s in it", what,
                       path, kind);
    return pn_fail(error, PNEU_SOURCE, "cannot read %s from %s: %s", what, path,
                   text != NULL ? text : "unknown reason");
}

static pneu_status load_given(SSL_CTX *context, const pn_sink_options *options,
                              pneu_error *error)
{
    static const char CERTIFICATE[] = "a certificate";
    static const char KEY[] = "the certificate's private key";
    const char *chain = options->certificate_file;
    const char *key = options->key_file != NULL ? options->key_file : chain;
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(context, chain) != 1)
        return refuse_file(CERTIFICATE, "certificate", chain, error);
    if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
        return refuse_file(KEY, "private key", key, error);
    return PNEU_OK;
}

static pneu_status write_ca(X509 *ca, const char *path, pneu_error *error)
{
    BIO *memory = BIO_new(BIO_s_mem());
    char *text = NULL;
    pneu_status status = PNEU_OK;
    if (memory == NULL || PEM_write_bio_X509(memory, ca) != 1) {
        status = pn_fail(error, PNEU_TLS, "cannot encode the CA certificate");
    } else {
        long length = BIO_get_mem_data(memory, &text);
        status =
            pn_sink_file_write(path, (pn_span){text, (size_t)length}, error);
    }
    BIO_free(memory);
    return status;
}

static pneu_status load_made(SSL_CTX *context, const pn_sink_options *options,
                             pneu_error *error)
{
    pn_sink_certificate made;
    pneu_status status =
        pn_sink_certificate_make(&made, options->certificate_name, error);
    if (status != PNEU_OK)
        return status;
    if (SSL_CTX_use_certificate(context, made.server) != 1 ||
        SSL_CTX_use_PrivateKey(context, made.key) != 1)
        status = pn_fail(error, PNEU_TLS,
                         "cannot use the certificate made here: %s", reason());
    else if (options->ca_file_out != NULL)
        status = write_ca(made.ca, options->ca_file_out, error);
    pn_sink_certificate_finish(&made);
    return status;
}

SSL_CTX *pn_sink_tls_new(const pn_sink_options *options, pneu_error *error)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (context == NULL) {
        pn_fail(error, PNEU_TLS, "cannot set up TLS: %s", reason());
        return NULL;
    }
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_max_proto_version(
        context, options->tls12_only ? TLS1_2_VERSION : TLS1_3_VERSION);
    SSL_CTX_set_options(context,
                        SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(context, 1);
    pneu_status status = options->certificate_file != NULL
                             ? load_given(context, options, error)
                             : load_made(context, options, error);
    if (status == PNEU_OK)
        return context;
    SSL_CTX_free(context);
    return NULL;
}

bool pn_sink_tls_uses_exporter(const SSL *tls)
{
    return SSL_version(tls) >= TLS1_3_VERSION;
}

/* RFC 5929 3.1: the first Finished message of the handshake, which is the
 * client's unless the session was resumed. */
static size_t unique_binding(SSL *tls, unsigned char *octets, size_t size)
{
    return SSL_session_reused(tls) == 1
               ? SSL_get_finished(tls, octets, size)
               : SSL_get_peer_finished(tls, octets, size);
}

bool pn_sink_tls_binding(SSL *tls, pn_buffer *out)
{
    static const char LABEL[] = "EXPORTER-Channel-Binding";
    unsigned char octets[EVP_MAX_MD_SIZE];
    size_t length = 32; /* RFC 9266 2 */
    if (!pn_sink_tls_uses_exporter(tls))
        length = unique_binding(tls, octets, sizeof(octets));
    else if (SSL_export_keying_material(tls, octets, length, LABEL,
                                        sizeof(LABEL) - 1, NULL, 0, 0) != 1)
        length = 0;
    bool bound = length > 0 && length <= sizeof(octets) &&
                 pn_base64_encode(
                     out, (pn_span){(const char *)octets, length}) == PNEU_OK;
    pn_secret_wipe(octets, sizeof(octets));
    return bound;
}
