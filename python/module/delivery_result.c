/* What became of a delivery, as smtplib's sendmail() gives or raises it. */
#include <stdio.h>
#include <string.h>

#include "arguments.h"
#include "base/fail.h"
#include "delivery.h"
#include "flow/delivery.h"
#include "raise.h"
#include "session/session.h"
#include "values.h"
#include "wire/limits.h"

static PyObject *recipient(const pn_py_delivery *self, size_t i)
{
    return PyTuple_GetItem(self->recipients, (Py_ssize_t)i);
}

/* A text that there was no memory for is empty. */
static PyObject *note_text(const pn_py_note *note)
{
    return note->text != NULL ? Py_NewRef(note->text)
                              : pn_py_bytes(PN_SPAN(""));
}

static const char *text_of(const pn_py_note *note)
{
    return note->text != NULL ? PyBytes_AsString(note->text) : "";
}

/* Adds (code, text) for recipient i; text is stolen. */
static bool add(const pn_py_delivery *self, PyObject *refused, size_t i,
                int code, PyObject *text)
{
    PyObject *pair = pn_py_pair(code, text);
    int status =
        pair != NULL ? PyDict_SetItem(refused, recipient(self, i), pair) : -1;
    Py_XDECREF(pair);
    return status == 0;
}

/* The machine's words for the end, if it had any. */
static PyObject *reason_of(const pn_py_delivery *self)
{
    PyObject *reason =
        self->write_reason != NULL ? self->write_reason : self->end_reason;
    bool is_there = reason != NULL && PyUnicode_GetLength(reason) > 0;
    return is_there ? reason : NULL;
}

/* A reason that the library gives, with that of the machine behind it. */
static PyObject *silence(const pn_py_delivery *self, const char *words)
{
    PyObject *reason = reason_of(self);
    pn_span more = PN_SPAN("");
    if (reason == NULL)
        return pn_py_bytes(pn_span_of(words));
    if (!pn_py_text(reason, "reason", &more))
        return NULL;
    return PyBytes_FromFormat("%s: %s", words, more.data);
}

/* The same for what broke the protocol; its own words if they had no code. */
static PyObject *broken_words(const pn_py_delivery *self,
                              const pneu_outcome *outcome)
{
    const pneu_error *error = pneu_session_error(self->session);
    const pn_py_note *broken = &self->notes.broken;
    bool is_told = error->status == PNEU_PROTOCOL && broken->code != 0 &&
                   strcmp(outcome->text, error->message) == 0;
    if (is_told && broken->code == -1)
        return note_text(broken);
    if (is_told && !self->session->parser.done)
        return PyBytes_FromFormat("%s cannot be answered with %d: \"%s\"",
                                  pneu_command_name(error->command),
                                  broken->code, text_of(broken));
    return silence(self, outcome->text);
}

static bool is_refusal(const pneu_outcome *outcome)
{
    return outcome->kind == PNEU_OUTCOME_REFUSED_FOR_NOW ||
           outcome->kind == PNEU_OUTCOME_REFUSED_FOR_GOOD;
}

/* The words of an outcome; those that were noted are whole. */
static PyObject *words_of(const pn_py_delivery *self, size_t i,
                          const pneu_outcome *outcome)
{
    const pn_py_note *note = &self->notes.recipients[i];
    if (outcome->code == 0)
        return broken_words(self, outcome);
    bool is_noted = note->code == outcome->code &&
                    outcome->command != PNEU_COMMAND_MAIL &&
                    outcome->command != PNEU_COMMAND_DATA;
    if (is_refusal(outcome) && is_noted)
        return note_text(note);
    return pn_py_reply_text(pn_span_of(outcome->text));
}

static bool add_other(const pn_py_delivery *self, PyObject *refused, size_t i)
{
    const pn_py_note *note = &self->notes.recipients[i];
    const pneu_outcome *outcome = pneu_delivery_outcome(self->inside, i);
    if (outcome->kind == PNEU_OUTCOME_ACCEPTED)
        return add(self, refused, i, note->code, note_text(note));
    return add(self, refused, i, is_refusal(outcome) ? outcome->code : -1,
               words_of(self, i, outcome));
}

/* Somebody has the message: those who do not, and those whose RCPT had an
 * answer that smtplib takes for a refusal. */
