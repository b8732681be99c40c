/* Pins: the SHA-256 of a public key, as text and of a certificate. */
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

#include "base/base64.h"
#include "base/escape.h"
#include "base/fail.h"
#include "transport/tls_inside.h"

static const char START[] = "sha256//";

enum {
    ENCODED = 44 /* base64 of 32 octets */
};

pneu_status pn_tls_read_pin(const char *pin, unsigned char *hash,
                            pneu_error *error)
{
    char shown[100];
    pn_buffer octets;
    pn_span text = pn_span_of(pin);
    const size_t before = sizeof(START) - 1;
    pneu_status status = PNEU_INVALID;
    pn_buffer_init(&octets, PNEU_SHA256_SIZE + 2);
    if (text.length == before + ENCODED &&
        memcmp(text.data, START, before) == 0)
        status = pn_base64_decode(
            &octets, (pn_span){text.data + before, text.length - before});
    if (status == PNEU_OK && pn_buffer_length(&octets) == PNEU_SHA256_SIZE)
        memcpy(hash, octets.memory + octets.start, PNEU_SHA256_SIZE);
    else if (status == PNEU_OK)
        status = PNEU_INVALID;
    pn_buffer_finish(&octets);
    if (status == PNEU_NO_MEMORY)
        return pn_fail(error, status, "no memory for a pin");
    if (status == PNEU_OK)
        return PNEU_OK;
    pn_escape(text, "\\n", shown, sizeof(shown));
    return pn_fail(error, PNEU_INVALID,
                   "the pin \"%s\" is none: it is \"sha256//\" and the base64 "
                   "of 32 octets",
                   shown);
}

/* RFC 7469 2.4: of the SubjectPublicKeyInfo, with its algorithm */
bool pn_tls_pin_of(const X509 *certificate, unsigned char *hash)
{
    unsigned char *der = NULL;
    int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    bool done = length > 0 && EVP_Digest(der, (size_t)length, hash, NULL,
                                         EVP_sha256(), NULL) == 1;
    OPENSSL_free(der);
    return done;
}

void pn_tls_write_pin(const unsigned char *hash, char *pin)
{
    memcpy(pin, START, sizeof(START) - 1);
    EVP_EncodeBlock((unsigned char *)pin + sizeof(START) - 1, hash,
                    PNEU_SHA256_SIZE);
}
