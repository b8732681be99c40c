/* Reply lines, each appended to what is to be written, and logged. */
#include <string.h>

#include "sink/session.h"

enum {
    CODE_LENGTH = 3
};

/* The code of a reply, with or without its enhanced code. */
static pn_span code_of(const pn_sink_session *session, const char *code)
{
    pn_span span = pn_span_of(code);
    if ((session->options->extensions & PN_SINK_ENHANCEDSTATUSCODES) == 0)
        span.length = CODE_LENGTH;
    return span;
}

static void say_pieces(pn_sink_session *session, const pn_span *pieces,
                       size_t count)
{
    pneu_status status;
    size_t length = 2;
    for (size_t i = 0; i < count; i++)
        length += pieces[i].length;
    char *place = pn_buffer_reserve(&session->out, length, &status);
    if (place == NULL) {
        session->broken = true;
        session->phase = PN_SINK_PHASE_OVER;
        return;
    }
    char *at = place;
    for (size_t i = 0; i < count; i++) {
        if (pieces[i].length > 0)
            memcpy(at, pieces[i].data, pieces[i].length);
        at += pieces[i].length;
    }
    at[0] = '\r';
    at[1] = '\n';
    pn_buffer_added(&session->out, length);
    pn_sink_log_line(&session->shared->log, session->number, 'S',
                     (pn_span){place, length - 2});
}

void pn_sink_say(pn_sink_session *session, const char *code, const char *text)
{
    pn_span pieces[] = {code_of(session, code), PN_SPAN(" "), pn_span_of(text)};
    say_pieces(session, pieces, sizeof(pieces) / sizeof(pieces[0]));
}

void pn_sink_say_about(pn_sink_session *session, const char *code, pn_span what,
                       const char *text)
{
    pn_span pieces[] = {code_of(session, code), PN_SPAN(" <"), what,
                        PN_SPAN(">"), pn_span_of(text)};
    say_pieces(session, pieces, sizeof(pieces) / sizeof(pieces[0]));
}

void pn_sink_say_mailbox(pn_sink_session *session, const char *code,
                         pn_span name, pn_span address)
{
    pn_span pieces[] = {code_of(session, code),
                        name.length > 0 ? PN_SPAN(" ") : PN_SPAN(""),
                        name,
                        PN_SPAN(" <"),
                        address,
                        PN_SPAN(">")};
    say_pieces(session, pieces, sizeof(pieces) / sizeof(pieces[0]));
}

/* "250-2.1.5 ", or "250 2.1.5 " in the last line of a reply: the pieces that
 * it is made of. */
enum {
    START_PIECES = 4
};

static void start_line(const pn_sink_session *session, const char *code,
                       bool last, pn_span pieces[START_PIECES])
{
    pn_span whole = code_of(session, code);
    bool enhanced = whole.length > CODE_LENGTH;
    pieces[0] = (pn_span){code, CODE_LENGTH};
    pieces[1] = last ? PN_SPAN(" ") : PN_SPAN("-");
    pieces[2] = enhanced ? (pn_span){code + CODE_LENGTH + 1,
                                     whole.length - CODE_LENGTH - 1}
                         : PN_SPAN("");
    pieces[3] = enhanced ? PN_SPAN(" ") : PN_SPAN("");
}

void pn_sink_say_mailbox_part(pn_sink_session *session, const char *code,
                              bool last, const pn_sink_mailbox *mailbox)
{
    pn_span pieces[START_PIECES + 4];
    start_line(session, code, last, pieces);
    pieces[START_PIECES] = mailbox->name;
    pieces[START_PIECES + 1] =
        mailbox->name.length > 0 ? PN_SPAN(" <") : PN_SPAN("<");
    pieces[START_PIECES + 2] = mailbox->address;
    pieces[START_PIECES + 3] = PN_SPAN(">");
    say_pieces(session, pieces, sizeof(pieces) / sizeof(pieces[0]));
}

void pn_sink_say_text_part(pn_sink_session *session, const char *code,
                           const char *text)
{
    pn_span pieces[START_PIECES + 1];
    start_line(session, code, false, pieces);
    pieces[START_PIECES] = pn_span_of(text);
    say_pieces(session, pieces, sizeof(pieces) / sizeof(pieces[0]));
}

void pn_sink_say_line(pn_sink_session *session, pn_span line)
{
    say_pieces(session, &line, 1);
}

void pn_sink_say_part(pn_sink_session *session, const char *code, bool last,
                      const char *text, const char *more)
{
    pn_span pieces[] = {{code, CODE_LENGTH},
                        last ? PN_SPAN(" ") : PN_SPAN("-"),
                        pn_span_of(text),
                        pn_span_of(more)};
    say_pieces(session, pieces, sizeof(pieces) / sizeof(pieces[0]));
}

void pn_sink_session_break(pn_sink_session *session, const char *code,
                           const char *text)
{
    pn_sink_say(session, code, text);
    session->phase = PN_SINK_PHASE_OVER;
    session->broken = true;
}
