/* A client's life, and what can be asked of it. */
#include "client/client.h"

#include <errno.h>
#include <stdio.h>

#include "base/fail.h"
#include "base/memory.h"
#include "client/dial.h"
#include "client/pump.h"
#include "transport/clock.h"
#include "wire/limits.h"

static void name_where(pneu_client *client)
{
    const pn_settings *settings = &client->settings;
    if (settings->is_unix)
        snprintf(client->where, sizeof(client->where), "%s", settings->shown);
    else
        snprintf(client->where, sizeof(client->where), "%s port %u",
                 settings->shown, settings->port);
}

static void init(pneu_client *client)
{
    client->no_pipelining = client->settings.no_pipelining;
    client->no_chunking = client->settings.no_chunking;
    client->credentials = &client->settings.credentials;
    client->reported = -1;
    pn_buffer_init(&client->reply_text, (size_t)PN_REPLY_MAX * 2);
    pn_buffer_init(&client->hello_text, (size_t)PN_REPLY_MAX * 2);
    pn_buffer_init(&client->log_line, PN_LOG_LINE_MAX);
    pn_connector_init(&client->connector, NULL); /* it has nothing to close */
    pn_debug_init(&client->debug);
    name_where(client);
}

pneu_status pneu_client_new(pneu_client **out,
                            const pneu_client_options *options,
                            pneu_error *error)
{
    *out = NULL;
    pneu_client *client = pn_memory_new(1, sizeof(*client));
    if (client == NULL)
        return pn_fail(error, PNEU_NO_MEMORY, "no memory for a client");
    pneu_status status = pn_settings_init(&client->settings, options, error);
    if (status != PNEU_OK) {
        pn_memory_free(client);
        return status;
    }
    if (!pn_wake_init(&client->wake)) {
        pn_fail_system(error, PNEU_SYSTEM, errno, "a pipe cannot be had");
        pn_settings_finish(&client->settings);
        pn_memory_free(client);
        return PNEU_SYSTEM;
    }
    init(client);
    pneu_client_set_deadline(client,
                             options != NULL ? options->deadline_ms : 0);
    *out = client;
    return PNEU_OK;
}

void pneu_client_free(pneu_client *client)
{
    if (client == NULL)
        return;
    pn_client_disconnect(client);
    pn_dial_forget(client);
    pn_wake_finish(&client->wake);
    pneu_delivery_free(client->delivery);
    pn_buffer_finish(&client->reply_text);
    pn_buffer_finish(&client->hello_text);
    pn_buffer_finish(&client->log_line);
    pn_debug_finish(&client->debug);
    pn_memory_free(client->given);
    pn_credentials_finish(&client->attempt);
    pn_settings_finish(&client->settings);
    pn_memory_free(client);
}

void pneu_client_cancel(pneu_client *client)
{
    pn_wake_call(&client->wake);
}

void pneu_client_set_deadline(pneu_client *client, int64_t ms)
{
    client->deadline_at_ms =
        ms > 0 ? pn_clock_now_ms() + pn_settings_bound_ms(ms) : -1;
}

void pneu_client_set_debug_level(pneu_client *client, int level)
{
    pn_debug_end(&client->debug);
    client->debug.level = level > 0 ? level : 0;
}

pneu_status pn_client_fail(pneu_client *client, const pneu_error *error)
{
    pneu_error *own = &client->error;
    if (own != error)
        *own = *error;
    bool has_line = pneu_status_fault(own->status) >= PNEU_FAULT_LINE;
    if (has_line && own->status != PNEU_HOST_UNKNOWN &&
        own->status != PNEU_LOOKUP)
        pn_fail_prefix(own, client->where);
    return own->status;
}

void pn_client_forget_hello(pneu_client *client)
{
    client->has_hello_reply = false;
    client->is_extended = false;
    client->is_offer_old = false;
}

void pn_client_disconnect(pneu_client *client)
{
    pn_connector_finish(&client->connector);
    pn_stream_free(client->stream);
    pneu_session_free(client->session);
    pneu_opening_free(client->opening);
    client->stream = NULL;
    client->session = NULL;
    client->opening = NULL;
    client->stage = PN_DIAL_NOT_BEGUN;
    client->is_handshaking = false;
    client->has_asked_addresses = false;
    client->mechanism[0] = '\0';
    pn_client_forget_hello(client);
    pn_buffer_clear(&client->log_line);
    client->log_secret = false;
    client->log_body = 0;
    pn_debug_end(&client->debug);
}

/* What TLS ran into after the handshake, the stream alone knows: under TLS 1.3
 * a server refuses a certificate, or its lack, only then. */
static void tell_tls(pneu_client *client)
{
    pneu_command command = client->broken.command;
    if (client->broken.status != PNEU_TLS || client->stream == NULL ||
        pn_stream_error(client->stream)->status != PNEU_TLS)
        return;
    client->broken = *pn_stream_error(client->stream);
    client->broken.command = command;
}

void pn_client_hang_up(pneu_client *client)
{
    pneu_opening *opening = client->opening;
    client->broken = *pneu_session_error(client->session);
    tell_tls(client);
    client->opening = NULL; /* it has something to say yet */
    pn_client_disconnect(client);
    client->opening = opening;
}

/* A call that is under way will not be gone on with. */
static void abandon_call(pneu_client *client)
{
    pneu_error error;
    pn_fail(&error, PNEU_CANCELLED, "the connection was closed by the program");
    if (client->session != NULL)
        pn_pump_abort(client);
    if (client->step == NULL)
        return;
    client->step = NULL;
    pn_client_fail(client, &error);
    client->credentials = &client->settings.credentials;
    pn_credentials_finish(&client->attempt);
    pn_dial_forget(client);
    if (client->has_begun) {
        pneu_delivery_give_up(client->delivery, &error);
        client->has_result = true;
    }
}

void pneu_client_close(pneu_client *client)
{
    if (client->step != NULL)
        abandon_call(client);
    pn_client_disconnect(client);
}

const pneu_error *pneu_client_error(const pneu_client *client)
{
    return client->misuse.status != PNEU_OK ? &client->misuse : &client->error;
}

bool pneu_client_is_connected(const pneu_client *client)
{
    return client->stream != NULL && client->stage == PN_DIAL_DONE;
}

const char *pneu_client_extension(const pneu_client *client,
                                  const char *keyword)
{
    return client->session != NULL
               ? pneu_session_extension(client->session, keyword)
               : NULL;
}

bool pneu_client_has_extension(const pneu_client *client, const char *keyword)
{
    return pneu_client_extension(client, keyword) != NULL;
}

size_t pneu_client_extension_count(const pneu_client *client)
{
    return client->session != NULL
               ? pneu_session_extension_count(client->session)
               : 0;
}

const char *pneu_client_extension_at(const pneu_client *client, size_t i,
                                     const char **parameters)
{
    return client->session != NULL
               ? pneu_session_extension_at(client->session, i, parameters)
               : NULL;
}

bool pneu_client_is_extended(const pneu_client *client)
{
    return client->is_extended;
}

const pneu_reply *pneu_client_hello_reply(const pneu_client *client)
{
    return client->has_hello_reply ? &client->hello_reply : NULL;
}

const char *pneu_client_mechanism(const pneu_client *client)
{
    return client->mechanism[0] != '\0' ? client->mechanism : NULL;
}

pneu_protection pneu_client_protection(const pneu_client *client)
{
    return client->session != NULL ? pneu_session_protection(client->session)
                                   : PNEU_PROTECTION_NONE;
}
