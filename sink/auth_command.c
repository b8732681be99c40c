/* AUTH and the lines of its exchange (RFC 4954). */
#include <string.h>

#include "base/base64.h"
#include "base/memory.h"
#include "sink/commands.h"

/* The exchange is over, and why was said. */
static void end(pn_sink_session *session)
{
    pn_sink_exchange_finish(&session->exchange);
    session->phase = PN_SINK_PHASE_COMMAND;
}

static void say_challenge(pn_sink_session *session)
{
    pn_buffer line;
    pn_buffer_init(&line, PN_COMMAND_LINE_MAX);
    if (pn_buffer_append_text(&line, "334 ") == PNEU_OK &&
        pn_base64_encode(&line, pn_buffer_span(&session->exchange.challenge)) ==
            PNEU_OK) {
        pn_sink_say_line(session, pn_buffer_span(&line));
        session->phase = PN_SINK_PHASE_AUTH;
    } else {
        pn_sink_say(session, "454 4.7.0", "Out of memory");
        end(session);
    }
    pn_buffer_finish(&line);
}

static void succeed(pn_sink_session *session)
{
    const char *user = session->exchange.user;
    session->user = pn_memory_copy_text(user, strlen(user));
    session->mechanism = session->exchange.mechanism->name;
    if (session->user != NULL)
        pn_sink_say(session, "235 2.7.0", "Authentication successful");
    else
        pn_sink_say(session, "454 4.7.0", "Out of memory");
    end(session);
}

static void step(pn_sink_session *session, pn_span response)
{
    switch (pn_sink_exchange_step(&session->exchange, response)) {
    case PN_SINK_AUTH_CHALLENGE:
        say_challenge(session);
        return;
    case PN_SINK_AUTH_DONE:
        succeed(session);
        return;
    case PN_SINK_AUTH_REFUSED:
        pn_sink_say(session, "535 5.7.8", "Wrong user or password");
        break;
    case PN_SINK_AUTH_MALFORMED:
        pn_sink_say(session, "501 5.5.2",
                    "This is not what the mechanism says");
        break;
    case PN_SINK_AUTH_FAILED:
        pn_sink_say(session, "454 4.7.0", "Cannot authenticate for now");
        break;
    }
    end(session);
}

/* A response as it stands in a line, in base64. */
static void step_encoded(pn_sink_session *session, pn_span text)
{
    pn_buffer response;
    pn_buffer_init(&response, PN_CHALLENGE_MAX);
    /* RFC 4954 4 */
    pneu_status status = text.length > PN_CHALLENGE_MAX
                             ? PNEU_TOO_LARGE
                             : pn_base64_decode(&response, text);
    if (status == PNEU_OK) {
        /* GNU SASL takes NULL for "nothing was said yet" */
        pn_span octets = pn_buffer_span(&response);
        step(session, octets.length > 0 ? octets : PN_SPAN(""));
    } else {
        if (status == PNEU_TOO_LARGE)
            pn_sink_say(session, "500 5.5.6", "Authentication line too long");
        else if (status == PNEU_INVALID)
            pn_sink_say(session, "501 5.5.2", "This is not base64");
        else
            pn_sink_say(session, "454 4.7.0", "Out of memory");
        end(session);
    }
    pn_buffer_finish(&response);
}

void pn_sink_run_response(pn_sink_session *session, pn_span line)
{
    if (line.length == 1 && line.data[0] == '*') {
        pn_sink_say(session, "501 5.7.0", "Authentication cancelled");
        end(session);
        return;
    }
    step_encoded(session, line);
}

/* True if AUTH has no place here; then that was said. */
static bool is_misplaced(pn_sink_session *session)
{
    if ((session->offered & PN_SINK_AUTH) == 0)
        pn_sink_say(session, "503 5.5.1", "AUTH is not offered");
    else if (session->user != NULL)
        pn_sink_say(session, "503 5.5.1", "You are authenticated already");
    else if (session->envelope.open)
        pn_sink_say(session, "503 5.5.1", "Not during a transaction");
    else
        return false;
    return true;
}

static const pn_sink_mechanism *choose(pn_sink_session *session, pn_span name)
{
    const pn_sink_mechanism *found = pn_sink_mechanism_find(name);
    bool tls = session->tls != NULL;
    bool certificate = session->certificate[0] != '\0';
    if (found == NULL || !pn_sink_mechanism_is_on(found, session->options))
        pn_sink_say(session, "504 5.5.4", "This mechanism is not known here");
    else if (tls && !pn_sink_mechanism_is_offered(found, session->options, tls,
                                                  certificate))
        pn_sink_say(session, "535 5.7.8", "You have shown no certificate");
    else if (!pn_sink_mechanism_is_offered(found, session->options, tls,
                                           certificate))
        pn_sink_say(session, "538 5.7.11",
                    "Encryption is required for this mechanism");
    else
        return found;
    return NULL;
}

static void begin(pn_sink_session *session, const pn_sink_mechanism *mechanism,
                  pn_span initial, bool has_initial)
{
    pn_sink_auth_line line = {session->tls, session->certificate};
    if (!pn_sink_exchange_start(&session->exchange, &session->shared->authority,
                                mechanism, &line)) {
        pn_sink_say(session, "454 4.7.0", "Cannot authenticate for now");
        end(session);
    } else if (has_initial) {
        /* the challenge that the initial response answers goes unsaid */
        if ((mechanism->flags & PN_SINK_MECHANISM_SERVER_FIRST) != 0)
            pn_sink_exchange_step(&session->exchange, (pn_span){NULL, 0});
        step_encoded(session, initial);
    } else if ((mechanism->flags & PN_SINK_MECHANISM_SERVER_FIRST) != 0) {
        step(session, (pn_span){NULL, 0});
    } else {
        say_challenge(session); /* an empty one asks for the response */
    }
}

void pn_sink_run_auth(pn_sink_session *session, pn_span argument)
{
    pn_span name;
    if (is_misplaced(session))
        return;
    if (!pn_span_next_word(&argument, &name)) {
        pn_sink_say(session, "501 5.5.4", "Syntax: AUTH mechanism [response]");
        return;
    }
    pn_span initial = pn_span_trim(argument);
    bool has_initial = initial.length > 0;
    const pn_sink_mechanism *mechanism = choose(session, name);
    if (mechanism == NULL)
        return;
    /* RFC 4954 4: "=" is the response of no octets */
    if (pn_span_equal(initial, PN_SPAN("=")))
        initial.length = 0;
    if (has_initial && (mechanism->flags & PN_SINK_MECHANISM_NO_INITIAL) != 0)
        pn_sink_say(session, "501 5.7.0",
                    "This mechanism takes no initial response");
    else
        begin(session, mechanism, initial, has_initial);
}
