/* From nothing to a session: the connection, TLS, and the opening. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/memory.h"
#include "client/client.h"
#include "client/log.h"
#include "client/pump.h"
#include "transport/clock.h"
#include "transport/connector.h"
#include "transport/local_name.h"
#include "transport/socket.h"
#include "transport/tls.h"
#include "transport/unix.h"

enum {
    CONNECT_TIMEOUT_MS = 60000
};

/* When a phase that begins now must be over. */
static int64_t phase_end(const pneu_client *client, int64_t usual_ms)
{
    int64_t patience = client->timeout_ms > 0 ? client->timeout_ms : usual_ms;
    int64_t end = pn_clock_now_ms() + patience;
    if (client->deadline_at_ms >= 0 && client->deadline_at_ms < end)
        end = client->deadline_at_ms;
    return end;
}

static bool is_too_late(const pneu_client *client)
{
    return client->deadline_at_ms >= 0 &&
           pn_clock_now_ms() >= client->deadline_at_ms;
}

static pneu_status fail_late(pneu_client *client, const char *what)
{
    pneu_error error;
    pn_fail(&error, is_too_late(client) ? PNEU_DEADLINE : PNEU_TIMEOUT,
            "%s in time", what);
    return pn_client_fail(client, &error);
}

static pneu_status fail_cancelled(pneu_client *client)
{
    pneu_error error;
    pn_fail(&error, PNEU_CANCELLED, "cancelled before there was a session");
    return pn_client_fail(client, &error);
}

static void wait_for_attempts(const pneu_client *client,
                              const pn_connector *connector, int64_t end_ms)
{
    struct pollfd polls[PN_ADDRESSES_MAX + 1];
    size_t count = pn_connector_polls(connector, polls);
    int64_t next = pn_connector_next_ms(connector);
    if (next < 0 || next > end_ms)
        next = end_ms;
    polls[count++] = (struct pollfd){.fd = pn_wake_descriptor(&client->wake),
                                     .events = POLLIN};
    (void)poll(polls, (nfds_t)count, pn_pump_poll_ms(next));
}

static pneu_status fail_no_memory(pneu_client *client)
{
    pneu_error error;
    pn_fail(&error, PNEU_NO_MEMORY, "no memory for a connection");
    return pn_client_fail(client, &error);
}

static void forget_addresses(pneu_client *client)
{
    pn_memory_free(client->addresses);
    client->addresses = NULL;
}

static pneu_status connect_socket(pneu_client *client, int *descriptor)
{
    pn_connector connector;
    pneu_error error;
    bool cancelled = false;
    int64_t end = phase_end(client, CONNECT_TIMEOUT_MS);
    pn_connector_init(&connector, client->addresses);
    pn_io result;
    while ((result = pn_connector_step(&connector, pn_clock_now_ms(),
                                       descriptor)) == PN_IO_AGAIN) {
        cancelled = pn_wake_take(&client->wake);
        if (cancelled || pn_clock_now_ms() >= end)
            break;
        wait_for_attempts(client, &connector, end);
    }
    client->address = connector.winner;
    pn_connector_finish(&connector);
    if (result == PN_IO_DONE)
        return PNEU_OK;
    if (cancelled)
        return fail_cancelled(client);
    if (result == PN_IO_AGAIN)
        return fail_late(client, "no connection could be made");
    pn_fail_system(&error, PNEU_CONNECT, connector.last_errno,
                   "no connection could be made");
    return pn_client_fail(client, &error);
}

/* When a look-up must be over; -1: the resolver has its own patience. */
static int64_t lookup_end(const pneu_client *client)
{
    bool is_bounded = client->timeout_ms > 0 || client->deadline_at_ms >= 0;
    return is_bounded ? phase_end(client, CONNECT_TIMEOUT_MS) : -1;
}

