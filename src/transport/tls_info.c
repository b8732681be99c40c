/* What a TLS connection is like, for the program to show. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/bio.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/escape.h"
#include "base/memory.h"
#include "transport/tls_inside.h"

enum {
    TEXTS_MAX = 1024 * 1024
};

void pn_tls_write_time(const ASN1_TIME *time, char *text, size_t size)
{
    struct tm at = {0};
    text[0] = '\0';
    if (ASN1_TIME_to_tm(time, &at) == 1)
        strftime(text, size, "%Y-%m-%dT%H:%M:%SZ", &at);
}

static bool add_escaped(pn_buffer *to, const void *data, size_t length)
{
    pneu_status status;
    if (length > TEXTS_MAX)
        return false;
    size_t room = 4 * length + 1; /* "\x00" for each octet, and NUL */
    char *out = pn_buffer_reserve(to, room, &status);
    if (out == NULL)
        return false;
    pn_buffer_added(to, pn_escape((pn_span){data, length}, "\\n", out, room));
    return true;
}

/* RFC 4514, in UTF-8 */
bool pn_tls_add_name(pn_buffer *to, const X509_NAME *name)
{
    char *text = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    if (bio == NULL)
        return false;
    bool done = X509_NAME_print_ex(
                    bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0;
    long length = BIO_get_mem_data(bio, &text);
    if (done && length > 0)
        done = add_escaped(to, text, (size_t)length);
    BIO_free(bio);
    return done;
}

static bool add_address(pn_buffer *to, const ASN1_OCTET_STRING *address)
{
    char text[INET6_ADDRSTRLEN] = "?";
    int length = ASN1_STRING_length(address);
    const unsigned char *data = ASN1_STRING_get0_data(address);
    if (length == sizeof(struct in_addr))
        inet_ntop(AF_INET, data, text, sizeof(text));
    if (length == sizeof(struct in6_addr))
        inet_ntop(AF_INET6, data, text, sizeof(text));
    return pn_buffer_append_text(to, text) == PNEU_OK;
}

static bool add_one(pn_buffer *to, const GENERAL_NAME *name, size_t *count)
{
    int kind = 0;
    const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &kind);
    if (kind != GEN_DNS && kind != GEN_IPADD)
        return true;
    if ((*count)++ > 0 && pn_buffer_append_text(to, ", ") != PNEU_OK)
        return false;
    if (kind == GEN_IPADD)
        return add_address(to, value);
    return add_escaped(to, ASN1_STRING_get0_data(value),
                       (size_t)ASN1_STRING_length(value));
}

bool pn_tls_add_names(pn_buffer *to, const X509 *certificate)
{
    GENERAL_NAMES *names =
        X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    size_t count = 0;
    bool done = true;
    for (int i = 0; done && i < sk_GENERAL_NAME_num(names); i++)
        done = add_one(to, sk_GENERAL_NAME_value(names, i), &count);
    GENERAL_NAMES_free(names);
    return done;
}

static bool add_time(pn_buffer *to, const ASN1_TIME *time)
{
    char text[32];
    pn_tls_write_time(time, text, sizeof(text));
    return pn_buffer_append_text(to, text) == PNEU_OK;
}

static bool add_pin(pn_buffer *to, const X509 *certificate)
{
    char pin[PN_TLS_PIN_SIZE] = "";
    unsigned char hash[PNEU_SHA256_SIZE];
    if (pn_tls_pin_of(certificate, hash))
        pn_tls_write_pin(hash, pin);
    return pn_buffer_append_text(to, pin) == PNEU_OK;
}

/* The texts stand in one buffer, which moves while it grows. */
static bool end_text(pn_buffer *to, size_t *end)
{
    *end = pn_buffer_length(to) + 1;
    return pn_buffer_append_char(to, '\0') == PNEU_OK;
}

static bool describe(pn_tls *self, const X509 *certificate)
{
    pn_buffer *to = &self->texts;
    size_t ends[6] = {0};
    if (!pn_tls_add_name(to, X509_get_subject_name(certificate)) ||
        !end_text(to, &ends[0]) ||
        !pn_tls_add_name(to, X509_get_issuer_name(certificate)) ||
        !end_text(to, &ends[1]) || !pn_tls_add_names(to, certificate) ||
        !end_text(to, &ends[2]) ||
        !add_time(to, X509_get0_notBefore(certificate)) ||
        !end_text(to, &ends[3]) ||
        !add_time(to, X509_get0_notAfter(certificate)) ||
        !end_text(to, &ends[4]) || !add_pin(to, certificate) ||
        !end_text(to, &ends[5]))
        return false;
    const char *texts = pn_buffer_span(to).data;
    self->info.subject = texts;
    self->info.issuer = texts + ends[0];
    self->info.names = texts + ends[1];
    self->info.not_before = texts + ends[2];
    self->info.not_after = texts + ends[3];
    self->info.pin = texts + ends[4];
    return true;
}

static bool copy_der(pn_tls *self, X509 *certificate)
{
    int length = i2d_X509(certificate, NULL);
    if (length <= 0)
        return false;
    self->der = pn_memory_new((size_t)length, 1);
    if (self->der == NULL)
        return false;
    unsigned char *to = self->der;
    i2d_X509(certificate, &to);
    self->info.certificate = self->der;
    self->info.certificate_length = (size_t)length;
    return X509_digest(certificate, EVP_sha256(), self->info.sha256, NULL) == 1;
}

void pn_tls_make_info(pn_tls *self)
{
    X509 *certificate = SSL_get1_peer_certificate(self->ssl);
    pn_buffer_init(&self->texts, TEXTS_MAX);
    self->info = (pneu_tls_info){
        .version = SSL_get_version(self->ssl),
        .cipher = SSL_get_cipher_name(self->ssl),
        .is_verified = pn_tls_is_verified(&self->head),
        .unverified_because = self->because,
        .subject = "",
        .issuer = "",
        .names = "",
        .not_before = "",
        .not_after = "",
        .pin = "",
    };
    if (certificate == NULL)
        self->info.unverified_because = "the server showed no certificate";
    self->has_info = certificate == NULL || (describe(self, certificate) &&
                                             copy_der(self, certificate));
    X509_free(certificate);
    if (!self->has_info)
        pn_tls_drop_info(self);
}

void pn_tls_drop_info(pn_tls *self)
{
    self->has_info = false;
    pn_buffer_finish(&self->texts);
    pn_memory_free(self->der);
    self->der = NULL;
}
