/* Why TLS failed, in words: a port that does not speak it, an alert, a
 * certificate that was asked for, a line that broke. */
#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/fail.h"
#include "transport/tls_inside.h"

void pn_tls_reason(char *text, size_t size)
{
    unsigned long code = ERR_peek_error();
    const char *reason = code != 0 ? ERR_reason_error_string(code) : NULL;
    if (reason != NULL)
        snprintf(text, size, "%s", reason);
    else if (!ERR_SYSTEM_ERROR(code) ||
             strerror_r(ERR_GET_REASON(code), text, size) != 0)
        snprintf(text, size, "no reason given");
}

/* What the port said in place of a handshake (it was no TLS record). */
static bool explain_plain_text(pn_tls *self)
{
    char shown[4 * PN_TLS_FIRST_OCTETS + 1];
    char c = self->first_count > 0 ? self->first[0] : '\0';
    if (c < 32 || c > 126)
        return false;
    pn_escape((pn_span){self->first, self->first_count}, " ", shown,
              sizeof(shown));
    bool is_smtp = self->first_count >= 3 && memcmp(self->first, "220", 3) == 0;
    if (self->after_starttls)
        is_smtp = false;
    pn_fail(&self->head.error, PNEU_TLS, "%s: it began with \"%s\"",
            is_smtp ? "this port speaks SMTP in the clear, so use STARTTLS "
                      "in place of TLS from the start"
            : self->after_starttls
                ? "the server went on in the clear after STARTTLS"
                : "this port does not speak TLS",
            shown);
    return true;
}

static bool is_alert_about_certificate(int reason)
{
    switch (reason) {
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
        return true;
    default:
        return false;
    }
}

/* What the server thinks of the client's certificate. Under TLS 1.3 that may
 * come to light only after the handshake. */
static bool explain_own_certificate(pn_tls *self, unsigned long code)
{
    int reason = ERR_GET_REASON(code);
    bool is_required = reason == SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED ||
                       (reason == SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE &&
                        self->is_client_asked);
    if (ERR_GET_LIB(code) != ERR_LIB_SSL)
        return false;
    if (is_required && !self->has_certificate) {
        pn_fail(&self->head.error, PNEU_TLS,
                "the server asks for a client certificate, and none was "
                "given");
        return true;
    }
    if (!self->is_client_asked || !self->has_certificate ||
        (!is_required && !is_alert_about_certificate(reason)))
        return false;
    pn_fail(&self->head.error, PNEU_TLS,
            "the server does not accept the client certificate: %s",
            ERR_reason_error_string(code));
    return true;
}

static void explain_handshake(pn_tls *self, unsigned long code)
{
    char reason[PN_TLS_REASON_SIZE];
    pn_tls_reason(reason, sizeof(reason));
    bool ended = self->first_count == 0 || code == 0;
    const char *what = ended ? "the server closed the connection" : reason;
    if (!ended && ERR_GET_LIB(code) == ERR_LIB_SSL) {
        switch (ERR_GET_REASON(code)) {
        case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
        case SSL_R_UNSUPPORTED_PROTOCOL:
            what = "the server speaks none of the versions of TLS that are "
                   "allowed";
            break;
        case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
            what = "the server wants none of the versions and ciphers that "
                   "are allowed (handshake_failure)";
            break;
        case SSL_R_TLSV1_UNRECOGNIZED_NAME:
            what = "the server does not know the name that was sent (SNI)";
            break;
        default:
            break;
        }
    }
    pn_fail(&self->head.error, PNEU_TLS, "the TLS handshake failed: %s", what);
}

static bool explain_distrust(pn_tls *self)
{
    bool is_bad = self->verdict != X509_V_OK && self->verify;
    bool is_missing = SSL_is_init_finished(self->ssl) && !self->is_examined;
    if (!is_bad && !self->is_pin_wrong && !is_missing)
        return false;
    pn_fail(&self->head.error, PNEU_UNTRUSTED,
            "the certificate of %.100s cannot be trusted: %s", self->host,
            is_missing ? "the server showed none" : self->because);
    self->head.error.tls_error = (uint64_t)self->verdict;
    return true;
}

pn_io pn_tls_fail_handshake(pn_tls *self)
{
    pneu_error *error = &self->head.error;
    unsigned long code = ERR_peek_error();
    if (explain_distrust(self)) {
        ERR_clear_error();
        return PN_IO_FAILED;
    }
    if (pn_stream_error(self->below)->status != PNEU_OK) {
        *error = *pn_stream_error(self->below);
        pn_fail_system(error, PNEU_TLS, error->system_error,
                       "the connection broke in the TLS handshake");
    } else if (!explain_plain_text(self) &&
               !explain_own_certificate(self, code)) {
        explain_handshake(self, code);
    }
    if (error->system_error == 0)
        error->tls_error = code;
    ERR_clear_error();
    return PN_IO_FAILED;
}

pn_io pn_tls_fail_line(pn_tls *self)
{
    char reason[PN_TLS_REASON_SIZE];
    unsigned long code = ERR_peek_error();
    pn_tls_reason(reason, sizeof(reason));
    if (pn_stream_error(self->below)->status != PNEU_OK)
        self->head.error = *pn_stream_error(self->below);
    else if (code == 0 ||
             ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
        pn_fail(&self->head.error, PNEU_LOST,
                "the server closed the connection without ending TLS");
    else if (!explain_own_certificate(self, code))
        pn_fail(&self->head.error, PNEU_TLS, "TLS failed: %s", reason);
    self->head.error.tls_error = code;
    ERR_clear_error();
    return PN_IO_FAILED;
}
