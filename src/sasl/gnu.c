#include "sasl/gnu.h"

#include <gsasl.h>
#include <string.h>

#include "base/base64.h"
#include "base/fail.h"
#include "base/memory.h"
#include "base/secret.h"
#include "sasl/limits.h"

enum {
    BINDING_TEXT_MAX = 1024
};

typedef struct gnu {
    pn_exchange base;
    Gsasl *library;
    Gsasl_session *session;
    const char *host; /* borrowed */
    bool complete;
} gnu;

static pneu_status failure_status(int code)
{
    switch (code) {
    case GSASL_MALLOC_ERROR:
        return PNEU_NO_MEMORY;
    case GSASL_UNKNOWN_MECHANISM:
        return PNEU_NOT_OFFERED;
    case GSASL_SASLPREP_ERROR:
        return PNEU_INVALID;
    default:
        return PNEU_AUTH_FAILED;
    }
}

/* GNU SASL drops what Kerberos had to say. */
static pneu_status gssapi_failure(const gnu *exchange, int code,
                                  pneu_error *error)
{
    if (code == GSASL_GSSAPI_INIT_SEC_CONTEXT_ERROR)
        return pn_fail(error, PNEU_AUTH_FAILED,
                       "GSSAPI: there is no valid ticket for smtp/%s: run "
                       "kinit; if there is one for the user (klist), the KDC "
                       "may not know the server by this name",
                       exchange->host);
    if (code == GSASL_GSSAPI_IMPORT_NAME_ERROR)
        return pn_fail(error, PNEU_AUTH_FAILED,
                       "GSSAPI: Kerberos cannot make use of the server's name "
                       "\"%s\"",
                       exchange->host);
    return pn_fail(error, failure_status(code), "GSSAPI: %s",
                   gsasl_strerror(code));
}

static pneu_status gnu_failure(const gnu *exchange, const char *what, int code,
                               pneu_error *error)
{
    const char *name = exchange->base.mechanism->name;
    if (code == GSASL_UNKNOWN_MECHANISM)
        return pn_fail(error, PNEU_NOT_OFFERED,
                       "the GNU SASL library of this machine has no %s", name);
    if (code == GSASL_SASLPREP_ERROR)
        return pn_fail(error, PNEU_INVALID,
                       "the user name or the password is not UTF-8, or holds "
                       "what %s forbids (RFC 4013)",
                       name);
    if (exchange->base.mechanism->kind == PN_KIND_GSSAPI)
        return gssapi_failure(exchange, code, error);
    return pn_fail(error, failure_status(code), "%s: %s", what,
                   gsasl_strerror(code));
}

/*
 * A mechanism that needs no binding is told of none. It could say then that
 * this side can bind ("y" in place of "n", RFC 5802 6), so that a server finds
 * out who has hidden -PLUS on the way; but GNU SASL 2.2 takes its own first
 * message for invalid if it is to say so.
 */
static int set_binding(Gsasl_session *session,
                       const pn_exchange_options *options)
{
    pn_buffer text;
    Gsasl_property property = options->binding_kind == PN_BINDING_TLS_EXPORTER
                                  ? GSASL_CB_TLS_EXPORTER
                                  : GSASL_CB_TLS_UNIQUE;
    if ((options->mechanism->needs & PN_HAS_BINDING) == 0)
        return GSASL_OK;
    pn_buffer_init(&text, BINDING_TEXT_MAX);
    int code = GSASL_MALLOC_ERROR;
    if (pn_base64_encode(&text, options->binding) == PNEU_OK) {
        pn_span span = pn_buffer_span(&text);
        code =
            gsasl_property_set_raw(session, property, span.data, span.length);
    }
    pn_buffer_finish(&text);
    return code;
}

static int set_text(Gsasl_session *session, Gsasl_property property,
                    const char *text)
{
    return text != NULL ? gsasl_property_set(session, property, text)
                        : GSASL_OK;
}

/* As whom to act: EXTERNAL has no other place for a user's name. */
static const char *authorization(const pn_exchange_options *options)
{
    bool by_user = options->authorization == NULL &&
                   options->mechanism->kind == PN_KIND_EXTERNAL;
    return by_user ? options->user : options->authorization;
}

