#include "sink/report.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/utf8.h"

/* The octets at the start of text that stand for themselves in JSON. */
static size_t plain_length(pn_span text)
{
    size_t i = 0;
    while (i < text.length) {
        pn_span rest = {text.data + i, text.length - i};
        char c = rest.data[0];
        size_t length = pn_utf8_length(rest, NULL);
        bool special = c == '"' || c == '\\' || c == 127 || (c >= 0 && c < 32);
        if (length == 0 || special)
            break;
        i += length;
    }
    return i;
}

/* A JSON string (RFC 8259 7); an octet that is not UTF-8 becomes U+FFFD. */
static void add_string(pn_sink_outlet *output, pn_span text)
{
    pn_sink_outlet_add_text(output, "\"");
    for (;;) {
        char escape[8];
        size_t plain = plain_length(text);
        pn_sink_outlet_add(output, (pn_span){text.data, plain});
        if (plain == text.length)
            break;
        unsigned char c = (unsigned char)text.data[plain];
        snprintf(escape, sizeof(escape), "\\u%04x", c < 128 ? c : 0xfffdU);
        pn_sink_outlet_add_text(output, escape);
        text.data += plain + 1;
        text.length -= plain + 1;
    }
    pn_sink_outlet_add_text(output, "\"");
}

static void add_recipients(pn_sink_outlet *output,
                           const pn_sink_envelope *envelope)
{
    pn_sink_recipient recipient;
    const char *before = "";
    for (size_t at = 0; pn_sink_envelope_next(envelope, &at, &recipient);) {
        if (!recipient.delivered)
            continue;
        pn_sink_outlet_add_text(output, before);
        add_string(output, recipient.address);
        before = ",";
    }
}

static void add_json(const pn_sink_session *session)
{
    pn_sink_outlet *output = &session->shared->output;
    const pn_sink_envelope *envelope = &session->envelope;
    char size[32];
    snprintf(size, sizeof(size), "%" PRIu64, session->content.size);
    pn_sink_outlet_add_text(output, "{\"sender\":");
    add_string(output, pn_span_of(envelope->sender));
    pn_sink_outlet_add_text(output, ",\"recipients\":[");
    add_recipients(output, envelope);
    pn_sink_outlet_add_text(output, "],\"size\":");
    pn_sink_outlet_add_text(output, size);
    pn_sink_outlet_add_text(output, ",\"id\":");
    add_string(output, pn_span_of(session->letter.id));
    pn_sink_outlet_add_text(output, session->tls != NULL
                                        ? ",\"tls\":true,\"user\":"
                                        : ",\"tls\":false,\"user\":");
    if (session->user != NULL)
        add_string(output, pn_span_of(session->user));
    else
        pn_sink_outlet_add_text(output, "null");
    pn_sink_outlet_add_text(output, ",\"mail_parameters\":");
    add_string(output, pn_buffer_span(&envelope->parameters));
    pn_sink_outlet_add_text(output, "}\n");
}

void pn_sink_report_accepted(pn_sink_session *session)
{
    pn_sink_shared *shared = session->shared;
    const pn_sink_envelope *envelope = &session->envelope;
    const pn_sink_options *options = session->options;
    shared->accepted++;
    if (options->quit_after > 0 && shared->accepted >= options->quit_after)
        shared->ending = true;
    if (options->json)
        add_json(session);
    pn_sink_log_message(
        &shared->log,
        "message %s from <%s> to %zu recipient%s, %" PRIu64 " octets, %s%s%s",
        session->letter.id, envelope->sender, envelope->delivery_count,
        envelope->delivery_count == 1 ? "" : "s", session->content.size,
        session->tls != NULL ? SSL_get_version(session->tls) : "no TLS",
        session->user != NULL ? ", user " : "",
        session->user != NULL ? session->user : "");
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