static pneu_status look_up(pneu_client *client)
{
    pneu_error error;
    if (client->addresses != NULL)
        return PNEU_OK;
    client->addresses = pn_memory_new(1, sizeof(*client->addresses));
    if (client->addresses == NULL)
        return fail_no_memory(client);
    pneu_status status =
        client->is_unix
            ? pn_unix_address(client->host, client->addresses, &error)
            : pn_resolve(client->host, client->port, lookup_end(client),
                         client->addresses, &error);
    if (status == PNEU_LOOKUP && is_too_late(client))
        error.status = status = PNEU_DEADLINE;
    if (status == PNEU_OK)
        return PNEU_OK;
    forget_addresses(client);
    return pn_client_fail(client, &error);
}

static void make_plan(pneu_client *client)
{
    pn_tls_facts facts = {
        .mode = client->tls,
        .port = client->port,
        .is_unix = client->is_unix,
        .is_loopback = client->is_local && !client->is_unix,
        .has_login = client->user != NULL,
    };
    client->plan = pn_tls_plan_make(&facts);
}

static pneu_status make_session(pneu_client *client)
{
    pneu_session_new(
        &client->session,
        PNEU_SESSION_OPTIONS(.lmtp = client->lmtp,
                             .no_pipelining = client->no_pipelining,
                             .timeout_ms = client->timeout_ms));
    if (client->session == NULL)
        return fail_no_memory(client);
    if (client->is_local)
        pneu_session_protected(client->session, PNEU_PROTECTION_LOCAL);
    return PNEU_OK;
}

static void name_self(pneu_client *client)
{
    if (client->local_name != NULL)
        snprintf(client->name, sizeof(client->name), "%s", client->local_name);
    else
        pn_local_name(pn_stream_descriptor(client->stream), client->name,
                      sizeof(client->name));
}

static pneu_status connect_stream(pneu_client *client)
{
    char text[64];
    int descriptor = -1;
    pneu_status status = look_up(client);
    if (status == PNEU_OK)
        status = connect_socket(client, &descriptor);
    if (status != PNEU_OK)
        return status;
    const struct sockaddr *peer =
        (const struct sockaddr *)&client->addresses->list[client->address]
            .storage;
    client->is_local = pn_socket_is_local(peer);
    pn_socket_address_text(peer, text, sizeof(text));
    client->stream = pn_socket_stream(descriptor, !client->is_unix);
    if (client->stream == NULL)
        return fail_no_memory(client);
    pn_log_note(client, "connected to %s (%s)", client->where, text);
    return PNEU_OK;
}

/* As pn_client_dial, and keeps the addresses that are left. */
static pneu_status dial(pneu_client *client)
{
    client->first_count = 0;
    client->has_read = false;
    pneu_status status = connect_stream(client);
    if (status == PNEU_OK)
        status = make_session(client);
    if (status == PNEU_OK) {
        name_self(client);
        make_plan(client);
        if (client->plan.implicit)
            status = pn_client_handshake(client);
    }
    if (status != PNEU_OK)
        pneu_client_close(client);
    return status;
}

pneu_status pn_client_dial(pneu_client *client)
{
    if (client->stream != NULL)
        return PNEU_OK;
    pneu_status status = dial(client);
    forget_addresses(client);
    return status;
}

static void bind_channel(pneu_client *client)
{
    unsigned char binding[PN_TLS_BINDING_MAX];
    bool is_exporter = false;
    if (client->opening == NULL)
        return;
    size_t length = pn_tls_binding(client->stream, &is_exporter, binding);
    if (length > 0) /* without it, no -PLUS mechanism is chosen */
        (void)pneu_opening_bind(client->opening,
                                is_exporter ? PNEU_BINDING_TLS_EXPORTER
                                            : PNEU_BINDING_TLS_UNIQUE,
                                binding, length);
}

