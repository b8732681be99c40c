#include "client/handshake.h"

#include <string.h>

#include "base/fail.h"
#include "client/call.h"
#include "client/log.h"
#include "transport/clock.h"
#include "transport/tls.h"

enum {
    HANDSHAKE_TIMEOUT_MS = 60000
};

pneu_status pn_handshake_begin(pneu_client *client)
{
    pneu_error error;
    const pn_settings *settings = &client->settings;
    pn_tls_options options = {
        .host = settings->is_unix ? "localhost" : settings->host,
        .settings = &settings->tls_options,
        .verify = client->plan.verify,
        .after_starttls = pneu_session_wants(client->session) == PNEU_WANT_TLS,
    };
    pn_stream *below = client->stream;
    client->stream = NULL;
    client->phase_end_ms = pn_call_phase_end(
        client, settings->timeouts.connect_ms, HANDSHAKE_TIMEOUT_MS);
    if (pn_tls_stream(&client->stream, below, &options, &error) != PNEU_OK)
        return pn_client_fail(client, &error);
    return PNEU_OK;
}

void pn_handshake_bind(pneu_client *client)
{
    unsigned char binding[PN_TLS_BINDING_MAX];
    bool is_exporter = false;
    if (client->opening == NULL || client->stream == NULL ||
        pneu_session_protection(client->session) <
            PNEU_PROTECTION_TLS_UNVERIFIED)
        return;
    size_t length = pn_tls_binding(client->stream, &is_exporter, binding);
    if (length > 0) /* without it, no -PLUS mechanism is chosen */
        (void)pneu_opening_bind(client->opening,
                                is_exporter ? PNEU_BINDING_TLS_EXPORTER
                                            : PNEU_BINDING_TLS_UNIQUE,
                                binding, length);
}

static void note_tls(pneu_client *client)
{
    char text[128];
    const pneu_tls_info *info = pn_tls_info(client->stream);
    pn_tls_describe(client->stream, text, sizeof(text));
    if (client->plan.verify)
        pn_log_note(client, "%s, certificate verified", text);
    else if (pn_tls_is_verified(client->stream))
        pn_log_note(client, "%s, certificate good, though it need not be",
                    text);
    else
        pn_log_note(client, "%s, certificate not verified: %s", text,
                    info != NULL ? info->unverified_because : "no memory");
}

static pneu_status fail(pneu_client *client, pneu_status status,
                        const char *sentence)
{
    pneu_error error;
    pn_fail(&error, status, "%s", sentence);
    return pn_client_fail(client, &error);
}

pneu_status pn_handshake_step(pneu_client *client)
{
    pn_io result = pn_tls_handshake(client->stream);
    if (result == PN_IO_AGAIN && pn_call_is_cancelled(client))
        return fail(client, PNEU_CANCELLED, "cancelled in the TLS handshake");
    if (result == PN_IO_AGAIN && pn_call_is_phase_over(client))
        return fail(client,
                    pn_call_is_too_late(client) ? PNEU_DEADLINE : PNEU_TIMEOUT,
                    "the TLS handshake was not over in time");
    if (result == PN_IO_AGAIN)
        return pn_call_wait(client, PN_WAIT_STREAM,
                            pn_stream_waits(client->stream),
                            client->phase_end_ms);
    if (result != PN_IO_DONE)
        return pn_client_fail(client, pn_stream_error(client->stream));
    pneu_session_tick(client->session, pn_clock_now_ms());
    note_tls(client);
    /* what need not be verified does not count as verified, be it so: it
     * would be another on the next day */
    pneu_session_protected(
        client->session, client->plan.verify ? PNEU_PROTECTION_TLS
                                             : PNEU_PROTECTION_TLS_UNVERIFIED);
    pn_handshake_bind(client);
    return PNEU_OK;
}

const pneu_tls_info *pneu_client_tls_info(const pneu_client *client)
{
    bool is_tls = client->session != NULL && client->stream != NULL &&
                  pneu_session_protection(client->session) >=
                      PNEU_PROTECTION_TLS_UNVERIFIED;
    return is_tls ? pn_tls_info(client->stream) : NULL;
}