static bool add_others(const pn_py_delivery *self, PyObject *refused)
{
    const pn_fate *fates = self->inside->fates;
    for (size_t i = 0; i < self->count; i++) {
        bool is_refused = fates[i].outcome.kind != PNEU_OUTCOME_ACCEPTED ||
                          self->notes.recipients[i].code != 0;
        if (is_refused && !add_other(self, refused, i))
            return false;
    }
    return true;
}

static PyObject *refuse_sender(const pn_py_delivery *self, int code,
                               PyObject *text)
{
    return pn_py_raise_named(
        "SMTPSenderRefused",
        text != NULL ? Py_BuildValue("(iNO)", code, text, self->sender) : NULL);
}

static PyObject *refuse_data(int code, PyObject *text)
{
    return pn_py_raise_named("SMTPDataError",
                             text != NULL ? Py_BuildValue("(iN)", code, text)
                                          : NULL);
}

/* Those refused so far, and the one that was to be answered, if code is not 0;
 * text is stolen. */
static PyObject *refuse_recipients(const pn_py_delivery *self, int code,
                                   PyObject *text)
{
    PyObject *refused = PyDict_New();
    for (size_t i = 0; refused != NULL && i < self->count; i++) {
        const pn_py_note *note = &self->notes.recipients[i];
        if (note->code != 0 &&
            !add(self, refused, i, note->code, note_text(note)))
            Py_CLEAR(refused);
    }
    if (refused != NULL && code != 0 && self->notes.befallen < self->count) {
        if (!add(self, refused, self->notes.befallen, code, text))
            Py_CLEAR(refused);
    } else {
        Py_XDECREF(text);
    }
    return pn_py_raise_named("SMTPRecipientsRefused",
                             refused != NULL ? Py_BuildValue("(N)", refused)
                                             : NULL);
}

/* Under the name of the command that it befell; text is stolen. */
static PyObject *refuse(const pn_py_delivery *self, pneu_command command,
                        int code, PyObject *text)
{
    if (text == NULL)
        return NULL;
    switch (command) {
    case PNEU_COMMAND_MAIL:
        return refuse_sender(self, code, text);
    case PNEU_COMMAND_RCPT:
        return refuse_recipients(self, code, text);
    default:
        return refuse_data(code, text);
    }
}

static PyObject *sentence_of(const pneu_error *error)
{
    return pn_py_bytes(pn_span_of(error->message));
}

static PyObject *refuse_too_long(const char *what)
{
    return pn_py_raise_named("SMTPResponseException",
                             Py_BuildValue("(is)", 500, what));
}

/* What is no reply to this command, as smtplib would have told it; but nothing
 * that it takes for a success. */
static PyObject *raise_protocol(const pn_py_delivery *self,
                                const pneu_error *error)
{
    const pn_reply_parser *parser = &self->session->parser;
    const pn_py_note *broken = &self->notes.broken;
    bool is_content = error->command == PNEU_COMMAND_CONTENT;
    bool is_success = broken->code >= 200 && broken->code < 300;
    if (parser->line_octets > PN_REPLY_LINE_MAX)
        return refuse_too_long("Line too long.");
    if (!parser->done && (parser->octets > PN_REPLY_MAX ||
                          parser->reply.line_count > PN_REPLY_LINES_MAX))
        return refuse_too_long("Reply too long.");
    if (broken->code == 0 || (is_content && is_success))
        return refuse(self, error->command, -1, sentence_of(error));
    return refuse(self, error->command, broken->code, note_text(broken));
}

/* "Connection unexpectedly closed", and why if more is known. */
static PyObject *disconnected(const pn_py_delivery *self)
{
    static const char CLOSED[] = "Connection unexpectedly closed";
    PyObject *reason = reason_of(self);
    bool is_late = self->why_ended == PNEU_END_TIMEOUT;
    PyObject *text = NULL;
    pn_span words = PN_SPAN("");
    if (reason != NULL && !pn_py_text(reason, "reason", &words))
        return NULL;
    bool says_late = strstr(words.data, "timed out") != NULL;
    if (is_late && !says_late && self->write_reason == NULL)
        text = PyUnicode_FromFormat("%s: timed out%s%s", CLOSED,
                                    words.length > 0 ? ": " : "", words.data);
    else if (words.length > 0 && (self->why_ended != PNEU_END_OF_STREAM ||
                                  self->write_reason != NULL))
        text = PyUnicode_FromFormat("%s: %s", CLOSED, words.data);
    else
        text = PyUnicode_FromString(CLOSED);
    return pn_py_raise_named("SMTPServerDisconnected",
                             text != NULL ? Py_BuildValue("(N)", text) : NULL);
}

