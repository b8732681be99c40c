/* A TLS stream before its handshake: the context, the names, and all else
 * that the options say; and what can be said of them without a connection. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/fail.h"
#include "base/memory.h"
#include "transport/tls_inside.h"

static const char NOT_A_NAME[] = "is no host name (in ASCII) and no address";

static bool is_address(const char *host)
{
    unsigned char binary[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, host, binary) == 1 ||
           inet_pton(AF_INET6, host, binary) == 1;
}

/* The root's dot is no part of a certificate's name, nor of SNI; the zone of a
 * link-local address (RFC 4007 11) means nothing to anybody else. */
static bool take_name(char to[PN_TLS_NAME_SIZE], const char *name)
{
    size_t length = strlen(name);
    if (length > 1 && name[length - 1] == '.')
        length--;
    if (strchr(name, ':') != NULL)
        length = strcspn(name, "%");
    if (length == 0 || length >= PN_TLS_NAME_SIZE)
        return false;
    memcpy(to, name, length);
    to[length] = '\0';
    return true;
}

static bool is_name(const char *name)
{
    char taken[PN_TLS_NAME_SIZE];
    if (!take_name(taken, name))
        return false;
    for (const char *c = taken; *c != '\0'; c++) {
        if (!pn_ascii_is_alnum(*c) && *c != '-' && *c != '.' && *c != '_')
            return false;
    }
    return true;
}

static pneu_status fail_name(pneu_error *error, const char *which,
                             const char *name, const char *why)
{
    char shown[160];
    pn_escape(pn_span_of(name), "\\n", shown, sizeof(shown));
    return pn_fail(error, PNEU_INVALID, "the TLS option %s: \"%s\" %s", which,
                   shown, why);
}

static pneu_status check_names(const pneu_tls_options *settings,
                               pneu_error *error)
{
    const char *name = settings->name;
    const char *sni = settings->sni;
    if (name != NULL && !is_address(name) && !is_name(name))
        return fail_name(error, "name", name, NOT_A_NAME);
    if (sni == NULL || sni[0] == '\0')
        return PNEU_OK;
    if (is_address(sni)) /* RFC 6066 3 */
        return fail_name(error, "sni", sni,
                         "is an address, and only a name can be sent");
    if (!is_name(sni))
        return fail_name(error, "sni", sni, "is no host name (in ASCII)");
    return PNEU_OK;
}

static pneu_status check_pins(const pneu_tls_options *settings,
                              pneu_error *error)
{
    unsigned char hash[PNEU_SHA256_SIZE];
    pneu_status status = PNEU_OK;
    if (settings->pin_count > 0 && settings->pins == NULL)
        return pn_fail(error, PNEU_INVALID,
                       "the TLS option pins is missing, and pin_count is not "
                       "0");
    for (size_t i = 0; i < settings->pin_count && status == PNEU_OK; i++)
        status = pn_tls_read_pin(settings->pins[i], hash, error);
    return status;
}

pneu_status pn_tls_check_options(const pneu_tls_options *settings,
                                 pneu_error *error)
{
    if (settings == NULL)
        return PNEU_OK;
    if (settings->certificate_file == NULL && settings->key_file != NULL)
        return pn_fail(error, PNEU_INVALID,
                       "the TLS option key_file is of no use without "
                       "certificate_file");
    pneu_status status = check_names(settings, error);
    if (status == PNEU_OK)
        status = check_pins(settings, error);
    if (status == PNEU_OK)
        status = pn_tls_check_ciphers(settings, error);
    return status;
}

static pneu_status fail_memory(pneu_error *error)
{
    return pn_fail(error, PNEU_NO_MEMORY, "TLS could not be set up");
}

