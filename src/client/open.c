#include "client/open.h"

#include <stdio.h>

#include "base/fail.h"
#include "client/call.h"
#include "client/dial.h"
#include "client/handshake.h"
#include "client/log.h"
#include "client/pump.h"

static pneu_status make_opening(pneu_client *client)
{
    pneu_error error;
    const pn_credentials *as = client->credentials;
    pneu_status status = pneu_opening_new(
        &client->opening,
        PNEU_OPENING_OPTIONS(
                .local_name = client->name,
                .host = client->settings.is_unix ? "localhost"
                                                 : client->settings.host,
                .port = (uint16_t)client->settings.port,
                .tls = client->plan.starttls, .user = as->user,
                .password = as->password, .mechanisms = as->mechanisms,
                .authorization = as->authorization, .policy = as->policy,
                .no_initial_response = as->no_initial_response,
                .token = as->token, .token_context = as->token_context,
                .own_mechanism = as->own,
                .allow_cleartext_auth =
                    client->settings.allow_cleartext_auth || client->is_local),
        &error);
    if (status != PNEU_OK)
        return pn_client_fail(client, &error);
    pn_handshake_bind(client);
    return PNEU_OK;
}

static bool is_opened(const pneu_client *client)
{
    return pneu_opening_is_done(client->opening);
}

/* A port that speaks TLS from the start answers nothing, or in records. */
static void explain_greeting(const pneu_client *client, pneu_error *error)
{
    bool is_record = client->first_count == PN_FIRST_OCTETS &&
                     (client->first[0] == 0x15 || client->first[0] == 0x16) &&
                     client->first[1] == 3;
    pneu_status status = error->status;
    if (is_record)
        pn_fail(error, PNEU_TLS,
                "this port speaks TLS from the start: use the TLS mode "
                "implicit");
    else if (status == PNEU_TIMEOUT && !client->plan.implicit &&
             client->first_count == 0)
        pn_fail(error, status,
                "the server took too long to greet: if this port speaks TLS "
                "from the start, use the TLS mode implicit");
    error->command = PNEU_COMMAND_GREETING;
}

/* Where TLS would have been taken, had it been offered. */
static void note_clear_line(pneu_client *client)
{
    bool is_clear =
        pneu_session_protection(client->session) == PNEU_PROTECTION_NONE;
    if (is_clear && client->plan.starttls == PNEU_OPENING_TLS_IF_OFFERED)
        pn_log_note(client, "the server does not offer TLS: the line is in "
                            "the clear");
}

/* What the server refused, or does not offer, spoils nothing of the line. */
static bool is_line_good(const pneu_error *error)
{
    switch (error->status) {
    case PNEU_REFUSED:
        return error->command != PNEU_COMMAND_GREETING;
    case PNEU_NOT_OFFERED:
    case PNEU_UNPROTECTED:
        return true;
    default:
        return false;
    }
}

static pneu_status finish_open(pneu_client *client)
{
    pneu_error error = *pneu_opening_error(client->opening);
    if (client->stream == NULL &&
        (error.status == PNEU_OK || error.status == PNEU_TLS))
        error = client->broken;
    if (client->error.status != PNEU_OK)
        return client->error.status; /* TLS has told its own story */
    if (error.status == PNEU_OK) {
        note_clear_line(client);
        return PNEU_OK;
    }
    if (error.command == PNEU_COMMAND_GREETING && error.reply_code == 0)
        explain_greeting(client, &error);
    pn_client_fail(client, &error);
    if (!is_line_good(&error))
        pn_client_disconnect(client);
    return client->error.status;
}

static void note_mechanism(pneu_client *client)
{
    const char *name = pneu_opening_mechanism(client->opening);
    if (name != NULL)
        snprintf(client->mechanism, sizeof(client->mechanism), "%s", name);
}

/* One attempt, at one address, to get as far as mail can be sent. */
static pneu_status open_here(pneu_client *client)
{
    pneu_status status = pn_dial_step(client);
    if (status == PNEU_OK && client->opening == NULL) {
        status = make_opening(client);
        if (status == PNEU_OK)
            pneu_opening_go(client->opening, client->session);
    }
    if (status == PNEU_OK)
        status = pn_pump_step(client, is_opened);
    if (status != PNEU_OK)
        return status;
    note_mechanism(client);
    status = finish_open(client);
    pneu_opening_free(client->opening); /* the password is in it */
    client->opening = NULL;
    return status;
}

/* Could another address of the same host do better? Not once credentials
 * were judged, and nothing of a message has been sent yet. */
static bool is_worth_another(const pneu_error *error)
{
    bool is_auth = error->command == PNEU_COMMAND_AUTH ||
                   error->command == PNEU_COMMAND_AUTH_RESPONSE;
    int code = error->reply_code;
    switch (error->status) {
    case PNEU_TLS:
    case PNEU_UNTRUSTED:
        return true;
    case PNEU_LOST:
    case PNEU_TIMEOUT:
    case PNEU_PROTOCOL:
    case PNEU_NOT_OFFERED:
        return !is_auth;
    case PNEU_REFUSED:
        return code == 454 || (!is_auth && code != 530 && code != 534);
    default:
        return false;
    }
}

/* The address that was connected to is no good. True if others are left. */
static bool try_next_address(pneu_client *client)
{
    if (!pn_dial_next_address(client))
        return false;
    pn_log_note(client, "%s", client->error.message);
    client->reached = client->error;
    pn_client_disconnect(client);
    client->error = (pneu_error){.status = PNEU_OK};
    client->broken = (pneu_error){.status = PNEU_OK};
    client->has_reply = false;
    return true;
}

/* Why there is no connection to mail over: that none of the other addresses can
 * be reached says less than what went wrong at one that was. */
static pneu_status tell_failure(pneu_client *client, pneu_status status)
{
    if (status == PNEU_CONNECT && client->reached.status != PNEU_OK) {
        client->error = client->reached;
        status = client->error.status;
    }
    client->reached = (pneu_error){.status = PNEU_OK};
    return status;
}

pneu_status pn_open_step(pneu_client *client)
{
    pneu_status status = open_here(client);
    while (status != PNEU_OK && status != PNEU_AGAIN &&
           is_worth_another(&client->error) && try_next_address(client))
        status = open_here(client);
    if (status == PNEU_AGAIN)
        return status;
    pn_dial_forget(client);
    return tell_failure(client, status);
}

pneu_status pneu_client_open(pneu_client *client)
{
    pneu_status status = pn_call_begin(client, NULL);
    if (status != PNEU_OK)
        return status;
    pn_pump_look(client);
    return pn_call_run(client, pn_open_step, NULL);
}