static int set_properties(Gsasl_session *session,
                          const pn_exchange_options *options)
{
    int code = set_text(session, GSASL_AUTHID, options->user);
    if (code == GSASL_OK)
        code = set_text(session, GSASL_PASSWORD, options->password);
    if (code == GSASL_OK)
        code = set_text(session, GSASL_AUTHZID, authorization(options));
    if (code == GSASL_OK && options->mechanism->kind == PN_KIND_ANONYMOUS)
        code = gsasl_property_set(session, GSASL_ANONYMOUS_TOKEN,
                                  options->user != NULL ? options->user : "");
    if (code == GSASL_OK)
        code = gsasl_property_set(session, GSASL_SERVICE, "smtp");
    if (code == GSASL_OK)
        code = set_text(session, GSASL_HOSTNAME, options->host);
    if (code == GSASL_OK)
        code = set_binding(session, options);
    return code;
}

/* GNU SASL frees its copies of secrets as they are. */
static void wipe_property(Gsasl_session *session, Gsasl_property property)
{
    const char *text = gsasl_property_fast(session, property);
    if (text != NULL)
        pn_secret_wipe((char *)(uintptr_t)text, strlen(text));
}

static void free_exchange(pn_exchange *base)
{
    gnu *exchange = (gnu *)base;
    if (exchange->session != NULL) {
        wipe_property(exchange->session, GSASL_PASSWORD);
        wipe_property(exchange->session, GSASL_SCRAM_SALTED_PASSWORD);
        gsasl_finish(exchange->session);
    }
    if (exchange->library != NULL)
        gsasl_done(exchange->library);
    pn_memory_free(exchange);
}

static pneu_status check_step(const gnu *exchange, pn_span challenge,
                              pneu_error *error)
{
    if (!exchange->complete)
        return pn_limits_check_challenge(exchange->base.mechanism, challenge,
                                         error);
    if (challenge.length == 0)
        return PNEU_OK;
    return pn_fail(error, PNEU_AUTH_FAILED,
                   "the server challenges after the end of %s",
                   exchange->base.mechanism->name);
}

static pneu_status step(pn_exchange *base, pn_span challenge,
                        pneu_answer *answer, pneu_error *error)
{
    gnu *exchange = (gnu *)base;
    char *text = NULL;
    size_t length = 0;
    pneu_status status = check_step(exchange, challenge, error);
    if (status != PNEU_OK)
        return status;
    if (exchange->complete) {
        answer->is_set = true;
        return PNEU_OK;
    }
    int code = gsasl_step(exchange->session, challenge.data, challenge.length,
                          &text, &length);
    if (code != GSASL_OK && code != GSASL_NEEDS_MORE)
        return gnu_failure(exchange, "AUTH failed on this side", code, error);
    exchange->complete = code == GSASL_OK;
    status = pn_answer_append(answer, (pn_span){text, length});
    if (text != NULL)
        pn_secret_wipe(text, length);
    gsasl_free(text);
    return status == PNEU_OK
               ? PNEU_OK
               : pn_fail(error, status, "no memory for an answer to AUTH");
}

static bool is_complete(const pn_exchange *base)
{
    return ((const gnu *)base)->complete;
}

static const pn_exchange_table TABLE = {
    .step = step, .is_complete = is_complete, .free = free_exchange};

pneu_status pn_gnu_new(pn_exchange **out, const pn_exchange_options *options,
                       pneu_error *error)
{
    pneu_status status = pn_limits_check_credentials(options, error);
    if (status != PNEU_OK)
        return status;
    gnu *exchange = pn_memory_new(1, sizeof(*exchange));
    if (exchange == NULL)
        return pn_fail(error, PNEU_NO_MEMORY, "no memory for AUTH");
    exchange->base = (pn_exchange){&TABLE, options->mechanism};
    exchange->host = options->host != NULL ? options->host : "";
    int code = gsasl_init(&exchange->library);
    if (code == GSASL_OK)
        code = gsasl_client_start(exchange->library, options->mechanism->name,
                                  &exchange->session);
    if (code == GSASL_OK)
        code = set_properties(exchange->session, options);
    if (code != GSASL_OK) {
        status = gnu_failure(exchange, "AUTH could not begin", code, error);
        free_exchange(&exchange->base);
        return status;
    }
    *out = &exchange->base;
    return PNEU_OK;
}
