#include "client/dial.h"

#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/memory.h"
#include "client/call.h"
#include "client/handshake.h"
#include "client/log.h"
#include "transport/clock.h"
#include "transport/local_name.h"
#include "transport/proxy_stream.h"
#include "transport/socket.h"
#include "transport/unix.h"

enum {
    CONNECT_TIMEOUT_MS = 60000
};

static pneu_status fail_no_memory(pneu_client *client)
{
    pneu_error error;
    pn_fail(&error, PNEU_NO_MEMORY, "no memory for a connection");
    return pn_client_fail(client, &error);
}

static pneu_status fail_late(pneu_client *client, const char *what)
{
    pneu_error error;
    pn_fail(&error, pn_call_is_too_late(client) ? PNEU_DEADLINE : PNEU_TIMEOUT,
            "%s in time", what);
    return pn_client_fail(client, &error);
}

static pneu_status fail_cancelled(pneu_client *client)
{
    pneu_error error;
    pn_fail(&error, PNEU_CANCELLED, "cancelled before there was a session");
    return pn_client_fail(client, &error);
}

static void begin_phase(pneu_client *client)
{
    client->phase_end_ms = pn_call_phase_end(
        client, client->settings.timeouts.connect_ms, CONNECT_TIMEOUT_MS);
}

void pn_dial_forget(pneu_client *client)
{
    pn_memory_free(client->addresses);
    client->addresses = NULL;
}

/* When a look-up must be over; -1: the resolver has its own patience. */
static int64_t lookup_end(const pneu_client *client)
{
    bool is_bounded = client->settings.timeout_ms > 0 ||
                      client->settings.timeouts.connect_ms > 0 ||
                      client->deadline_at_ms >= 0;
    return is_bounded
               ? pn_call_earlier(client->phase_end_ms, client->deadline_at_ms)
               : -1;
}

static const char *name_to_look_up(const pneu_client *client)
{
    const pn_settings *settings = &client->settings;
    return settings->has_proxy ? settings->proxy.host : settings->host;
}

const char *pneu_client_lookup_name(const pneu_client *client)
{
    return name_to_look_up(client);
}

static pneu_status ask_resolver(pneu_client *client)
{
    pneu_error error;
    const pn_settings *settings = &client->settings;
    unsigned port = settings->has_proxy ? settings->proxy.port : settings->port;
    pneu_status status =
        settings->is_unix
            ? pn_unix_address(settings->host, client->addresses, &error)
            : pn_resolve(name_to_look_up(client), port, lookup_end(client),
                         client->addresses, &error);
    if (status == PNEU_OK)
        return PNEU_OK;
    if (status == PNEU_TIMEOUT && pn_call_is_too_late(client))
        error.status = PNEU_DEADLINE;
    return pn_client_fail(client, &error);
}

/* Does a name have to be looked up by the program? */
static bool is_for_program(const pneu_client *client)
{
    const pn_settings *settings = &client->settings;
    return settings->non_blocking && !settings->is_unix &&
           !pn_address_is_literal(name_to_look_up(client));
}

static pneu_status fail_no_address(pneu_client *client)
{
    pneu_error error;
    pn_fail(&error, PNEU_HOST_UNKNOWN, "no address was given for \"%s\"",
            name_to_look_up(client));
    return pn_client_fail(client, &error);
}

static pneu_status look_up(pneu_client *client)
{
    bool was_asked = client->has_asked_addresses;
    client->has_asked_addresses = false;
    if (client->addresses != NULL)
        return PNEU_OK;
    if (client->given != NULL) {
        client->addresses = client->given;
        client->given = NULL;
        return PNEU_OK;
    }
    if (was_asked && pn_call_is_cancelled(client))
        return fail_cancelled(client);
    if (was_asked && pn_call_is_too_late(client))
        return fail_late(client, "no address was given");
    if (was_asked)
        return fail_no_address(client);
    if (is_for_program(client))
        return pn_call_wait(client, PN_WAIT_ADDRESSES, 0, lookup_end(client));
    client->addresses = pn_memory_new(1, sizeof(*client->addresses));
    if (client->addresses == NULL)
        return fail_no_memory(client);
    return ask_resolver(client);
}

