#include "sink/auth.h"

#include <string.h>

#include "base/fail.h"
#include "base/secret.h"
#include "sink/tls.h"
#include "wire/limits.h"

enum {
    BINDING_MAX = 256
};

static bool is_on(const char *name, const pn_sink_options *options)
{
    return pn_sink_mechanism_is_on(pn_sink_mechanism_find(pn_span_of(name)),
                                   options);
}

/* Once a client has been offered a -PLUS form, one that could bind and says
 * that it was offered none was deceived (RFC 5802 6), so the binding is there
 * for the plain forms too; without such an offer there must be none. */
static int give_binding(pn_sink_exchange *exchange, Gsasl_session *session,
                        Gsasl_property property)
{
    const pn_sink_options *options = exchange->authority->options;
    SSL *tls = exchange->line.tls;
    bool plus = is_on("SCRAM-SHA-256-PLUS", options) ||
                is_on("SCRAM-SHA-1-PLUS", options);
    if (tls == NULL || !plus ||
        pn_sink_tls_uses_exporter(tls) != (property == GSASL_CB_TLS_EXPORTER))
        return GSASL_NO_CALLBACK;
    pn_buffer binding;
    pn_buffer_init(&binding, BINDING_MAX);
    int result = GSASL_NO_CALLBACK;
    if (pn_sink_tls_binding(tls, &binding) &&
        pn_buffer_append_char(&binding, '\0') == PNEU_OK)
        result = gsasl_property_set(session, property,
                                    pn_buffer_span(&binding).data);
    pn_buffer_finish(&binding);
    return result;
}

/* A user acts for nobody else (RFC 4422 2: the authorization identity). */
static int give_password(const pn_sink_exchange *exchange,
                         Gsasl_session *session)
{
    const char *user = gsasl_property_fast(session, GSASL_AUTHID);
    const char *as = gsasl_property_fast(session, GSASL_AUTHZID);
    if (user == NULL || (as != NULL && *as != '\0' && strcmp(as, user) != 0))
        return GSASL_AUTHENTICATION_ERROR;
    const char *password =
        pn_sink_users_password(&exchange->authority->options->users, user);
    if (password == NULL)
        return GSASL_AUTHENTICATION_ERROR;
    return gsasl_property_set(session, GSASL_PASSWORD, password);
}

/* RFC 4422 A: who asks to be somebody else is refused */
static int validate_certificate(pn_sink_exchange *exchange,
                                Gsasl_session *session)
{
    const char *name = exchange->line.certificate;
    const char *as = gsasl_property_fast(session, GSASL_AUTHZID);
    if (*name == '\0' || (as != NULL && *as != '\0' && strcmp(as, name) != 0))
        return GSASL_AUTHENTICATION_ERROR;
    exchange->user = name;
    return GSASL_OK;
}

static int answer(Gsasl *gsasl, Gsasl_session *session, Gsasl_property property)
{
    /* while a session is being started it has no hook of its own yet */
    pn_sink_exchange *exchange = gsasl_session_hook_get(session);
    if (exchange == NULL)
        exchange = gsasl_callback_hook_get(gsasl);
    switch (property) {
    case GSASL_PASSWORD:
        return give_password(exchange, session);
    case GSASL_VALIDATE_EXTERNAL:
        return validate_certificate(exchange, session);
    case GSASL_VALIDATE_ANONYMOUS:
        exchange->user = "anonymous";
        return GSASL_OK;
    case GSASL_QOPS:
        return gsasl_property_set(session, property, "qop-auth");
    case GSASL_CB_TLS_UNIQUE:
    case GSASL_CB_TLS_EXPORTER:
        return give_binding(exchange, session, property);
    case GSASL_SERVICE:
        return gsasl_property_set(session, property, "smtp");
    case GSASL_REALM:
    case GSASL_HOSTNAME:
        return gsasl_property_set(session, property,
                                  exchange->authority->options->host_name);
    default:
        return GSASL_NO_CALLBACK;
    }
}

pneu_status pn_sink_authority_open(pn_sink_authority *authority,
                                   const pn_sink_options *options,
                                   pneu_error *error)
{
    *authority = (pn_sink_authority){NULL, options};
    int result = gsasl_init(&authority->gsasl);
    if (result != GSASL_OK)
        return pn_fail(error, PNEU_SYSTEM, "cannot start GNU SASL: %s",
                       gsasl_strerror(result));
    gsasl_callback_set(authority->gsasl, answer);
    return PNEU_OK;
}

void pn_sink_authority_close(pn_sink_authority *authority)
{
    if (authority->gsasl != NULL)
        gsasl_done(authority->gsasl);
    authority->gsasl = NULL;
}

void pn_sink_exchange_init(pn_sink_exchange *exchange)
{
    *exchange = (pn_sink_exchange){.session = NULL};
    pn_buffer_init(&exchange->challenge, PN_CHALLENGE_MAX);
}

void pn_sink_exchange_finish(pn_sink_exchange *exchange)
{
    if (exchange->session != NULL)
        gsasl_finish(exchange->session);
    exchange->session = NULL;
    exchange->user = NULL;
    pn_buffer_finish(&exchange->challenge);
}