static PyObject *raise_broken(const pn_py_delivery *self)
{
    const pneu_error *error = pneu_session_error(self->session);
    switch (error->status) {
    case PNEU_PROTOCOL:
        return raise_protocol(self, error);
    case PNEU_REFUSED:
        return refuse(self, error->command,
                      error->reply_code != 0 ? error->reply_code : -1,
                      sentence_of(error));
    case PNEU_OK:
    case PNEU_LOST:
    case PNEU_TIMEOUT:
        return disconnected(self);
    default:
        return pn_py_raise(error);
    }
}

/* Nobody was accepted, and the connection is whole: after a part of them was
 * refused in another transaction there is no one cause. */
static PyObject *refuse_each(const pn_py_delivery *self)
{
    PyObject *refused = PyDict_New();
    if (refused != NULL && !add_others(self, refused))
        Py_CLEAR(refused);
    return pn_py_raise_named("SMTPRecipientsRefused",
                             refused != NULL ? Py_BuildValue("(N)", refused)
                                             : NULL);
}

/* Nobody surely has the message: the first cause, as smtplib would have met
 * it; but that somebody may have it goes before any refusal. */
static PyObject *raise_cause(const pn_py_delivery *self)
{
    const pn_py_notes *notes = &self->notes;
    if (pn_py_delivery_has(self,
                           PNEU_OUTCOME_IN_DOUBT)) /* a 421 is no refusal of
                                                      what somebody may have */
        return pneu_session_error(self->session)->status == PNEU_REFUSED
                   ? disconnected(self)
                   : raise_broken(self);
    if (notes->mail.code != 0)
        return refuse_sender(self, notes->mail.code, note_text(&notes->mail));
    if (notes->said_farewell || notes->refused == self->count)
        return refuse_recipients(self, 0, NULL);
    if (notes->data.code != 0)
        return refuse_data(notes->data.code, note_text(&notes->data));
    if (notes->end_refusal.code != 0)
        return refuse_data(notes->end_refusal.code,
                           note_text(&notes->end_refusal));
    return pneu_session_error(self->session)->status == PNEU_OK
               ? refuse_each(self)
               : raise_broken(self);
}

PyObject *pn_py_delivery_result(pn_py_delivery *self, PyObject *refused)
{
    if (!PyDict_Check(refused)) {
        PyErr_Format(PyExc_TypeError, "refused must be a dict, not %R",
                     (PyObject *)Py_TYPE(refused));
        return NULL;
    }
    if (!pn_py_delivery_is_done(self)) {
        PyErr_SetString(PyExc_RuntimeError, "the delivery is not done");
        return NULL;
    }
    if (!pn_py_delivery_has(self, PNEU_OUTCOME_ACCEPTED))
        return raise_cause(self);
    return add_others(self, refused) ? Py_NewRef(Py_None) : NULL;
}

/* "5.1.1", or "" */
static void write_enhanced(const pneu_enhanced_code *code, char *out,
                           size_t size)
{
    out[0] = '\0';
    if (code->status_class != 0)
        snprintf(out, size, "%u.%u.%u", (unsigned)code->status_class,
                 (unsigned)code->subject, (unsigned)code->detail);
}

PyObject *pn_py_delivery_row(const pn_py_delivery *self, size_t i,
                             const pneu_outcome *outcome, PyObject *text)
{
    char enhanced[32];
    if (text == NULL)
        return NULL;
    bool has_command = outcome->command != PNEU_COMMAND_NONE;
    write_enhanced(&outcome->enhanced, enhanced, sizeof(enhanced));
    return Py_BuildValue("(OssisN)", recipient(self, i),
                         pneu_outcome_name(outcome->kind),
                         has_command ? pneu_command_name(outcome->command) : "",
                         outcome->code, enhanced, text);
}

static PyObject *outcome_of(const pn_py_delivery *self, size_t i)
{
    const pneu_outcome *outcome = pneu_delivery_outcome(self->inside, i);
    return pn_py_delivery_row(self, i, outcome, words_of(self, i, outcome));
}

PyObject *pn_py_delivery_outcomes(pn_py_delivery *self)
{
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list != NULL && i < self->count; i++) {
        PyObject *outcome = outcome_of(self, i);
        if (outcome == NULL || PyList_Append(list, outcome) != 0)
            Py_CLEAR(list);
        Py_XDECREF(outcome);
    }
    return list;
}
