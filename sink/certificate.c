#include "sink/certificate.h"

#include <arpa/inet.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/span.h"
#include "wire/limits.h"

enum {
    DAY_SECONDS = 24 * 60 * 60,
    VALID_DAYS = 3650,
    SERIAL_OCTETS = 16,
    NAMES_SIZE = PN_DOMAIN_MAX + 16
};

/* One extension by its textual form, x509v3_config(5). */
typedef struct extension_text {
    int nid;
    const char *value;
} extension_text;

static bool set_serial(X509 *certificate)
{
    unsigned char octets[SERIAL_OCTETS];
    if (RAND_bytes(octets, sizeof(octets)) != 1)
        return false;
    octets[0] &= 0x7f; /* RFC 5280 4.1.2.2: positive */
    BIGNUM *number = BN_bin2bn(octets, sizeof(octets), NULL);
    bool set =
        number != NULL &&
        BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
    BN_free(number);
    return set;
}

static bool set_subject(X509 *certificate, const char *common_name)
{
    /* RFC 5280: a common name has 64 characters at the most; what counts is
     * the subjectAltName */
    size_t length = strlen(common_name);
    return X509_NAME_add_entry_by_txt(
               X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
               (const unsigned char *)common_name,
               (int)(length > 64 ? 64 : length), -1, 0) == 1;
}

static bool add_extensions(X509 *certificate, X509 *issuer,
                           const extension_text *texts, size_t count)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    for (size_t i = 0; i < count; i++) {
        X509_EXTENSION *extension =
            X509V3_EXT_conf_nid(NULL, &context, texts[i].nid, texts[i].value);
        bool added =
            extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
        X509_EXTENSION_free(extension);
        if (!added)
            return false;
    }
    return true;
}

/* A certificate that only lacks its extensions and its signature. */
static X509 *begin(EVP_PKEY *key, const char *common_name, X509 *issuer)
{
    X509 *made = X509_new();
    if (made == NULL)
        return NULL;
    X509 *from = issuer != NULL ? issuer : made;
    if (X509_set_version(made, X509_VERSION_3) == 1 && set_serial(made) &&
        X509_gmtime_adj(X509_getm_notBefore(made), -DAY_SECONDS) != NULL &&
        X509_time_adj_ex(X509_getm_notAfter(made), VALID_DAYS, 0, NULL) !=
            NULL &&
        set_subject(made, common_name) &&
        X509_set_issuer_name(made, X509_get_subject_name(from)) == 1 &&
        X509_set_pubkey(made, key) == 1)
        return made;
    X509_free(made);
    return NULL;
}

static X509 *make_ca(EVP_PKEY *key)
{
    static const extension_text TEXTS[] = {
        {NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
        {NID_key_usage, "critical,keyCertSign,cRLSign"},
        {NID_subject_key_identifier, "hash"},
    };
    X509 *ca = begin(key, "pneu sink CA", NULL);
    if (ca != NULL &&
        add_extensions(ca, ca, TEXTS, sizeof(TEXTS) / sizeof(TEXTS[0])) &&
        X509_sign(ca, key, EVP_sha256()) > 0)
        return ca;
    X509_free(ca);
    return NULL;
}

static X509 *make_server(EVP_PKEY *key, X509 *ca, EVP_PKEY *ca_key,
                         const char *common_name, const char *names)
{
    const extension_text texts[] = {
        {NID_basic_constraints, "critical,CA:FALSE"},
        {NID_key_usage, "critical,digitalSignature"},
        {NID_ext_key_usage, "serverAuth"},
        {NID_subject_key_identifier, "hash"},
        {NID_authority_key_identifier, "keyid:always"},
        {NID_subject_alt_name, names},
    };
    X509 *server = begin(key, common_name, ca);
    if (server != NULL &&
        add_extensions(server, ca, texts, sizeof(texts) / sizeof(texts[0])) &&
        X509_sign(server, ca_key, EVP_sha256()) > 0)
        return server;
    X509_free(server);
    return NULL;
}

/* The name goes into the textual form of an extension: nothing that has a
 * meaning there may stand in it. */
static bool is_plain_name(const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < length; i++) {
        char c = name[i];
        if (!pn_ascii_is_alnum(c) && strchr("-._*:", c) == NULL)
            return false;
    }
    return length > 0 && length <= PN_DOMAIN_MAX;
}

static bool is_address(const char *name)
{
    unsigned char binary[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, name, binary) == 1 ||
           inet_pton(AF_INET6, name, binary) == 1;
}

pneu_status pn_sink_certificate_make(pn_sink_certificate *made,
                                     const char *name, pneu_error *error)
{
    char names[NAMES_SIZE] = "DNS:localhost,IP:127.0.0.1,IP:::1";
    *made = (pn_sink_certificate){NULL, NULL, NULL};
    if (name != NULL && (!is_plain_name(name) ||
                         (strchr(name, ':') != NULL && !is_address(name))))
        return pn_fail(error, PNEU_INVALID,
                       "--cert-name takes a host name or an address");
    if (name != NULL)
        snprintf(names, sizeof(names), "%s:%s", is_address(name) ? "IP" : "DNS",
                 name);
    EVP_PKEY *ca_key = EVP_EC_gen("P-256");
    made->key = EVP_EC_gen("P-256");
    if (ca_key != NULL && made->key != NULL)
        made->ca = make_ca(ca_key);
    if (made->ca != NULL)
        made->server = make_server(made->key, made->ca, ca_key,
                                   name != NULL ? name : "localhost", names);
    EVP_PKEY_free(ca_key);
    if (made->server != NULL)
        return PNEU_OK;
    pn_sink_certificate_finish(made);
    return pn_fail(error, PNEU_TLS, "cannot make a certificate: %s",
                   ERR_reason_error_string(ERR_peek_last_error()));
}

void pn_sink_certificate_finish(pn_sink_certificate *certificate)
{
    X509_free(certificate->ca);
    X509_free(certificate->server);
    EVP_PKEY_free(certificate->key);
    *certificate = (pn_sink_certificate){NULL, NULL, NULL};
}