bool pn_sink_exchange_start(pn_sink_exchange *exchange,
                            pn_sink_authority *authority,
                            const pn_sink_mechanism *mechanism,
                            const pn_sink_auth_line *line)
{
    pn_sink_exchange_finish(exchange);
    exchange->authority = authority;
    exchange->line = *line;
    exchange->last_sent = false;
    exchange->complained = false;
    exchange->mechanism = mechanism;
    if (mechanism->oauth != PN_SINK_OAUTH_NONE)
        return true;
    gsasl_callback_hook_set(authority->gsasl, exchange);
    bool started = gsasl_server_start(authority->gsasl, mechanism->name,
                                      &exchange->session) == GSASL_OK;
    gsasl_callback_hook_set(authority->gsasl, NULL);
    if (started)
        gsasl_session_hook_set(exchange->session, exchange);
    else
        exchange->session = NULL;
    return started;
}

static pn_sink_auth_result result_of(int result)
{
    switch (result) {
    case GSASL_MALLOC_ERROR:
    case GSASL_CRYPTO_ERROR:
        return PN_SINK_AUTH_FAILED;
    case GSASL_MECHANISM_PARSE_ERROR:
    case GSASL_BASE64_ERROR:
    case GSASL_MECHANISM_CALLED_TOO_MANY_TIMES:
        return PN_SINK_AUTH_MALFORMED;
    default:
        return PN_SINK_AUTH_REFUSED;
    }
}

static void note_user(pn_sink_exchange *exchange)
{
    if (exchange->user != NULL)
        return;
    exchange->user = gsasl_property_fast(exchange->session, GSASL_AUTHID);
    if (exchange->user == NULL)
        exchange->user = "";
}

/* RFC 7628 3.2.3: a refusal is told in a challenge, which the client answers
 * before it fails */
static pn_sink_auth_result step_oauth(pn_sink_exchange *exchange,
                                      pn_span response)
{
    if (exchange->complained)
        return pn_sink_oauth_is_answer(exchange->mechanism->oauth, response)
                   ? PN_SINK_AUTH_REFUSED
                   : PN_SINK_AUTH_MALFORMED;
    switch (pn_sink_oauth_check(exchange->mechanism->oauth, response,
                                &exchange->authority->options->users,
                                &exchange->user)) {
    case PN_SINK_OAUTH_RIGHT:
        return PN_SINK_AUTH_DONE;
    case PN_SINK_OAUTH_MALFORMED:
        return PN_SINK_AUTH_MALFORMED;
    case PN_SINK_OAUTH_WRONG:
        break;
    }
    exchange->complained = true;
    pn_buffer_clear(&exchange->challenge);
    return pn_buffer_append(
               &exchange->challenge,
               pn_sink_oauth_complaint(exchange->mechanism->oauth)) == PNEU_OK
               ? PN_SINK_AUTH_CHALLENGE
               : PN_SINK_AUTH_FAILED;
}

/* RFC 4505 2: the trace may be empty, which GNU SASL does not know. */
static bool is_empty_trace(const pn_sink_exchange *exchange, pn_span response)
{
    return response.length == 0 && response.data != NULL &&
           strcmp(exchange->mechanism->name, "ANONYMOUS") == 0;
}

static pn_sink_auth_result step_gsasl(pn_sink_exchange *exchange,
                                      pn_span response)
{
    char *output = NULL;
    size_t length = 0;
    if (exchange->last_sent)
        return response.length == 0 ? PN_SINK_AUTH_DONE
                                    : PN_SINK_AUTH_MALFORMED;
    if (is_empty_trace(exchange, response)) {
        exchange->user = "anonymous";
        return PN_SINK_AUTH_DONE;
    }
    int result = gsasl_step(exchange->session, response.data, response.length,
                            &output, &length);
    pn_buffer_clear(&exchange->challenge);
    if (result != GSASL_OK && result != GSASL_NEEDS_MORE) {
        gsasl_free(output);
        return result_of(result);
    }
    pneu_status status =
        length > 0
            ? pn_buffer_append(&exchange->challenge, (pn_span){output, length})
            : PNEU_OK;
    if (output != NULL)
        pn_secret_wipe(output, length);
    gsasl_free(output);
    if (status != PNEU_OK)
        return PN_SINK_AUTH_FAILED;
    /* without a challenge: the response was empty, and no mechanism here has
     * an empty one */
    if (result == GSASL_NEEDS_MORE)
        return length > 0 ? PN_SINK_AUTH_CHALLENGE : PN_SINK_AUTH_MALFORMED;
    note_user(exchange);
    /* RFC 4954 4: the mechanism's last words go as a challenge as well */
    exchange->last_sent = length > 0;
    return length > 0 ? PN_SINK_AUTH_CHALLENGE : PN_SINK_AUTH_DONE;
}

pn_sink_auth_result pn_sink_exchange_step(pn_sink_exchange *exchange,
                                          pn_span response)
{
    return exchange->mechanism->oauth != PN_SINK_OAUTH_NONE
               ? step_oauth(exchange, response)
               : step_gsasl(exchange, response);
}
