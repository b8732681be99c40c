/* Where trust begins: the system's trust store, or the program's own. */
#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>
#include <sys/stat.h>

#include "base/escape.h"
#include "base/fail.h"
#include "transport/tls_inside.h"

static pneu_status fail_store(const char *which, const char *where,
                              pneu_error *error)
{
    char shown[200];
    char reason[PN_TLS_REASON_SIZE];
    pn_tls_reason(reason, sizeof(reason));
    ERR_clear_error();
    pn_escape(pn_span_of(where), "\\n", shown, sizeof(shown));
    return pn_fail(error, PNEU_INVALID,
                   "the CA certificates in %s \"%s\" cannot be used: %s", which,
                   shown, reason);
}

/* OpenSSL takes the name of any folder, and looks into it only later. */
static pneu_status add_folder(SSL_CTX *context, const char *folder,
                              pneu_error *error)
{
    struct stat status;
    char shown[200];
    int number = stat(folder, &status) != 0 ? errno : 0;
    if (number == 0 && !S_ISDIR(status.st_mode))
        number = ENOTDIR;
    pn_escape(pn_span_of(folder), "\\n", shown, sizeof(shown));
    if (number != 0)
        return pn_fail_system(error, PNEU_INVALID, number,
                              "the folder of CA certificates \"%s\" cannot be "
                              "used",
                              shown);
    if (SSL_CTX_load_verify_dir(context, folder) != 1)
        return fail_store("the folder", folder, error);
    return PNEU_OK;
}

/* Adds every certificate there is; false if there is none, or one of them is
 * broken. */
static bool add_certificates(X509_STORE *store, BIO *bio)
{
    size_t count = 0;
    X509 *certificate;
    while ((certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
        int added = X509_STORE_add_cert(store, certificate);
        X509_free(certificate);
        if (added != 1)
            return false;
        count++;
    }
    unsigned long code = ERR_peek_last_error();
    if (count == 0 || ERR_GET_LIB(code) != ERR_LIB_PEM ||
        ERR_GET_REASON(code) != PEM_R_NO_START_LINE)
        return false;
    ERR_clear_error(); /* that was only the end */
    return true;
}

static pneu_status add_pem(SSL_CTX *context, const char *pem, pneu_error *error)
{
    char reason[PN_TLS_REASON_SIZE];
    size_t length = strlen(pem);
    BIO *bio = length <= INT_MAX ? BIO_new_mem_buf(pem, (int)length) : NULL;
    if (bio == NULL)
        return pn_fail(error, PNEU_NO_MEMORY, "TLS could not be set up");
    bool added = add_certificates(SSL_CTX_get_cert_store(context), bio);
    BIO_free(bio);
    if (added)
        return PNEU_OK;
    pn_tls_reason(reason, sizeof(reason));
    ERR_clear_error();
    return pn_fail(error, PNEU_INVALID,
                   "the CA certificates in ca_pem cannot be used: %s", reason);
}

pneu_status pn_tls_set_trust(SSL_CTX *context, const pneu_tls_options *settings,
                             pneu_error *error)
{
    bool is_own = settings->ca_file != NULL || settings->ca_folder != NULL ||
                  settings->ca_pem != NULL;
    pneu_status status = PNEU_OK;
    if (!is_own && SSL_CTX_set_default_verify_paths(context) != 1)
        return pn_fail(error, PNEU_INVALID,
                       "the system's trust store cannot be used");
    if (is_own) /* what the program names is trusted, be it no root */
        X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context),
                                    X509_V_FLAG_PARTIAL_CHAIN);
    if (settings->ca_file != NULL &&
        SSL_CTX_load_verify_file(context, settings->ca_file) != 1)
        return fail_store("the file", settings->ca_file, error);
    if (settings->ca_folder != NULL)
        status = add_folder(context, settings->ca_folder, error);
    if (status == PNEU_OK && settings->ca_pem != NULL)
        status = add_pem(context, settings->ca_pem, error);
    return status;
}
