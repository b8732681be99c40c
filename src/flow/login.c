/* AUTH (RFC 4954): which mechanism, on which line, and the exchange of
 * challenges and responses. */
#include <string.h>

#include "base/base64.h"
#include "base/escape.h"
#include "base/fail.h"
#include "flow/opening.h"
#include "flow/refusal.h"
#include "wire/limits.h"

/* RFC 5321 4.5.3.1.4: what a command line may be, CRLF and all */
enum {
    LINE_USUAL = 512
};

void pn_login_end_exchange(pneu_opening *opening)
{
    pn_exchange_free(opening->exchange);
    opening->exchange = NULL;
    opening->has_held_back = false;
    pn_buffer_clear(&opening->challenge);
}

static void fail_login(pneu_opening *opening, pneu_error *error)
{
    error->command = PNEU_COMMAND_AUTH;
    pn_opening_finish(opening, error);
}

/* No credential of any mechanism leaves without verified TLS, a line
 * that does not leave this machine, or the caller's word. */
static bool is_line_good_enough(const pneu_opening *opening,
                                const pneu_session *session)
{
    pneu_protection protection = pneu_session_protection(session);
    return opening->allow_cleartext_auth || protection == PNEU_PROTECTION_TLS ||
           protection == PNEU_PROTECTION_LOCAL;
}

static void fail_unprotected(pneu_opening *opening, const pneu_session *session)
{
    pneu_error error;
    bool unverified =
        pneu_session_protection(session) == PNEU_PROTECTION_TLS_UNVERIFIED;
    pn_fail(&error, PNEU_UNPROTECTED, "the password was not sent: %s",
            unverified ? "the server's certificate could not be verified"
                       : "the line is not encrypted, so TLS is needed first");
    fail_login(opening, &error);
}

static void fail_no_mechanism(pneu_opening *opening, const char *offered)
{
    pneu_error error;
    char shown[200];
    if (offered == NULL) {
        pn_fail(&error, PNEU_NOT_OFFERED,
                "the server does not offer AUTH on this line, though "
                "credentials were given");
    } else {
        pn_escape(pn_span_of(offered), " ", shown, sizeof(shown));
        pn_fail(&error, PNEU_NOT_OFFERED,
                "the server offers no SASL mechanism that can be used here "
                "(%s%s): it offers %s",
                opening->only != NULL ? "only wanted: " : "",
                opening->only != NULL ? opening->only : "or each was tried",
                shown[0] != '\0' ? shown : "none");
    }
    fail_login(opening, &error);
}

static void issue_auth(pneu_opening *opening, pneu_session *session,
                       const pn_buffer *initial)
{
    const char *name = pn_mechanism_at(opening->mechanism)->name;
    pn_span span = {NULL, 0};
    if (initial != NULL) {
        span = pn_buffer_span(initial);
        /* RFC 4954 4: if it does not fit the line, it is sent after a 334 */
        size_t encoded = (span.length + 2) / 3 * 4;
        if (strlen("AUTH  \r\n") + strlen(name) + encoded > LINE_USUAL) {
            opening->has_held_back = true;
            span.data = NULL;
        }
    }
    if (pneu_session_auth(session, name, span.data, span.length,
                          PNEU_OPENING_TAG) != PNEU_OK)
        pn_opening_finish(opening, pneu_session_misuse(session));
}

static pneu_status start_exchange(pneu_opening *opening, pneu_error *error)
{
    pn_exchange_options options = {
        .mechanism = pn_mechanism_at(opening->mechanism),
        .user = opening->user,
        .password = opening->password,
        .host = opening->host,
        .binding_kind = (pn_binding_kind)opening->binding_kind,
        .binding = pn_buffer_span(&opening->binding),
    };
    pn_login_end_exchange(opening);
    return pn_exchange_new(&opening->exchange, &options, error);
}

static int choose(const pneu_opening *opening, const char *offered)
{
    pn_mechanism_offer offer = {
        .offered = pn_span_of(offered),
        .only = opening->only,
        .has_binding = opening->binding_kind != PNEU_BINDING_NONE,
        .tried = opening->tried,
    };
    return pn_mechanism_choose(&offer);
}

/* The next mechanism that both sides have, or the end of the opening. */
static void try_next(pneu_opening *opening, pneu_session *session)
{
    pneu_error error;
    const char *offered = pneu_session_extension(session, "AUTH");
    pneu_status status = PNEU_NOT_OFFERED;
    opening->challenges = 0;
    opening->cancelled = false;
    /* GNU SASL may have been built without one */
    while (status == PNEU_NOT_OFFERED) {
        int choice = choose(opening, offered);
        if (choice < 0) {
            fail_no_mechanism(opening, offered);
            return;
        }
        opening->mechanism = choice;
        opening->tried |= 1U << choice;
        status = start_exchange(opening, &error);
    }
    if (status != PNEU_OK)
        fail_login(opening, &error);
    else if (pn_mechanism_at(opening->mechanism)->client_first)
        opening->wants_step = true;
    else
        issue_auth(opening, session, NULL);
}