static pneu_status copy_pins(pn_tls *self, const pneu_tls_options *settings,
                             pneu_error *error)
{
    if (settings->pin_count == 0)
        return PNEU_OK;
    self->pins = pn_memory_new(settings->pin_count, sizeof(self->pins[0]));
    if (self->pins == NULL)
        return fail_memory(error);
    for (size_t i = 0; i < settings->pin_count; i++) {
        pneu_status status =
            pn_tls_read_pin(settings->pins[i], self->pins[i], error);
        if (status != PNEU_OK)
            return status;
    }
    self->pin_count = settings->pin_count;
    return PNEU_OK;
}

static int note_asked(SSL *ssl, void *argument)
{
    pn_tls *self = argument;
    (void)ssl;
    self->is_client_asked = true;
    return 1;
}

static pneu_status make_context(pn_tls *self, const pneu_tls_options *settings,
                                pneu_error *error)
{
    self->context = SSL_CTX_new(TLS_client_method());
    if (self->context == NULL)
        return fail_memory(error);
    SSL_CTX_set_options(self->context,
                        SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(self->context, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                        SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    /* also where any certificate will do: whether it would have been trusted
     * is to be told, and pins hold all the same */
    SSL_CTX_set_verify(self->context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(self->context, pn_tls_verify, self);
    SSL_CTX_set_cert_cb(self->context, note_asked, self);
    pneu_status status = pn_tls_set_ciphers(self->context, settings, error);
    if (status == PNEU_OK)
        status = pn_tls_set_trust(self->context, settings, error);
    if (status == PNEU_OK)
        status = pn_tls_set_certificate(self->context, settings, error);
    return status;
}

/* RFC 9525: the names in subjectAltName alone, no partial wildcards */
static bool set_name(pn_tls *self)
{
    X509_VERIFY_PARAM *parameters = SSL_get0_param(self->ssl);
    X509_VERIFY_PARAM_set_hostflags(parameters,
                                    X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
                                        X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (is_address(self->name))
        return X509_VERIFY_PARAM_set1_ip_asc(parameters, self->name) == 1;
    return X509_VERIFY_PARAM_set1_host(parameters, self->name, 0) == 1;
}

/* RFC 6066 3: no SNI for addresses */
static bool set_sni(pn_tls *self, const char *sni)
{
    char name[PN_TLS_NAME_SIZE];
    if (sni == NULL)
        sni = self->name;
    if (sni[0] == '\0' || is_address(sni))
        return true;
    return take_name(name, sni) &&
           SSL_set_tlsext_host_name(self->ssl, name) == 1;
}

static pneu_status make_ssl(pn_tls *self, const pneu_tls_options *settings,
                            pneu_error *error)
{
    self->ssl = SSL_new(self->context);
    BIO *bio = self->ssl != NULL ? pn_tls_new_bio(self) : NULL;
    if (bio == NULL)
        return fail_memory(error);
    SSL_set_bio(self->ssl, bio, bio);
    SSL_set_connect_state(self->ssl);
    if (!set_name(self) || !set_sni(self, settings->sni))
        return fail_name(error, "name", self->name, NOT_A_NAME);
    return PNEU_OK;
}

pneu_status pn_tls_set_up(pn_tls *self, const pn_tls_options *options,
                          pneu_error *error)
{
    static const pneu_tls_options DEFAULTS = {.size = sizeof(DEFAULTS)};
    const pneu_tls_options *settings =
        options->settings != NULL ? options->settings : &DEFAULTS;
    const char *name = settings->name != NULL ? settings->name : options->host;
    self->after_starttls = options->after_starttls;
    self->verify = options->verify;
    self->has_certificate = settings->certificate_file != NULL;
    pneu_status status = pn_tls_check_options(settings, error);
    if (status != PNEU_OK)
        return status;
    pn_escape(pn_span_of(options->host), "\\n", self->host, sizeof(self->host));
    if (!take_name(self->name, name) ||
        (!is_address(self->name) && !is_name(self->name)))
        return fail_name(error, "name", name, NOT_A_NAME);
    status = copy_pins(self, settings, error);
    if (status == PNEU_OK)
        status = make_context(self, settings, error);
    if (status == PNEU_OK)
        status = make_ssl(self, settings, error);
    return status;
}
