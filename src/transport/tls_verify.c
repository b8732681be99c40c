/* Is the server's certificate to be trusted, and if not: why not, in words
 * that say what to do. */
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "transport/tls_inside.h"

enum {
    NAME_SIZE = 200,
    TEXT_MAX = 65536
};

/* A text that is too long ends in dots, and no character is cut in two. */
static void shorten(pn_span text, char shown[NAME_SIZE])
{
    size_t length = text.length;
    const size_t most = NAME_SIZE - sizeof(" …");
    if (length > most) {
        length = most;
        while (length > 0 && ((unsigned char)text.data[length] & 0xc0) == 0x80)
            length--;
    }
    snprintf(shown, NAME_SIZE, "%.*s%s", (int)length, text.data,
             length < text.length ? " …" : "");
}

/* False if there is no memory. */
static bool show_name(const X509_NAME *name, char shown[NAME_SIZE])
{
    pn_buffer text;
    pn_buffer_init(&text, TEXT_MAX);
    bool done = pn_tls_add_name(&text, name);
    shorten(pn_buffer_span(&text), shown);
    pn_buffer_finish(&text);
    return done;
}

static bool show_names(const X509 *certificate, char shown[NAME_SIZE])
{
    pn_buffer text;
    pn_buffer_init(&text, TEXT_MAX);
    bool done = pn_tls_add_names(&text, certificate);
    shorten(pn_buffer_span(&text), shown);
    pn_buffer_finish(&text);
    return done;
}

/* Each of these is false if there is no memory for it. */

static bool tell_time(pn_tls *self, const X509 *certificate, int depth)
{
    char time[32];
    char whose[NAME_SIZE];
    bool expired = self->verdict == X509_V_ERR_CERT_HAS_EXPIRED;
    pn_tls_write_time(expired ? X509_get0_notAfter(certificate)
                              : X509_get0_notBefore(certificate),
                      time, sizeof(time));
    if (!show_name(X509_get_subject_name(certificate), whose))
        return false;
    snprintf(self->because, sizeof(self->because), "%s%s%s %s %s%s",
             depth > 0 ? "the certificate of its issuer \"" : "it",
             depth > 0 ? whose : "", depth > 0 ? "\"" : "",
             expired ? "expired on" : "is not valid before", time,
             expired ? "" : ", so see that this machine's clock is right");
    return true;
}

static bool tell_other_host(pn_tls *self, const X509 *certificate)
{
    char names[NAME_SIZE];
    if (!show_names(certificate, names))
        return false;
    if (names[0] == '\0')
        snprintf(self->because, sizeof(self->because),
                 "there is no name in it (subjectAltName), so that it cannot "
                 "be for \"%.100s\"",
                 self->name);
    else
        snprintf(self->because, sizeof(self->because),
                 "it is for %s, and not for \"%.100s\"", names, self->name);
    return true;
}

static bool tell_unknown(pn_tls *self, const X509 *certificate)
{
    char issuer[NAME_SIZE];
    if (!show_name(X509_get_issuer_name(certificate), issuer))
        return false;
    snprintf(self->because, sizeof(self->because),
             "its issuer \"%s\" is not trusted here; if it is your own, name "
             "the file with its certificate as ca_file",
             issuer);
    return true;
}

static bool tell_self_signed(pn_tls *self)
{
    snprintf(self->because, sizeof(self->because),
             "it is signed by itself alone; to trust it all the same, name a "
             "file with it as ca_file");
    return true;
}

/* certificate is the one in the chain that is at fault. */
static bool tell_case(pn_tls *self, X509_STORE_CTX *chain,
                      const X509 *certificate)
{
    switch (self->verdict) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return tell_time(self, certificate,
                         X509_STORE_CTX_get_error_depth(chain));
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return tell_other_host(self, X509_STORE_CTX_get0_cert(chain));
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return tell_self_signed(self);
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        return tell_unknown(self, certificate);
    default:
        return false;
    }
}

static void tell(pn_tls *self, X509_STORE_CTX *chain)
{
    const X509 *certificate = X509_STORE_CTX_get_current_cert(chain);
    if (certificate == NULL)
        certificate = X509_STORE_CTX_get0_cert(chain);
    if (!tell_case(self, chain, certificate))
        snprintf(self->because, sizeof(self->because), "%s",
                 X509_verify_cert_error_string(self->verdict));
}

static bool has_pin(const pn_tls *self, const X509 *certificate)
{
    unsigned char hash[PNEU_SHA256_SIZE];
    if (self->pin_count == 0)
        return true;
    if (!pn_tls_pin_of(certificate, hash))
        return false;
    for (size_t i = 0; i < self->pin_count; i++) {
        if (memcmp(self->pins[i], hash, sizeof(hash)) == 0)
            return true;
    }
    return false;
}

/* Keeps the pin that was seen: it may be the one to be taken over. */
static void tell_pin(pn_tls *self, const X509 *certificate)
{
    char pin[PN_TLS_PIN_SIZE] = "not to be had";
    unsigned char hash[PNEU_SHA256_SIZE];
    self->is_pin_wrong = true;
    if (pn_tls_pin_of(certificate, hash))
        pn_tls_write_pin(hash, pin);
    snprintf(self->because, sizeof(self->because),
             "its key is none of the pinned ones: its pin is %s", pin);
}

int pn_tls_verify(X509_STORE_CTX *chain, void *argument)
{
    pn_tls *self = argument;
    const X509 *certificate = X509_STORE_CTX_get0_cert(chain);
    bool is_trusted = X509_verify_cert(chain) == 1;
    self->is_examined = true;
    self->verdict = X509_STORE_CTX_get_error(chain);
    if (!is_trusted && self->verdict == X509_V_OK)
        self->verdict = X509_V_ERR_UNSPECIFIED;
    if (!is_trusted)
        tell(self, chain);
    if (!is_trusted && self->verify)
        return 0;
    if (has_pin(self, certificate))
        return 1;
    tell_pin(self, certificate);
    self->verdict = X509_V_ERR_APPLICATION_VERIFICATION;
    X509_STORE_CTX_set_error(chain, (int)self->verdict);
    return 0;
}