pneu_status pneu_client_add_address(pneu_client *client, const char *address)
{
    enum {
        GIVEN_MAX = 16
    };
    const pn_settings *settings = &client->settings;
    unsigned port = settings->has_proxy ? settings->proxy.port : settings->port;
    if (address == NULL || !pn_address_is_literal(address))
        return pn_fail(&client->misuse, PNEU_INVALID,
                       "that is no address: give digits, such as 192.0.2.1");
    if (client->given == NULL)
        client->given = pn_memory_new(1, sizeof(*client->given));
    if (client->given == NULL)
        return pn_fail(&client->misuse, PNEU_NO_MEMORY,
                       "no memory for an address");
    if (client->given->count >= GIVEN_MAX ||
        !pn_addresses_append(client->given, address, port))
        return pn_fail(&client->misuse, PNEU_TOO_LARGE,
                       "more than %d addresses", GIVEN_MAX);
    return PNEU_OK;
}

static void begin_connect(pneu_client *client)
{
    client->dials++;
    client->address = PN_ADDRESSES_MAX; /* none yet */
    pn_connector_init(&client->connector, client->addresses);
    if (client->settings.has_source && !client->settings.is_unix)
        pn_connector_set_source(&client->connector, &client->settings.source);
}

/* A connected socket is the lowest stream. */
static pneu_status take_socket(pneu_client *client, int descriptor)
{
    char text[64];
    client->address = client->connector.winner;
    const struct sockaddr *peer =
        (const struct sockaddr *)&client->addresses->list[client->address]
            .storage;
    bool is_unix = peer->sa_family == AF_UNIX;
    client->is_local = pn_socket_is_local(peer) && !client->settings.has_proxy;
    pn_socket_address_text(peer, text, sizeof(text));
    client->stream = pn_socket_stream(descriptor, !is_unix);
    if (client->stream == NULL)
        return fail_no_memory(client);
    pn_log_connected(client, text);
    return PNEU_OK;
}

static pneu_status fail_connect(pneu_client *client)
{
    pneu_error error;
    char proxy[300];
    const pn_settings *settings = &client->settings;
    pn_connector_tell(&client->connector, settings->shown, &error);
    if (settings->has_proxy) {
        snprintf(proxy, sizeof(proxy), "the proxy %s port %u",
                 settings->proxy.host, settings->proxy.port);
        pn_fail_prefix(&error, proxy);
    }
    return pn_client_fail(client, &error);
}

static pneu_status connect_socket(pneu_client *client)
{
    int descriptor = -1;
    pn_io result =
        pn_connector_step(&client->connector, pn_clock_now_ms(), &descriptor);
    if (result == PN_IO_DONE)
        return take_socket(client, descriptor);
    if (result == PN_IO_FAILED)
        return fail_connect(client);
    if (pn_call_is_cancelled(client))
        return fail_cancelled(client);
    if (pn_call_is_phase_over(client))
        return fail_late(client, "no connection could be made");
    int64_t next = pn_connector_next_ms(&client->connector);
    return pn_call_wait(client, PN_WAIT_ATTEMPTS, POLLOUT,
                        pn_call_earlier(next, client->phase_end_ms));
}

static pneu_status begin_proxy(pneu_client *client)
{
    pneu_error error;
    const pn_settings *settings = &client->settings;
    pn_stream *below = client->stream;
    client->stream = NULL; /* it is taken over, come what may */
    if (pn_proxy_stream(&client->stream, below, &settings->proxy,
                        settings->host, (uint16_t)settings->port,
                        &error) != PNEU_OK)
        return pn_client_fail(client, &error);
    return PNEU_OK;
}

static pneu_status pass_proxy(pneu_client *client)
{
    pn_io result = pn_proxy_handshake(client->stream);
    if (result == PN_IO_DONE) {
        pn_log_note(client, "the proxy %s has made the connection to %s",
                    client->settings.proxy.host, client->where);
        return PNEU_OK;
    }
    if (result != PN_IO_AGAIN)
        return pn_client_fail(client, pn_stream_error(client->stream));
    if (pn_call_is_cancelled(client))
        return fail_cancelled(client);
    if (pn_call_is_phase_over(client))
        return fail_late(client, "the proxy did not make the connection");
    return pn_call_wait(client, PN_WAIT_STREAM, pn_stream_waits(client->stream),
                        client->phase_end_ms);
}

