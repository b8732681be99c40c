#include "sink/report.h"

#include <inttypes.h>

#include "sink/json.h"

enum {
    EXTRA_MAXIMUM = 2048 /* the log cuts its lines there */
};

static void add_extra(pn_buffer *extra, const char *name, const char *value)
{
    if (value == NULL || *value == '\0')
        return;
    /* what has no room is left out */
    (void)pn_buffer_append_text(extra, name);
    (void)pn_buffer_append_text(extra, value);
}

/* What else there is to say, each with a comma before it. */
static void describe(const pn_sink_session *session, pn_buffer *extra)
{
    const pn_sink_xclient *xclient = &session->xclient;
    add_extra(extra, ", user ", session->user);
    add_extra(extra, ", by ", session->mechanism);
    add_extra(extra, ", certificate ", session->certificate);
    if (xclient->said)
        add_extra(extra, ", ", "XCLIENT");
    for (size_t i = 0; i < PN_SINK_XCLIENT_COUNT; i++) {
        if (xclient->values[i] == NULL)
            continue;
        add_extra(extra, " ", pn_sink_xclient_name(i));
        add_extra(extra, "=", xclient->values[i]);
    }
    if (pn_buffer_length(&session->envelope.parameters) == 0)
        return;
    add_extra(extra, ", ", "MAIL ");
    (void)pn_buffer_append(extra,
                           pn_buffer_span(&session->envelope.parameters));
}

/* A line for each recipient that came with parameters. */
static void log_recipients(const pn_sink_session *session)
{
    pn_sink_recipient recipient;
    for (size_t at = 0;
         pn_sink_envelope_next(&session->envelope, &at, &recipient);) {
        if (recipient.delivered && recipient.parameters.length > 0)
            pn_sink_log_message(&session->shared->log,
                                "message %s to <%s> with %s",
                                session->letter.id, recipient.address.data,
                                recipient.parameters.data);
    }
}

static void log_accepted(const pn_sink_session *session)
{
    const pn_sink_envelope *envelope = &session->envelope;
    pn_buffer extra;
    pn_buffer_init(&extra, EXTRA_MAXIMUM);
    describe(session, &extra);
    pn_span more = pn_buffer_span(&extra);
    pn_sink_log_message(
        &session->shared->log,
        "message %s from <%s> to %zu recipient%s, %" PRIu64 " octets, %s%.*s",
        session->letter.id, envelope->sender, envelope->delivery_count,
        envelope->delivery_count == 1 ? "" : "s", session->content.size,
        session->tls != NULL ? SSL_get_version(session->tls) : "no TLS",
        (int)more.length, more.length > 0 ? more.data : "");
    pn_buffer_finish(&extra);
    log_recipients(session);
}

void pn_sink_report_accepted(pn_sink_session *session)
{
    pn_sink_shared *shared = session->shared;
    const pn_sink_options *options = session->options;
    shared->accepted++;
    if (options->quit_after > 0 && shared->accepted >= options->quit_after)
        shared->ending = true;
    if (options->json)
        pn_sink_json_add(session);
    log_accepted(session);
}

void pn_sink_report_refused(pn_sink_session *session)
{
    pn_sink_shared *shared = session->shared;
    const pn_sink_verdict *verdict = &session->verdict;
    shared->refused++;
    /* accepted, and yet refused: over LMTP, for each recipient apart */
    bool apart = verdict->accepted || verdict->code == NULL;
    pn_sink_log_message(
        &shared->log, "message from <%s>, %" PRIu64 " octets, refused: %s%s%s",
        session->envelope.sender, session->content.size,
        apart ? "" : verdict->code, apart ? "" : " ",
        verdict->accepted ? "for each recipient" : verdict->text);
}

void pn_sink_report_flush(pn_sink_shared *shared)
{
    pn_sink_outlet_flush(&shared->log.outlet);
    pn_sink_outlet_flush(&shared->output);
}
