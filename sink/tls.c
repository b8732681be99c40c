#include "sink/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
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

/* Whoever shows a certificate must show one of this CA. */
static pneu_status ask_client(SSL_CTX *context, const pn_sink_options *options,
                              pneu_error *error)
{
    static const unsigned char ID[] = "pneu sink";
    const char *path = options->client_ca_file;
    int mode = SSL_VERIFY_PEER;
    if (path == NULL)
        return PNEU_OK;
    ERR_clear_error();
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(path);
    if (names == NULL ||
        SSL_CTX_load_verify_locations(context, path, NULL) != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return refuse_file("the CA of the clients", "certificate", path, error);
    }
    SSL_CTX_set_client_CA_list(context, names);
    SSL_CTX_set_session_id_context(context, ID, sizeof(ID) - 1);
    if (options->require_client_certificate)
        mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    SSL_CTX_set_verify(context, mode, NULL);
    return PNEU_OK;
}

static int version_of(pn_sink_tls_version version)
{
    return version == PN_SINK_TLS_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION;
}

SSL_CTX *pn_sink_tls_new(const pn_sink_options *options, pneu_error *error)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (context == NULL) {
        pn_fail(error, PNEU_TLS, "cannot set up TLS: %s", reason());
        return NULL;
    }
    SSL_CTX_set_min_proto_version(context, version_of(options->tls_min));
    SSL_CTX_set_max_proto_version(context, version_of(options->tls_max));
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
        status = ask_client(context, options, error);
    if (status == PNEU_OK)
        return context;
    SSL_CTX_free(context);
    return NULL;
}

/* Copies a name that can be shown and compared; false for another. */
static bool copy_name(const ASN1_STRING *text,
                      char name[PN_SINK_CLIENT_NAME_SIZE])
{
    unsigned char *octets = NULL;
    int length = ASN1_STRING_to_UTF8(&octets, text);
    bool good = length > 0 && length < PN_SINK_CLIENT_NAME_SIZE;
    for (int i = 0; i < length && good; i++)
        good = octets[i] >= 32 && octets[i] != 127;
    if (good) {
        memcpy(name, octets, (size_t)length);
        name[length] = '\0';
    }
    OPENSSL_free(octets);
    return good;
}

static bool copy_address(const X509 *certificate,
                         char name[PN_SINK_CLIENT_NAME_SIZE])
{
    GENERAL_NAMES *names =
        X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    bool found = false;
    for (int i = 0; i < sk_GENERAL_NAME_num(names) && !found; i++) {
        const GENERAL_NAME *other = sk_GENERAL_NAME_value(names, i);
        found =
            other->type == GEN_EMAIL && copy_name(other->d.rfc822Name, name);
    }
    GENERAL_NAMES_free(names);
    return found;
}

static bool copy_common_name(const X509 *certificate,
                             char name[PN_SINK_CLIENT_NAME_SIZE])
{
    const X509_NAME *subject = X509_get_subject_name(certificate);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    return at >= 0 &&
           copy_name(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)),
                     name);
}

void pn_sink_tls_client_name(const SSL *tls,
                             char name[PN_SINK_CLIENT_NAME_SIZE])
{
    const X509 *certificate = SSL_get0_peer_certificate(tls);
    name[0] = '\0';
    if (certificate != NULL && !copy_address(certificate, name))
        copy_common_name(certificate, name);
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
