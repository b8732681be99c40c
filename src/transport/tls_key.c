/* The client's own certificate, its chain, and its key. */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#include "base/escape.h"
#include "base/fail.h"
#include "transport/tls_inside.h"

/* What the password was asked for. */
typedef struct asking {
    const char *password; /* NULL: there is none */
    bool is_asked;
} asking;

/* Without it, OpenSSL would ask at the terminal. */
static int give_password(char *to, int size, int is_writing, void *argument)
{
    asking *it = argument;
    (void)is_writing;
    it->is_asked = true;
    size_t length = it->password != NULL ? strlen(it->password) : 0;
    if (length == 0 || length > (size_t)size)
        return -1;
    memcpy(to, it->password, length);
    return (int)length;
}

static pneu_status fail_file(pneu_error *error, const char *what,
                             const char *file, const char *why)
{
    char shown[200];
    char reason[PN_TLS_REASON_SIZE];
    if (why == NULL)
        pn_tls_reason(reason, sizeof(reason));
    ERR_clear_error();
    pn_escape(pn_span_of(file), "\\n", shown, sizeof(shown));
    return pn_fail(error, PNEU_INVALID, "the %s in \"%s\" cannot be used: %s",
                   what, shown, why != NULL ? why : reason);
}

static pneu_status read_key(EVP_PKEY **key, const char *file,
                            const char *password, pneu_error *error)
{
    asking it = {.password = password};
    BIO *bio = BIO_new_file(file, "r");
    if (bio == NULL)
        return fail_file(error, "key", file, NULL);
    *key = PEM_read_bio_PrivateKey(bio, NULL, give_password, &it);
    BIO_free(bio);
    if (*key != NULL)
        return PNEU_OK;
    if (!it.is_asked)
        return fail_file(error, "key", file,
                         "there is none in it that can be read");
    return fail_file(error, "key", file,
                     password == NULL || password[0] == '\0'
                         ? "it is encrypted, and there is no password for it"
                         : "its password is wrong");
}

pneu_status pn_tls_set_certificate(SSL_CTX *context,
                                   const pneu_tls_options *settings,
                                   pneu_error *error)
{
    asking none = {.password = NULL};
    EVP_PKEY *key = NULL;
    const char *file = settings->certificate_file;
    const char *key_file =
        settings->key_file != NULL ? settings->key_file : file;
    if (file == NULL)
        return PNEU_OK;
    SSL_CTX_set_default_passwd_cb(context, give_password);
    SSL_CTX_set_default_passwd_cb_userdata(context, &none);
    int is_loaded = SSL_CTX_use_certificate_chain_file(context, file);
    SSL_CTX_set_default_passwd_cb_userdata(context, NULL);
    SSL_CTX_set_default_passwd_cb(context, NULL);
    if (is_loaded != 1)
        return fail_file(error, "client certificate", file, NULL);
    pneu_status status =
        read_key(&key, key_file, settings->key_password, error);
    if (status != PNEU_OK)
        return status;
    if (X509_check_private_key(SSL_CTX_get0_certificate(context), key) != 1)
        status = fail_file(error, "key", key_file,
                           "it does not belong to the client certificate");
    else if (SSL_CTX_use_PrivateKey(context, key) != 1)
        status = fail_file(error, "key", key_file, NULL);
    EVP_PKEY_free(key);
    return status;
}