static void make_plan(pneu_client *client)
{
    pn_tls_facts facts = {
        .mode = client->settings.tls,
        .port = client->settings.port,
        .is_unix = client->settings.is_unix,
        .is_loopback = client->is_local && !client->settings.is_unix,
        .has_login = pn_credentials_are_given(client->credentials),
        .has_demand = client->settings.tls_options.pin_count > 0 ||
                      client->settings.tls_options.certificate_file != NULL,
    };
    client->plan = pn_tls_plan_make(&facts);
}

static void name_self(pneu_client *client)
{
    if (client->settings.local_name != NULL)
        snprintf(client->name, sizeof(client->name), "%s",
                 client->settings.local_name);
    else
        pn_local_name(pn_stream_descriptor(client->stream), client->name,
                      sizeof(client->name));
}

static pneu_status make_session(pneu_client *client)
{
    pneu_session_new(
        &client->session,
        PNEU_SESSION_OPTIONS(.lmtp = client->settings.lmtp,
                             .no_pipelining = client->no_pipelining,
                             .no_chunking = client->no_chunking,
                             .timeout_ms = client->settings.timeout_ms,
                             .timeouts = &client->settings.timeouts));
    if (client->session == NULL)
        return fail_no_memory(client);
    if (client->is_local)
        pneu_session_protected(client->session, PNEU_PROTECTION_LOCAL);
    name_self(client);
    make_plan(client);
    return PNEU_OK;
}

static pneu_status begin_stage(pneu_client *client)
{
    switch (client->stage) {
    case PN_DIAL_LOOK_UP:
        pn_debug_connect(&client->debug, client->settings.shown,
                         client->settings.port);
        client->first_count = 0;
        client->has_read = false;
        client->was_idle = false;
        begin_phase(client);
        return PNEU_OK;
    case PN_DIAL_CONNECT:
        begin_phase(client);
        begin_connect(client);
        return PNEU_OK;
    case PN_DIAL_PROXY:
        begin_phase(client);
        return client->settings.has_proxy ? begin_proxy(client) : PNEU_OK;
    case PN_DIAL_TLS: {
        pneu_status status = make_session(client);
        return status == PNEU_OK && client->plan.implicit
                   ? pn_handshake_begin(client)
                   : status;
    }
    default:
        return PNEU_OK;
    }
}

static pneu_status step_stage(pneu_client *client)
{
    switch (client->stage) {
    case PN_DIAL_LOOK_UP:
        return look_up(client);
    case PN_DIAL_CONNECT:
        return connect_socket(client);
    case PN_DIAL_PROXY:
        return client->settings.has_proxy ? pass_proxy(client) : PNEU_OK;
    case PN_DIAL_TLS:
        return client->plan.implicit ? pn_handshake_step(client) : PNEU_OK;
    default:
        return PNEU_OK;
    }
}

pneu_status pn_dial_step(pneu_client *client)
{
    pneu_status status = PNEU_OK;
    while (client->stage != PN_DIAL_DONE && status == PNEU_OK) {
        if (client->stage != PN_DIAL_NOT_BEGUN)
            status = step_stage(client);
        if (status == PNEU_OK) {
            client->stage++;
            status = begin_stage(client);
        }
    }
    if (status != PNEU_OK && status != PNEU_AGAIN)
        pn_client_disconnect(client);
    return status;
}

bool pn_dial_next_address(pneu_client *client)
{
    pn_addresses *addresses = client->addresses;
    if (addresses == NULL || addresses->count < 2 ||
        client->address >= addresses->count)
        return false;
    addresses->count--;
    memmove(&addresses->list[client->address],
            &addresses->list[client->address + 1],
            (addresses->count - client->address) * sizeof(pn_address));
    return true;
}
