/* AUTH once its mechanism is chosen (RFC 4954 4): the command with or without
 * an initial response, then challenges and responses. */
#include <string.h>

#include "base/base64.h"
#include "base/fail.h"
#include "flow/opening.h"
#include "wire/limits.h"

/* RFC 5321 4.5.3.1.4: what a command line may be, CRLF and all */
enum {
    LINE_USUAL = 512
};

void pn_login_end_exchange(pneu_opening *opening)
{
    pn_exchange_free(opening->exchange);
    opening->exchange = NULL;
    opening->is_begun = false;
    opening->cancelled = false;
    opening->challenges = 0;
    opening->has_held_back = false;
    pn_answer_clear(&opening->answer);
    pn_buffer_clear(&opening->challenge);
}

static void finish_misuse(pneu_opening *opening, const pneu_session *session)
{
    const pneu_error *broken = pneu_session_error(session);
    pn_opening_finish(opening, broken->status != PNEU_OK
                                   ? broken
                                   : pneu_session_misuse(session));
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
        finish_misuse(opening, session);
}

/* RFC 4954 4: what does not fit the line is sent after a 334 */
static bool fits_the_line(const char *name, size_t length)
{
    size_t encoded = length > 0 ? (length + 2) / 3 * 4 : 1;
    return strlen("AUTH  \r\n") + strlen(name) + encoded <= LINE_USUAL;
}

static void issue_auth(pneu_opening *opening, pneu_session *session)
{
    const char *name = opening->mechanism->name;
    pn_span initial = {NULL, 0};
    if (opening->answer.is_set) {
        initial = pn_buffer_span(&opening->answer.data);
        if (opening->no_initial_response ||
            !fits_the_line(name, initial.length)) {
            opening->has_held_back = true;
            initial.data = NULL;
        }
    }
    opening->is_begun = true;
    if (pneu_session_auth(session, name, initial.data, initial.length,
                          PNEU_OPENING_TAG) != PNEU_OK)
        finish_misuse(opening, session);
}

static void respond(pneu_opening *opening, pneu_session *session)
{
    pn_span span = pn_buffer_span(&opening->answer.data);
    if (pneu_session_auth_response(session, span.data, span.length,
                                   PNEU_OPENING_TAG) != PNEU_OK) {
        pneu_error error = *pneu_session_misuse(session);
        cancel(opening, session, &error);
    }
}

/* With a mechanism of the program's own that wants no initial response, it is
 * not even asked for one. */
static bool speaks_first(const pneu_opening *opening)
{
    bool is_own = opening->mechanism->kind == PN_KIND_OWN;
    return opening->mechanism->client_first &&
           !(is_own && opening->no_initial_response);
}

pneu_status pn_login_start_exchange(pneu_opening *opening,
                                    pneu_session *session, pneu_error *error)
{
    pn_exchange_options options = {
        .mechanism = opening->mechanism,
        .user = opening->user,
        .password = opening->password,
        .authorization = opening->authorization,
        .host = opening->host,
        .port = opening->port,
        .binding_kind = (pn_binding_kind)opening->binding_kind,
        .binding = pn_buffer_span(&opening->binding),
        .token = &opening->token,
        .own = opening->has_own ? &opening->own : NULL,
    };
    pn_login_end_exchange(opening);
    pneu_status status = pn_exchange_new(&opening->exchange, &options, error);
    if (status != PNEU_OK)
        return status;
    if (speaks_first(opening))
        opening->wants_step = true;
    else
        issue_auth(opening, session);
    return PNEU_OK;
}

/* What went wrong before the server was told anything. */
static void fail_first(pneu_opening *opening, pneu_session *session,
                       pneu_error *error)
{
    pneu_error refusal = opening->refusal;
    if (opening->token.is_stale)
        pn_login_fail(opening, &refusal);
    else if (opening->mechanism->kind == PN_KIND_GSSAPI &&
             error->status == PNEU_AUTH_FAILED)
        pn_login_leave(opening, session, error);
    else
        pn_login_fail(opening, error);
}

void pneu_opening_step(pneu_opening *opening, pneu_session *session)
{
    pneu_error error;
    pn_span challenge = {NULL, 0};
    if (!opening->wants_step)
        return;
    opening->wants_step = false;
    if (opening->is_begun)
        challenge = pn_buffer_span(&opening->challenge);
    pn_answer_clear(&opening->answer);
    pneu_status status = pn_exchange_step(opening->exchange, challenge,
                                          &opening->answer, &error);
    if (status != PNEU_OK && !opening->is_begun)
        fail_first(opening, session, &error);
    else if (status != PNEU_OK)
        cancel(opening, session, &error);
    else if (!opening->is_begun)
        issue_auth(opening, session);
    else
        respond(opening, session);
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

void pn_login_take_challenge(pneu_opening *opening, pneu_session *session,
                             const pneu_reply *reply)
{
    pneu_error error;
    if (read_challenge(opening, reply, &error) != PNEU_OK) {
        cancel(opening, session, &error);
    } else if (opening->has_held_back) {
        opening->has_held_back = false;
        respond(opening, session);
    } else {
        opening->wants_step = true;
    }
}
