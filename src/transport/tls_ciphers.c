/* Which versions and ciphers may be negotiated. */
#include <openssl/err.h>
#include <string.h>

#include "base/escape.h"
#include "base/fail.h"
#include "base/memory.h"
#include "transport/tls_inside.h"

typedef bool is_known_function(SSL_CTX *context, const char *name);

static bool is_known_cipher(SSL_CTX *context, const char *name)
{
    return SSL_CTX_set_cipher_list(context, name) == 1;
}

/* Newer versions of OpenSSL pass over what they do not know, so that it is not
 * enough to ask whether the list was taken. */
static bool is_known_suite(SSL_CTX *context, const char *name)
{
    if (SSL_CTX_set_ciphersuites(context, name) != 1)
        return false;
    STACK_OF(SSL_CIPHER) *ciphers = SSL_CTX_get_ciphers(context);
    for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); i++) {
        const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(ciphers, i);
        if (strcmp(SSL_CIPHER_get_version(cipher), "TLSv1.3") == 0 &&
            strcmp(SSL_CIPHER_get_name(cipher), name) == 0)
            return true;
    }
    return false;
}

static pneu_status fail_list(pneu_error *error, const char *which,
                             const char *what)
{
    char shown[100];
    pn_escape(pn_span_of(what), "\\n", shown, sizeof(shown));
    ERR_clear_error();
    return pn_fail(error, PNEU_INVALID,
                   "the TLS option %s: OpenSSL knows no cipher \"%s\"", which,
                   shown);
}

/* OpenSSL takes a list if it knows any of it: one that is mistyped would go
 * unseen. What is taken away (!, -), moved (+) or an order (@) may well be
 * unknown. The trying spoils the context. */
static pneu_status check_list(SSL_CTX *context, const char *list,
                              const char *which, is_known_function *is_known,
                              pneu_error *error)
{
    static const char BETWEEN[] = ":,; ";
    pneu_status status = PNEU_OK;
    char *copy = pn_memory_copy_text(list, strlen(list));
    if (copy == NULL)
        return pn_fail(error, PNEU_NO_MEMORY, "TLS could not be set up");
    for (char *name = copy; status == PNEU_OK && *name != '\0';) {
        size_t length = strcspn(name, BETWEEN);
        char *next = name + length + (name[length] != '\0');
        name[length] = '\0';
        if (length > 0 && strchr("!-+@", name[0]) == NULL &&
            !is_known(context, name))
            status = fail_list(error, which, name);
        name = next;
    }
    pn_memory_free(copy);
    return status;
}

static pneu_status set_lists(SSL_CTX *context, const pneu_tls_options *settings,
                             pneu_error *error)
{
    if (settings->ciphers != NULL &&
        SSL_CTX_set_cipher_list(context, settings->ciphers) != 1)
        return fail_list(error, "ciphers", settings->ciphers);
    if (settings->ciphersuites != NULL &&
        SSL_CTX_set_ciphersuites(context, settings->ciphersuites) != 1)
        return fail_list(error, "ciphersuites", settings->ciphersuites);
    return PNEU_OK;
}

pneu_status pn_tls_check_ciphers(const pneu_tls_options *settings,
                                 pneu_error *error)
{
    pneu_status status = PNEU_OK;
    if (settings->minimum != PNEU_TLS_1_2 && settings->minimum != PNEU_TLS_1_3)
        return pn_fail(error, PNEU_INVALID,
                       "the TLS option minimum is no version that is known");
    if (settings->ciphers == NULL && settings->ciphersuites == NULL)
        return PNEU_OK;
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (context == NULL)
        return pn_fail(error, PNEU_NO_MEMORY, "TLS could not be set up");
    if (settings->ciphers != NULL)
        status = check_list(context, settings->ciphers, "ciphers",
                            is_known_cipher, error);
    if (status == PNEU_OK && settings->ciphersuites != NULL)
        status = check_list(context, settings->ciphersuites, "ciphersuites",
                            is_known_suite, error);
    if (status == PNEU_OK)
        status = set_lists(context, settings, error);
    SSL_CTX_free(context);
    ERR_clear_error();
    return status;
}

pneu_status pn_tls_set_ciphers(SSL_CTX *context,
                               const pneu_tls_options *settings,
                               pneu_error *error)
{
    int oldest = settings->minimum == PNEU_TLS_1_3
                     ? TLS1_3_VERSION
                     : TLS1_2_VERSION; /* RFC 8997 */
    SSL_CTX_set_min_proto_version(context, oldest);
    return set_lists(context, settings, error);
}
