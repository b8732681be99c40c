#include "sink/session.h"

#include <string.h>

#include "base/memory.h"
#include "base/secret.h"
#include "sink/commands.h"

enum {
    /* past PN_SINK_OUT_HIGH: the replies to one line or one LMTP recipient */
    OUT_MAXIMUM = PN_SINK_OUT_HIGH + 64 * 1024
};

void pn_sink_session_init(pn_sink_session *session, pn_sink_shared *shared)
{
    const pn_sink_options *options = shared->options;
    *session = (pn_sink_session){.shared = shared, .options = options};
    session->number = ++shared->connection_count;
    session->phase = PN_SINK_PHASE_COMMAND;
    pn_sink_exchange_init(&session->exchange);
    pn_sink_envelope_init(&session->envelope, options->recipients_max);
    pn_sink_content_init(&session->content, PN_SINK_CONTENT_DOTTED,
                         options->lenient);
    pn_sink_domains_init(&session->domains, options->limits.rcpt_domain_max);
    pn_sink_letter_init(&session->letter);
    pn_buffer_init(&session->out, OUT_MAXIMUM);
}

void pn_sink_session_finish(pn_sink_session *session)
{
    pn_sink_letter_drop(&session->letter, &session->shared->store);
    pn_sink_exchange_finish(&session->exchange);
    pn_sink_envelope_finish(&session->envelope);
    pn_sink_xclient_finish(&session->xclient);
    pn_sink_domains_finish(&session->domains);
    pn_memory_free(session->user);
    pn_buffer_finish(&session->out);
}

void pn_sink_session_say_greeting(pn_sink_session *session)
{
    const pn_sink_options *options = session->options;
    pn_sink_say_part(session, "220", true, options->host_name,
                     options->lmtp ? " LMTP pneu sink" : " ESMTP pneu sink");
}

void pn_sink_session_greet(pn_sink_session *session, bool early)
{
    const pn_sink_options *options = session->options;
    if (early && !options->lenient) {
        /* RFC 5321 3.1: the client waits for the greeting */
        pn_sink_session_break(session, "554",
                              "SMTP protocol synchronization error: you did "
                              "not wait for the greeting");
        return;
    }
    pn_sink_session_say_greeting(session);
}

void pn_sink_session_reset(pn_sink_session *session)
{
    pn_sink_letter_drop(&session->letter, &session->shared->store);
    pn_sink_envelope_clear(&session->envelope);
}

void pn_sink_session_protected(pn_sink_session *session, SSL *tls)
{
    pn_sink_session_reset(session);
    session->tls = tls;
    session->hello = PN_SINK_HELLO_NONE;
    session->offered = 0;
    pn_memory_free(session->user);
    session->user = NULL;
    session->mechanism = NULL;
    session->grouped = false;
    pn_sink_tls_client_name(tls, session->certificate);
    session->phase = PN_SINK_PHASE_COMMAND;
}

/* The rest of a line that was too long, up to its LF. */
static size_t skip_line(pn_sink_session *session, pn_span octets)
{
    const char *lf = memchr(octets.data, '\n', octets.length);
    if (lf == NULL)
        return octets.length;
    session->phase = PN_SINK_PHASE_COMMAND;
    return (size_t)(lf - octets.data) + 1;
}

/* RFC 5321 2.3.8: CR and LF stand only together, as a line's end */
static bool is_clean(pn_span line)
{
    return memchr(line.data, '\r', line.length) == NULL &&
           memchr(line.data, '\0', line.length) == NULL;
}

static void run_line(pn_sink_session *session, pn_span line, bool more)
{
    bool crlf = line.length > 0 && line.data[line.length - 1] == '\r';
    if (crlf)
        line.length--;
    if ((!crlf && !session->options->lenient) || !is_clean(line)) {
        session->phase = PN_SINK_PHASE_COMMAND;
        pn_sink_exchange_finish(&session->exchange);
        pn_sink_log_line(&session->shared->log, session->number, 'C',
                         PN_SPAN("(a line with a bare CR or LF, or a NUL)"));
        pn_sink_say(session, "500 5.5.2",
                    "A CR or LF alone, or a NUL, has no place in a line");
        return;
    }
    if (session->phase != PN_SINK_PHASE_AUTH) {
        pn_sink_command_run(session, line, more);
        return;
    }
    pn_sink_log_line(&session->shared->log, session->number, 'C',
                     line.length == 1 && line.data[0] == '*' ? line
                                                             : PN_SPAN("****"));
    if (pn_sink_is_too_early(session, true, more))
        pn_sink_session_break(session, "554 5.5.0",
                              "SMTP protocol synchronization error: you did "
                              "not wait for the reply to AUTH");
    else
        pn_sink_run_response(session, line);
}

static size_t take_line(pn_sink_session *session, pn_span octets)
{
    const char *lf = memchr(octets.data, '\n', octets.length);
    size_t length = lf != NULL ? (size_t)(lf - octets.data) : octets.length;
    if (length + 1 > PN_COMMAND_LINE_MAX) {
        pn_sink_exchange_finish(&session->exchange);
        pn_sink_say(session, "500 5.5.6", "Line too long");
        session->phase = PN_SINK_PHASE_LONG_LINE;
        return length; /* its LF, if there, ends the new phase */
    }
    if (lf == NULL)
        return 0;
    run_line(session, (pn_span){octets.data, length},
             octets.length > length + 1);
    return length + 1;
}

static size_t take(pn_sink_session *session, pn_span octets)
{
    switch (session->phase) {
    case PN_SINK_PHASE_COMMAND:
    case PN_SINK_PHASE_AUTH:
        return take_line(session, octets);
    case PN_SINK_PHASE_LONG_LINE:
        return skip_line(session, octets);
    case PN_SINK_PHASE_CONTENT:
        return pn_sink_take_content(session, octets);
    case PN_SINK_PHASE_CHUNK:
        return pn_sink_take_chunk(session, octets);
    case PN_SINK_PHASE_ANSWERS:
    case PN_SINK_PHASE_TLS:
    case PN_SINK_PHASE_OVER:
        break;
    }
    return 0;
}

size_t pn_sink_session_input(pn_sink_session *session, pn_span octets)
{
    size_t used = 0;
    for (;;) {
        if (session->phase == PN_SINK_PHASE_CHUNK && session->chunk.left == 0)
            pn_sink_end_chunk(session, used < octets.length);
        if (session->phase == PN_SINK_PHASE_ANSWERS)
            pn_sink_answer_more(session);
        if (used == octets.length ||
            pn_buffer_length(&session->out) >= PN_SINK_OUT_HIGH)
            break;
        size_t taken =
            take(session, (pn_span){octets.data + used, octets.length - used});
        if (taken == 0)
            break;
        used += taken;
    }
    return used;
}
