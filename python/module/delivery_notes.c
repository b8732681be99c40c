/* What the events of a session say that smtplib's exceptions tell. */
#include <stdio.h>
#include <string.h>

#include "delivery.h"
#include "flow/delivery.h"
#include "session/session.h"
#include "values.h"
#include "wire/limits.h"

enum {
    REREAD_MAX = 4 * PN_REPLY_MAX /* lines, with their codes back */
};

static void forget(pn_py_note *it)
{
    it->code = 0;
    Py_CLEAR(it->text);
}

/* Bytes are made and dropped here: no Python code runs. */
static void keep(pn_py_delivery *self, pn_py_note *it, const pneu_reply *reply)
{
    PyObject *text =
        pn_py_reply_text((pn_span){reply->text, reply->text_length});
    if (text == NULL) {
        PyErr_Clear();
        self->notes.no_memory = true;
    }
    forget(it);
    it->code = reply->code;
    it->text = text;
}

static void take_recipient(pn_py_delivery *self, const pneu_event *event)
{
    pn_py_notes *notes = &self->notes;
    size_t i = self->inside->batch.recipients[event->index];
    const pneu_reply *reply = event->reply;
    if (reply == NULL) {
        if (notes->befallen == SIZE_MAX)
            notes->befallen = i;
        return;
    }
    if (reply->code == 250 || reply->code == 251)
        return;
    keep(self, &notes->recipients[i], reply);
    notes->has_recipients = true;
    notes->refused += !pneu_reply_is_positive(reply);
    notes->said_farewell |= reply->code == 421;
}

/* RFC 2033 4.2: the answers come in the order of the RCPTs that were accepted
 */
static void take_lmtp_end(pn_py_delivery *self, const pneu_event *event)
{
    const pn_batch *batch = &self->inside->batch;
    pn_py_notes *notes = &self->notes;
    size_t n = event->index == 0 ? 0 : notes->next_end;
    while (n < batch->count &&
           self->inside->fates[batch->recipients[n]].place != PN_PLACE_PASSED)
        n++;
    notes->next_end = n;
    if (n == batch->count || pneu_reply_is_positive(event->reply))
        return;
    keep(self, &notes->recipients[batch->recipients[n]], event->reply);
    notes->has_recipients = true;
}

static void take_end(pn_py_delivery *self, const pneu_event *event)
{
    pn_py_notes *notes = &self->notes;
    if (event->reply == NULL)
        return;
    keep(self, &notes->end, event->reply);
    if (!pneu_reply_is_positive(event->reply) && notes->end_refusal.code == 0)
        keep(self, &notes->end_refusal, event->reply);
    if (self->lmtp)
        take_lmtp_end(self, event);
}

void pn_py_notes_take(pn_py_delivery *self, const pneu_event *event)
{
    const pneu_reply *reply = event->reply;
    bool is_refusal = reply != NULL && reply->code >= 400;
    switch (event->command) {
    case PNEU_COMMAND_MAIL:
        if (is_refusal)
            keep(self, &self->notes.mail, reply);
        break;
    case PNEU_COMMAND_RCPT:
        take_recipient(self, event);
        break;
    case PNEU_COMMAND_DATA:
        if (is_refusal)
            keep(self, &self->notes.data, reply);
        break;
    case PNEU_COMMAND_CONTENT:
        take_end(self, event);
        break;
    default:
        break;
    }
}

/* The lines of a reply that the session's parser had read before the one that
 * broke it, that one, and what came behind it. */
static pneu_status gather(const pneu_session *session, pn_buffer *octets)
{
    const pn_reply_parser *parser = &session->parser;
    pn_span text = pn_buffer_span(&parser->text);
    const char *at = text.data;
    const char *broken = text.data + parser->line_start;
    char code[16];
    pneu_status status = PNEU_OK;
    snprintf(code, sizeof(code), "%d-", parser->reply.code);
    while (at < broken && status == PNEU_OK) {
        const char *end = memchr(at, '\n', (size_t)(broken - at));
        const char *next = end != NULL ? end + 1 : broken;
        status = pn_buffer_append_text(octets, code);
        if (status == PNEU_OK)
            status =
                pn_buffer_append(octets, (pn_span){at, (size_t)(next - at)});
        at = next;
    }
    size_t length = (size_t)(text.data + text.length - at);
    if (status == PNEU_OK)
        status = pn_buffer_append(octets, (pn_span){at, length});
    if (status == PNEU_OK)
        status = pn_buffer_append_char(octets, '\n');
    return status == PNEU_OK
               ? pn_buffer_append(octets, pn_buffer_span(&session->input))
               : status;
}

/* Is this what smtplib takes for a failure as well? */
static bool is_failure(int code)
{
    return code < 200 || code >= 400;
}

static void reread(pn_py_delivery *self)
{
    pn_buffer octets;
    pn_reply_parser parser;
    size_t used = 0;
    pn_buffer_init(&octets, REREAD_MAX);
    pn_reply_parser_init(&parser);
    parser.tolerant = true;
    if (gather(self->session, &octets) == PNEU_OK &&
        pn_reply_parser_feed(&parser, pn_buffer_span(&octets), &used, NULL) ==
            PNEU_OK &&
        parser.done && is_failure(parser.reply.code))
        keep(self, &self->notes.broken, &parser.reply);
    pn_reply_parser_finish(&parser);
    pn_buffer_finish(&octets);
}

void pn_py_notes_take_broken(pn_py_delivery *self)
{
    const pneu_session *session = self->session;
    const pn_reply_parser *parser = &session->parser;
    if (pneu_session_error(session)->status != PNEU_PROTOCOL ||
        self->notes.broken.code != 0)
        return;
    if (parser->done)
        keep(self, &self->notes.broken, &parser->reply);
    else if (parser->line_octets <= PN_REPLY_LINE_MAX &&
             parser->octets <= PN_REPLY_MAX &&
             parser->reply.line_count <= PN_REPLY_LINES_MAX)
        reread(self);
}

void pn_py_notes_clear(pn_py_delivery *self)
{
    pn_py_notes *notes = &self->notes;
    pn_py_note *recipients = notes->recipients;
    forget(&notes->mail);
    forget(&notes->data);
    forget(&notes->end_refusal);
    forget(&notes->end);
    forget(&notes->broken);
    for (size_t i = 0; notes->has_recipients && i < self->count; i++)
        forget(&recipients[i]);
    *notes = (pn_py_notes){.recipients = recipients, .befallen = SIZE_MAX};
}