static pneu_status finish_handshake(pneu_client *client)
{
    char text[128];
    int64_t end = phase_end(client, CONNECT_TIMEOUT_MS);
    pn_io result;
    while ((result = pn_tls_handshake(client->stream)) == PN_IO_AGAIN) {
        if (pn_clock_now_ms() >= end)
            return fail_late(client, "the TLS handshake was not over");
        if (pn_wake_take(&client->wake))
            return fail_cancelled(client);
        pn_pump_wait(client, pn_stream_waits(client->stream), end);
    }
    if (result != PN_IO_DONE)
        return pn_client_fail(client, pn_stream_error(client->stream));
    pneu_session_tick(client->session, pn_clock_now_ms());
    pn_tls_describe(client->stream, text, sizeof(text));
    pn_log_note(client, "%s, certificate %s", text,
                client->plan.verify ? "verified" : "not verified");
    pneu_session_protected(
        client->session, client->plan.verify ? PNEU_PROTECTION_TLS
                                             : PNEU_PROTECTION_TLS_UNVERIFIED);
    bind_channel(client);
    return PNEU_OK;
}

pneu_status pn_client_handshake(pneu_client *client)
{
    pneu_error error;
    pn_tls_options options = {
        .host = client->is_unix ? "localhost" : client->host,
        .ca_file = client->ca_file,
        .verify = client->plan.verify,
        .after_starttls = pneu_session_wants(client->session) == PNEU_WANT_TLS,
    };
    pn_stream *below = client->stream;
    client->stream = NULL; /* it is taken over, come what may */
    if (pn_tls_stream(&client->stream, below, &options, &error) != PNEU_OK)
        return pn_client_fail(client, &error);
    return finish_handshake(client);
}

static pneu_status make_opening(pneu_client *client)
{
    pneu_error error;
    pneu_opening_free(client->opening);
    pneu_status status = pneu_opening_new(
        &client->opening,
        PNEU_OPENING_OPTIONS(.local_name = client->name, .host = client->host,
                             .tls = client->plan.starttls, .user = client->user,
                             .password = client->password,
                             .mechanism = client->mechanism,
                             .allow_cleartext_auth =
                                 client->allow_cleartext_auth ||
                                 client->is_local),
        &error);
    if (status != PNEU_OK)
        return pn_client_fail(client, &error);
    if (pneu_session_protection(client->session) >=
        PNEU_PROTECTION_TLS_UNVERIFIED)
        bind_channel(client);
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

static pneu_status finish_open(pneu_client *client)
{
    pneu_error error = *pneu_opening_error(client->opening);
    if (client->stream == NULL && error.status == PNEU_OK)
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
    /* nothing good can come of a line whose opening went wrong half-way */
    if (error.status != PNEU_REFUSED || error.command == PNEU_COMMAND_GREETING)
        pneu_client_close(client);
    return client->error.status;
}

/* One attempt, at one address, to get as far as mail can be sent. */
static pneu_status open_once(pneu_client *client)
{
    pneu_status status = client->stream == NULL ? dial(client) : PNEU_OK;
    if (status == PNEU_OK)
        status = make_opening(client);
    if (status != PNEU_OK)
        return status;
    pneu_opening_go(client->opening, client->session);
    pn_pump_run(client, is_opened);
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
static bool next_address(pneu_client *client)
{
    pn_addresses *addresses = client->addresses;
    if (addresses == NULL || addresses->count < 2)
        return false;
    addresses->count--;
    memmove(&addresses->list[client->address],
            &addresses->list[client->address + 1],
            (addresses->count - client->address) * sizeof(pn_address));
    pn_log_note(client, "%s", client->error.message);
    pneu_client_close(client);
    pn_client_begin(client);
    return true;
}

pneu_status pn_client_open(pneu_client *client)
{
    pn_pump_look(client);
    pneu_status status = open_once(client);
    while (status != PNEU_OK && is_worth_another(&client->error) &&
           next_address(client))
        status = open_once(client);
    forget_addresses(client);
    return status;
}

pneu_status pneu_client_open(pneu_client *client)
{
    pn_client_begin(client);
    return pn_client_open(client);
}
