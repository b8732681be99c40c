/* What is left to do until mail can be sent, from what the session already
 * has behind it; AUTH itself is in login.c. */
#include "flow/opening.h"

#include "base/fail.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/secret.h"
#include "flow/refusal.h"
#include "sasl/own.h"
#include "wire/limits.h"

enum {
    BINDING_MAX = 256
};

static bool asks_for_login(const pneu_opening_options *options)
{
    return options->user != NULL || options->mechanisms != NULL ||
           options->token != NULL || options->own_mechanism != NULL;
}

/* Is there what at least one of the mechanisms needs? */
static pneu_status check_credentials(const pneu_opening_options *options,
                                     pneu_error *error)
{
    pn_mechanism_offer offer = {
        .wanted = options->mechanisms,
        .has = PN_HAS_BINDING | /* that will be seen */
               pn_login_has(options->user, options->password,
                            options->authorization, options->token != NULL),
        .by_token = options->token != NULL,
    };
    return pn_mechanism_check_needs(&offer, error);
}

static pneu_status check_own(const pneu_opening_options *options,
                             pneu_error *error)
{
    if (options->mechanisms != NULL)
        return pn_fail(error, PNEU_INVALID,
                       "own_mechanism and mechanisms exclude each other");
    return pn_own_check(options->own_mechanism, error);
}

static pneu_status check_login(const pneu_opening_options *options,
                               pneu_error *error)
{
    bool wants_login = asks_for_login(options);
    if ((unsigned)options->policy > PNEU_AUTH_ALWAYS_NEXT)
        return pn_fail(error, PNEU_INVALID, "there is no such auth policy");
    if (options->own_mechanism != NULL)
        return check_own(options, error);
    pneu_status status = pn_mechanism_check_names(options->mechanisms, error);
    if (status != PNEU_OK)
        return status;
    if (wants_login && (options->mechanisms != NULL || options->token != NULL))
        return check_credentials(options, error);
    if ((options->user == NULL) != (options->password == NULL))
        return pn_fail(error, PNEU_INVALID,
                       "a user name and a password belong together");
    if (!wants_login && options->authorization != NULL)
        return pn_fail(error, PNEU_INVALID,
                       "an authorization identity needs credentials");
    return PNEU_OK;
}

static pneu_status check(const pneu_opening_options *options, pneu_error *error)
{
    if (options->local_name == NULL || options->local_name[0] == '\0')
        return pn_fail(error, PNEU_INVALID,
                       "EHLO needs a name for this side of the line");
    if ((unsigned)options->tls > PNEU_OPENING_TLS_REQUIRED)
        return pn_fail(error, PNEU_INVALID, "there is no such TLS mode");
    return check_login(options, error);
}

static void take_own(pneu_opening *opening, const pneu_mechanism *own)
{
    if (own == NULL)
        return;
    opening->has_own =
        pn_options_copy(&opening->own, sizeof(opening->own), own);
    opening->own_row = (pn_mechanism){
        .name = opening->own.name,
        .kind = PN_KIND_OWN,
        .client_first = !opening->own.no_initial_response,
    };
}

static bool copy_texts(pneu_opening *opening,
                       const pneu_opening_options *options)
{
    return pn_options_copy_text(&opening->local_name, options->local_name) &&
           pn_options_copy_text(&opening->host,
                                options->host != NULL ? options->host : "") &&
           pn_options_copy_text(&opening->user, options->user) &&
           pn_options_copy_text(&opening->password, options->password) &&
           pn_options_copy_text(&opening->authorization,
                                options->authorization) &&
           pn_options_copy_text(&opening->mechanisms, options->mechanisms);
}

static bool copy_options(pneu_opening *opening,
                         const pneu_opening_options *options)
{
    opening->tls = options->tls;
    opening->port = options->port;
    opening->policy = options->policy;
    opening->allow_cleartext_auth = options->allow_cleartext_auth;
    opening->no_initial_response = options->no_initial_response;
    take_own(opening, options->own_mechanism);
    pn_buffer_init(&opening->binding, BINDING_MAX);
    pn_buffer_init(&opening->challenge, PN_REPLY_LINE_MAX);
    pn_answer_init(&opening->answer, PN_COMMAND_LINE_MAX);
    bool is_copied = copy_texts(opening, options);
    pn_token_init(&opening->token, opening->password, options->token,
                  options->token_context);
    return is_copied;
}

pneu_status pneu_opening_new(pneu_opening **out,
                             const pneu_opening_options *given,
                             pneu_error *error)
{
    pneu_opening_options options;
    *out = NULL;
    if (!pn_options_copy(&options, sizeof(options), given))
        return pn_fail(error, PNEU_INVALID,
                       "the size of the options is not set");
    if (options.authorization != NULL && options.authorization[0] == '\0')
        options.authorization = NULL;
    pneu_status status = check(&options, error);
    if (status != PNEU_OK)
        return status;
    pneu_opening *opening = pn_memory_new(1, sizeof(*opening));
    if (opening == NULL)
        return pn_fail(error, PNEU_NO_MEMORY, "no memory to begin a session");
    if (!copy_options(opening, &options)) {
        pneu_opening_free(opening);
        return pn_fail(error, PNEU_NO_MEMORY, "no memory to begin a session");
    }
    *out = opening;
    return PNEU_OK;
}

void pneu_opening_free(pneu_opening *opening)
{
    if (opening == NULL)
        return;
    pn_login_end_exchange(opening);
    pn_memory_free(opening->local_name);
    pn_memory_free(opening->host);
    pn_secret_free_text(opening->user);
    pn_secret_free_text(opening->password);
    pn_memory_free(opening->authorization);
    pn_memory_free(opening->mechanisms);
    pn_token_finish(&opening->token);
    pn_buffer_finish(&opening->binding);
    pn_buffer_finish(&opening->challenge);
    pn_answer_clear(&opening->answer);
    pn_memory_free(opening);
}

