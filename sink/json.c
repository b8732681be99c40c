#include "sink/json.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/utf8.h"
#include "sink/parameters.h"
#include "sink/xtext.h"

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

/* What stands in a JSON string (RFC 8259 7); an octet that is not UTF-8
 * becomes U+FFFD. */
static void add_characters(pn_sink_outlet *output, pn_span text)
{
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
}

static void add_string(pn_sink_outlet *output, pn_span text)
{
    pn_sink_outlet_add_text(output, "\"");
    add_characters(output, text);
    pn_sink_outlet_add_text(output, "\"");
}

/* NULL is null. */
static void add_text(pn_sink_outlet *output, const char *text)
{
    if (text != NULL)
        add_string(output, pn_span_of(text));
    else
        pn_sink_outlet_add_text(output, "null");
}

static void add_number(pn_sink_outlet *output, uint64_t number)
{
    char text[32];
    snprintf(text, sizeof(text), "%" PRIu64, number);
    pn_sink_outlet_add_text(output, text);
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

enum {
    VALUE_MAX = 1024 /* what is longer is cut: no xtext parameter is */
};

static void add_value(pn_sink_outlet *output,
                      const pn_sink_parameter *parameter)
{
    char decoded[VALUE_MAX];
    size_t length = 0;
    pn_span start = {parameter->value.data, parameter->skip};
    pn_span rest = {parameter->value.data + parameter->skip,
                    parameter->value.length - parameter->skip};
    pn_sink_outlet_add_text(output, "\"");
    add_characters(output, start);
    if (parameter->xtext) {
        while (length < sizeof(decoded) &&
               pn_sink_xtext_next(&rest, &decoded[length]))
            length++;
        rest = (pn_span){decoded, length};
    }
    add_characters(output, rest);
    pn_sink_outlet_add_text(output, "\"");
}

/* {"BODY":"8BITMIME","ENVID":"decoded"} */
static void add_parameters(pn_sink_outlet *output, pn_span list)
{
    pn_sink_parameter parameter;
    const char *before = "{";
    while (pn_sink_parameters_next(&list, &parameter)) {
        pn_sink_outlet_add_text(output, before);
        add_string(output, parameter.keyword);
        pn_sink_outlet_add_text(output, ":");
        add_value(output, &parameter);
        before = ",";
    }
    pn_sink_outlet_add_text(output, before[0] == '{' ? "{}" : "}");
}

static void add_recipient_parameters(pn_sink_outlet *output,
                                     const pn_sink_envelope *envelope)
{
    pn_sink_recipient recipient;
    const char *before = "";
    for (size_t at = 0; pn_sink_envelope_next(envelope, &at, &recipient);) {
        if (!recipient.delivered)
            continue;
        pn_sink_outlet_add_text(output, before);
        add_parameters(output, recipient.parameters);
        before = ",";
    }
}

static void add_xclient(pn_sink_outlet *output, const pn_sink_xclient *xclient)
{
    const char *before = "{";
    if (!xclient->said) {
        pn_sink_outlet_add_text(output, "null");
        return;
    }
    for (size_t i = 0; i < PN_SINK_XCLIENT_COUNT; i++) {
        if (xclient->values[i] == NULL)
            continue;
        pn_sink_outlet_add_text(output, before);
        add_string(output, pn_span_of(pn_sink_xclient_name(i)));
        pn_sink_outlet_add_text(output, ":");
        add_string(output, pn_span_of(xclient->values[i]));
        before = ",";
    }
    pn_sink_outlet_add_text(output, before[0] == '{' ? "{}" : "}");
}

/* Who sent it, and over what. */
static void add_line(pn_sink_outlet *output, const pn_sink_session *session)
{
    const SSL *tls = session->tls;
    pn_sink_outlet_add_text(output, tls != NULL ? ",\"tls\":true,\"user\":"
                                                : ",\"tls\":false,\"user\":");
    add_text(output, session->user);
    pn_sink_outlet_add_text(output, ",\"tls_version\":");
    add_text(output, tls != NULL ? SSL_get_version(tls) : NULL);
    pn_sink_outlet_add_text(output, ",\"mechanism\":");
    add_text(output, session->mechanism);
    pn_sink_outlet_add_text(output, ",\"certificate\":");
    add_text(output,
             session->certificate[0] != '\0' ? session->certificate : NULL);
    pn_sink_outlet_add_text(output, ",\"xclient\":");
    add_xclient(output, &session->xclient);
}

void pn_sink_json_add(const pn_sink_session *session)
{
    pn_sink_outlet *output = &session->shared->output;
    const pn_sink_envelope *envelope = &session->envelope;
    pn_span parameters = pn_buffer_span(&envelope->parameters);
    pn_sink_outlet_add_text(output, "{\"sender\":");
    add_string(output, pn_span_of(envelope->sender));
    pn_sink_outlet_add_text(output, ",\"recipients\":[");
    add_recipients(output, envelope);
    pn_sink_outlet_add_text(output, "],\"size\":");
    add_number(output, session->content.size);
    pn_sink_outlet_add_text(output, ",\"id\":");
    add_string(output, pn_span_of(session->letter.id));
    add_line(output, session);
    pn_sink_outlet_add_text(output, ",\"chunks\":");
    add_number(output, envelope->chunk_count);
    pn_sink_outlet_add_text(output, ",\"mail_parameters\":");
    add_string(output, parameters);
    pn_sink_outlet_add_text(output, ",\"parameters\":");
    add_parameters(output, parameters);
    pn_sink_outlet_add_text(output, ",\"recipient_parameters\":[");
    add_recipient_parameters(output, envelope);
    pn_sink_outlet_add_text(output, "]}\n");
}