void pn_login_begin(pneu_opening *opening, pneu_session *session)
{
    if (!is_line_good_enough(opening, session))
        fail_unprotected(opening, session);
    else
        try_next(opening, session);
}

/* Stops an exchange that went wrong on this side; the server answers 501. */
static void cancel(pneu_opening *opening, pneu_session *session,
                   const pneu_error *error)
{
    if (error->status == PNEU_NO_MEMORY) {
        pneu_session_cancel(session,
                            error); /* not even a "*" is sure to go out */
        pn_opening_finish(opening, error);
        return;
    }
    opening->error = *error;
    opening->error.command = PNEU_COMMAND_AUTH;
    opening->cancelled = true;
    if (pneu_session_auth_response(session, NULL, 0, PNEU_OPENING_TAG) !=
        PNEU_OK)
        pn_opening_finish(opening, pneu_session_misuse(session));
}

static void respond(pneu_opening *opening, pneu_session *session,
                    const pn_buffer *answer)
{
    pn_span span = pn_buffer_span(answer);
    if (pneu_session_auth_response(session, span.data, span.length,
                                   PNEU_OPENING_TAG) != PNEU_OK)
        pn_opening_finish(opening, pneu_session_misuse(session));
}

void pneu_opening_step(pneu_opening *opening, pneu_session *session)
{
    pneu_error error;
    pn_buffer *answer = &opening->held_back;
    bool is_first = opening->challenges == 0;
    if (!opening->wants_step)
        return;
    opening->wants_step = false;
    pn_buffer_clear(answer);
    pneu_status status = pn_exchange_step(
        opening->exchange, pn_buffer_span(&opening->challenge), answer, &error);
    if (status != PNEU_OK && is_first)
        fail_login(opening, &error);
    else if (status != PNEU_OK)
        cancel(opening, session, &error);
    else if (is_first)
        issue_auth(opening, session, answer);
    else
        respond(opening, session, answer);
}

/* Decodes a challenge into opening->challenge. */
static pneu_status read_challenge(pneu_opening *opening,
                                  const pneu_reply *reply, pneu_error *error)
{
    pn_span text = {reply->text, reply->text_length};
    pn_buffer_clear(&opening->challenge);
    if (++opening->challenges > PN_CHALLENGES_MAX)
        return pn_fail(error, PNEU_AUTH_FAILED,
                       "the server sent more than %d challenges",
                       PN_CHALLENGES_MAX);
    pneu_status status = pn_base64_decode(&opening->challenge, text);
    if (status == PNEU_INVALID)
        return pn_fail(error, PNEU_AUTH_FAILED,
                       "the server's challenge is not base64");
    return status == PNEU_OK
               ? PNEU_OK
               : pn_fail(error, status, "no memory for a challenge");
}

static void take_challenge(pneu_opening *opening, pneu_session *session,
                           const pneu_reply *reply)
{
    pneu_error error;
    if (read_challenge(opening, reply, &error) != PNEU_OK) {
        cancel(opening, session, &error);
    } else if (opening->has_held_back) {
        opening->has_held_back = false;
        respond(opening, session, &opening->held_back);
    } else {
        opening->wants_step = true;
    }
}

static void take_success(pneu_opening *opening, pneu_session *session)
{
    pneu_error error;
    if (pn_exchange_is_complete(opening->exchange)) {
        pn_login_end_exchange(opening);
        return;
    }
    /* RFC 5802 3: it has not shown that it knows the password */
    pn_fail(&error, PNEU_AUTH_FAILED,
            "the server claims success before %s is complete: it may not be "
            "the one that it says it is",
            pneu_opening_mechanism(opening));
    error.command = PNEU_COMMAND_AUTH;
    pneu_session_cancel(session, &error);
    fail_login(opening, &error);
}

bool pn_login_event(pneu_opening *opening, pneu_session *session,
                    const pneu_event *event)
{
    const pneu_reply *reply = event->reply;
    if (opening->cancelled) {
        pneu_error error = opening->error;
        if (pneu_reply_is_positive(reply))
            pneu_session_cancel(session,
                                &error); /* it was not told any secret */
        pn_opening_finish(opening, &error);
        return false;
    }
    if (reply->code == 334) {
        take_challenge(opening, session, reply);
        return false;
    }
    if (pneu_reply_is_positive(reply)) {
        take_success(opening, session);
        return true;
    }
    /* RFC 4954 4: 504, this mechanism is not known; 6: 534, it is too weak.
     * Anything else speaks of the credentials, and stays the answer. */
    if ((reply->code == 504 || reply->code == 534) && opening->only == NULL) {
        unsigned tried = opening->tried;
        pneu_error refusal;
        pn_refusal_tell(&refusal, PNEU_COMMAND_AUTH, reply);
        try_next(opening, session);
        if (opening->done && opening->tried == tried)
            opening->error = refusal;
        return false;
    }
    pn_refusal_tell(&opening->error, PNEU_COMMAND_AUTH, reply);
    pneu_error error = opening->error;
    pn_opening_finish(opening, &error);
    return false;
}