pneu_status pneu_opening_bind(pneu_opening *opening, pneu_binding binding,
                              const void *data, size_t length)
{
    pn_buffer_clear(&opening->binding);
    opening->binding_kind = binding;
    return pn_buffer_append(&opening->binding, (pn_span){data, length});
}

void pn_opening_finish(pneu_opening *opening, const pneu_error *error)
{
    opening->done = true;
    opening->wants_step = false;
    if (error != NULL)
        opening->error = *error;
    pn_login_end_exchange(opening);
}

static bool has_login(const pneu_opening *opening)
{
    return opening->user != NULL || opening->mechanisms != NULL ||
           opening->token.function != NULL || opening->has_own;
}

static bool is_under_tls(const pneu_session *session)
{
    return pneu_session_protection(session) >= PNEU_PROTECTION_TLS_UNVERIFIED;
}

/* Must this line be one with extensions? Then HELO will not do. */
static bool needs_ehlo(const pneu_opening *opening, const pneu_session *session)
{
    return pneu_session_is_lmtp(session) || has_login(opening) ||
           is_under_tls(session) || opening->tls == PNEU_OPENING_TLS_REQUIRED;
}

static bool wants_tls(const pneu_opening *opening, const pneu_session *session)
{
    bool offered = pneu_session_has_extension(session, "STARTTLS");
    if (is_under_tls(session))
        return false;
    switch (opening->tls) {
    case PNEU_OPENING_TLS_NEVER:
        return false;
    case PNEU_OPENING_TLS_REQUIRED:
        return true;
    case PNEU_OPENING_TLS_IF_OFFERED:
        return offered;
    case PNEU_OPENING_TLS_FOR_AUTH:
        return offered && has_login(opening) &&
               !pneu_session_authenticated(session) &&
               !pn_login_is_possible(opening, session);
    }
    return true;
}

static void begin_tls(pneu_opening *opening, pneu_session *session)
{
    pneu_error error;
    if (pneu_session_has_extension(session, "STARTTLS")) {
        if (pneu_session_starttls(session, PNEU_OPENING_TAG) != PNEU_OK)
            pn_opening_finish(opening, pneu_session_misuse(session));
        return;
    }
    pn_fail(&error, PNEU_NOT_OFFERED,
            "the server does not offer STARTTLS, and TLS is required");
    error.command = PNEU_COMMAND_STARTTLS;
    pn_opening_finish(opening, &error);
}

static void introduce(pneu_opening *opening, pneu_session *session)
{
    if (pneu_session_hello(session, opening->helo, opening->local_name,
                           PNEU_OPENING_TAG) != PNEU_OK)
        pn_opening_finish(opening, pneu_session_misuse(session));
}

void pneu_opening_go(pneu_opening *opening, pneu_session *session)
{
    if (opening->done)
        return;
    if (pneu_session_error(session)->status != PNEU_OK)
        pn_opening_finish(opening, pneu_session_error(session));
    else if (!pneu_session_greeted(session))
        return; /* the greeting is an event that is still to come */
    else if (!pneu_session_introduced(session))
        introduce(opening, session);
    else if (wants_tls(opening, session))
        begin_tls(opening, session);
    else if (has_login(opening) && !pneu_session_authenticated(session))
        pn_login_begin(opening, session);
    else
        pn_opening_finish(opening, NULL);
}

/* RFC 5321 3.2: a server that does not know EHLO says 500 or 502. */
static bool may_try_helo(const pneu_opening *opening,
                         const pneu_session *session, const pneu_event *event)
{
    int code = event->reply->code;
    return event->command == PNEU_COMMAND_EHLO &&
           (code == 500 || code == 502) && !needs_ehlo(opening, session);
}

static void refused(pneu_opening *opening, const pneu_event *event)
{
    pneu_error error;
    pn_refusal_tell(&error, event->command, event->reply);
    pn_opening_finish(opening, &error);
}

/* True if the opening may go on to what is next. */
static bool take_reply(pneu_opening *opening, pneu_session *session,
                       const pneu_event *event)
{
    bool positive = pneu_reply_is_positive(event->reply);
    switch (event->command) {
    case PNEU_COMMAND_AUTH:
    case PNEU_COMMAND_AUTH_RESPONSE:
        return pn_login_event(opening, session, event);
    case PNEU_COMMAND_STARTTLS:
        if (!positive)
            refused(opening, event);
        return false; /* the driver begins TLS, then calls _go() */
    default:
        if (!positive && may_try_helo(opening, session, event))
            opening->helo = true;
        else if (!positive)
            refused(opening, event);
        return true;
    }
}

void pneu_opening_event(pneu_opening *opening, pneu_session *session,
                        const pneu_event *event)
{
    if (opening->done)
        return;
    if (event->kind == PNEU_EVENT_DROPPED)
        pn_opening_finish(opening, pneu_session_error(session));
    else if (take_reply(opening, session, event))
        pneu_opening_go(opening, session);
}

bool pneu_opening_wants_step(const pneu_opening *opening)
{
    return opening->wants_step;
}

bool pneu_opening_is_done(const pneu_opening *opening)
{
    return opening->done;
}

const pneu_error *pneu_opening_error(const pneu_opening *opening)
{
    return &opening->error;
}

const char *pneu_opening_mechanism(const pneu_opening *opening)
{
    return opening->mechanism != NULL ? opening->mechanism->name : NULL;
}
