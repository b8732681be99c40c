#include "sasl/exchange.h"

#include <gsasl.h>
#include <string.h>

#include "base/base64.h"
#include "base/fail.h"
#include "base/memory.h"
#include "base/secret.h"

enum {
    /* RFC 5802 5.1: "i=" costs the client that many HMACs */
    ITERATIONS_MAX = 1000000,
    BINDING_TEXT_MAX = 1024
};

struct pn_exchange {
    Gsasl *library;
    Gsasl_session *session;
    const pn_mechanism *mechanism;
    bool complete;
};

static pneu_status gsasl_failure(pneu_error *error, const char *what, int code)
{
    pneu_status status = code == GSASL_MALLOC_ERROR        ? PNEU_NO_MEMORY
                         : code == GSASL_UNKNOWN_MECHANISM ? PNEU_NOT_OFFERED
                                                           : PNEU_AUTH_FAILED;
    return pn_fail(error, status, "%s: %s", what, gsasl_strerror(code));
}

static int set_binding(Gsasl_session *session,
                       const pn_exchange_options *options)
{
    pn_buffer text;
    Gsasl_property property = options->binding_kind == PN_BINDING_TLS_EXPORTER
                                  ? GSASL_CB_TLS_EXPORTER
                                  : GSASL_CB_TLS_UNIQUE;
    if (!options->mechanism->needs_binding)
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

static int set_properties(Gsasl_session *session,
                          const pn_exchange_options *options)
{
    int code = gsasl_property_set(session, GSASL_AUTHID, options->user);
    if (code == GSASL_OK)
        code = gsasl_property_set(session, GSASL_PASSWORD, options->password);
    if (code == GSASL_OK)
        code = gsasl_property_set(session, GSASL_SERVICE, "smtp");
    if (code == GSASL_OK)
        code = gsasl_property_set(session, GSASL_HOSTNAME, options->host);
    if (code == GSASL_OK)
        code = set_binding(session, options);
    return code;
}

pneu_status pn_exchange_new(pn_exchange **out,
                            const pn_exchange_options *options,
                            pneu_error *error)
{
    const char *name = options->mechanism->name;
    *out = NULL;
    pn_exchange *exchange = pn_memory_new(1, sizeof(*exchange));
    if (exchange == NULL)
        return pn_fail(error, PNEU_NO_MEMORY, "no memory for AUTH");
    exchange->mechanism = options->mechanism;
    int code = gsasl_init(&exchange->library);
    if (code == GSASL_OK)
        code = gsasl_client_start(exchange->library, name, &exchange->session);
    if (code == GSASL_OK)
        code = set_properties(exchange->session, options);
    if (code != GSASL_OK) {
        pn_exchange_free(exchange);
        return gsasl_failure(error, "AUTH could not begin", code);
    }
    *out = exchange;
    return PNEU_OK;
}

void pn_exchange_free(pn_exchange *exchange)
{
    if (exchange == NULL)
        return;
    if (exchange->session != NULL)
        gsasl_finish(exchange->session);
    if (exchange->library != NULL)
        gsasl_done(exchange->library);
    pn_memory_free(exchange);
}

/* The count in a SCRAM server's first message, "r=…,s=…,i=4096"; 0 if there is
 * none. */
static uint64_t iteration_count(pn_span challenge)
{
    for (size_t i = 0; i + 3 < challenge.length; i++) {
        if (memcmp(challenge.data + i, ",i=", 3) != 0)
            continue;
        pn_span digits = {challenge.data + i + 3, 0};
        size_t left = challenge.length - i - 3;
        while (digits.length < left &&
               pn_ascii_is_digit(digits.data[digits.length]))
            digits.length++;
        uint64_t count = 0;
        return pn_span_number(digits, &count) ? count : UINT64_MAX;
    }
    return 0;
}

static pneu_status check_challenge(const pn_exchange *exchange,
                                   pn_span challenge, pneu_error *error)
{
    if (exchange->mechanism->is_mutual &&
        iteration_count(challenge) > ITERATIONS_MAX)
        return pn_fail(error, PNEU_AUTH_FAILED,
                       "the server asks for more than %d iterations of %s",
                       ITERATIONS_MAX, exchange->mechanism->name);
    return PNEU_OK;
}

pneu_status pn_exchange_step(pn_exchange *exchange, pn_span challenge,
                             pn_buffer *out, pneu_error *error)
{
    char *answer = NULL;
    size_t length = 0;
    pneu_status status = check_challenge(exchange, challenge, error);
    if (status != PNEU_OK)
        return status;
    if (exchange->complete) {
        return challenge.length == 0
                   ? PNEU_OK
                   : pn_fail(error, PNEU_AUTH_FAILED,
                             "the server challenges after the end of %s",
                             exchange->mechanism->name);
    }
    int code = gsasl_step(exchange->session, challenge.data, challenge.length,
                          &answer, &length);
    if (code != GSASL_OK && code != GSASL_NEEDS_MORE)
        return gsasl_failure(error, "AUTH failed on this side", code);
    exchange->complete = code == GSASL_OK;
    status = pn_buffer_append(out, (pn_span){answer, length});
    if (answer != NULL)
        pn_secret_wipe(answer, length);
    gsasl_free(answer);
    if (status != PNEU_OK)
        return pn_fail(error, status, "no memory for an answer to AUTH");
    return PNEU_OK;
}

bool pn_exchange_is_complete(const pn_exchange *exchange)
{
    return exchange->complete;
}
