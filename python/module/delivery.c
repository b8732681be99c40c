#include "delivery.h"

#include <string.h>

#include "arguments.h"
#include "base/fail.h"
#include "base/memory.h"
#include "flow/delivery.h"
#include "raise.h"
#include "session/session.h"
#include "values.h"

enum {
    INPUT_PART = 64 * 1024 /* a session takes no more than 1 MiB at once */
};

static pn_py_delivery *of(PyObject *self)
{
    return (pn_py_delivery *)(void *)self;
}

static int delivery_traverse(PyObject *object, visitproc visit, void *arg)
{
    pn_py_delivery *self = of(object);
    Py_VISIT(self->sender);
    Py_VISIT(self->recipients);
    Py_VISIT(self->message);
    Py_VISIT(self->view.obj);
    for (size_t i = 0; i < PN_PY_OFFERS; i++)
        Py_VISIT(self->offers[i]);
    Py_VISIT(self->end_reason);
    Py_VISIT(self->write_reason);
    Py_VISIT(Py_TYPE(object));
    return 0;
}

/* The message goes back to its owner. */
static void release_message(pn_py_delivery *self)
{
    PyObject *message = self->message;
    Py_buffer view = self->view;
    self->message = NULL;
    self->view = (Py_buffer){.buf = NULL};
    if (view.obj != NULL)
        PyBuffer_Release(&view);
    Py_XDECREF(message);
}

/* First what borrows, then what is borrowed. */
static int delivery_clear(PyObject *object)
{
    pn_py_delivery *self = of(object);
    pneu_delivery_free(self->inside);
    self->inside = NULL;
    pneu_session_free(self->session);
    self->session = NULL;
    pn_py_notes_clear(self);
    release_message(self);
    for (size_t i = 0; i < PN_PY_OFFERS; i++)
        Py_CLEAR(self->offers[i]);
    Py_CLEAR(self->mail_options);
    Py_CLEAR(self->rcpt_options);
    Py_CLEAR(self->end_reason);
    Py_CLEAR(self->write_reason);
    Py_CLEAR(self->sender);
    Py_CLEAR(self->recipients);
    return 0;
}

static void delivery_dealloc(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    pn_py_delivery *self = of(object);
    PyObject_GC_UnTrack(object);
    delivery_clear(object);
    pn_memory_free(self->addresses);
    pn_memory_free(self->notes.recipients);
    pn_memory_free(self->mail_raw);
    PyObject_GC_Del(object);
    Py_DECREF(type);
}

static PyObject *delivery_new(PyTypeObject *type, PyObject *args,
                              PyObject *keywords)
{
    static const pn_py_parameters PARAMETERS = {
        "Delivery",
        8,
        {"sender", "recipients", "message", "features", "mail_options",
         "rcpt_options", "lmtp", "pipelining"}};
    PyObject *values[8];
    const pn_py_state *state = PyType_GetModuleState(type);
    if (state == NULL || !pn_py_take(&PARAMETERS, args, keywords, values))
        return NULL;
    PyObject *object = PyType_GenericAlloc(type, 0);
    if (object == NULL)
        return NULL;
    pn_py_delivery *self = of(object);
    self->busy = true;
    if (!pn_py_delivery_begin(self, state, values))
        Py_CLEAR(object);
    else
        self->busy = false;
    return object;
}

bool pn_py_delivery_is_done(const pn_py_delivery *self)
{
    return self->inside == NULL || pneu_delivery_is_done(self->inside);
}

/* Every method begins with this and, if it is true, ends with leave(). */
static bool enter(pn_py_delivery *self)
{
    if (self->busy || self->inside == NULL || self->session == NULL) {
        PyErr_SetString(PyExc_RuntimeError,
                        "the delivery is in use, or was given up");
        return false;
    }
    self->busy = true;
    return true;
}

static PyObject *leave(pn_py_delivery *self, PyObject *result)
{
    self->busy = false;
    if (self->message != NULL && pn_py_delivery_is_done(self))
        release_message(self);
    return result;
}

/* Takes all events that there are. False, with MemoryError. */
static bool take_events(pn_py_delivery *self)
{
    pneu_event event;
    pneu_status status = PNEU_OK;
    while (pneu_session_next_event(self->session, &event)) {
        pn_py_notes_take(self, &event);
        if (pneu_delivery_event(self->inside, self->session, &event) ==
            PNEU_NO_MEMORY)
            status = PNEU_NO_MEMORY;
    }
    pn_py_notes_take_broken(self);
    if (pneu_delivery_renewal(self->inside) == PNEU_RENEWAL_MAILMAX) {
        pneu_error why;
        pn_fail(&why, PNEU_REFUSED, /* RFC 9422 4.1 */
                "the server takes no further message on this connection");
        pneu_delivery_give_up(self->inside, &why);
    }
    if (status == PNEU_OK && !self->notes.no_memory)
        return true;
    PyErr_NoMemory();
    return false;
}

static PyObject *output(PyObject *object, PyObject *unused)
{
    pn_py_delivery *self = of(object);
    (void)unused;
    if (!enter(self))
        return NULL;
    pn_py_state *state = PyType_GetModuleState(Py_TYPE(object));
    if (state == NULL) /* the type was collected, and the method was kept */
        return leave(self, NULL);
    PyObject *result = self->message != NULL
                           ? pn_py_delivery_output(self, &state->output)
                           : Py_NewRef(Py_None);
    /* what is lost here counts as sent: nothing may follow it */
    if (result == NULL)
        pneu_session_output_failed(self->session, 0);
    /* what was skipped has its event */
    if (result == Py_None && !take_events(self))
        Py_CLEAR(result);
    return leave(self, result);
}

/* A str for later words. */
static bool keep_reason(PyObject *reason, PyObject **kept)
{
    pn_span text;
    if (reason == NULL)
        return true;
    if (!pn_py_text(reason, "reason", &text))
        return false;
    PyObject *old = *kept;
    *kept = Py_NewRef(reason);
    Py_XDECREF(old);
    return true;
}

static PyObject *output_failed(PyObject *object, PyObject *reason)
{
    pn_py_delivery *self = of(object);
    if (!enter(self))
        return NULL;
    PyObject *result = NULL;
    if (keep_reason(reason, &self->write_reason)) {
        pneu_session_output_failed(self->session, 0);
        result = take_events(self) ? Py_NewRef(Py_None) : NULL;
    }
    return leave(self, result);
}

static bool take_input(pn_py_delivery *self, pn_span octets)
{
    while (octets.length > 0 && !self->session->ended) {
        size_t part = octets.length < INPUT_PART ? octets.length : INPUT_PART;
        if (pneu_session_input(self->session, octets.data, part) != PNEU_OK) {
            PyErr_NoMemory();
            return false;
        }
        if (!take_events(self))
            return false;
        octets = (pn_span){octets.data + part, octets.length - part};
    }
    return true;
}

static PyObject *input(PyObject *object, PyObject *data)
{
    pn_py_delivery *self = of(object);
    Py_buffer view;
    pn_span octets;
    if (!enter(self))
        return NULL;
    PyObject *result = NULL;
    if (pn_py_octets(data, &view, &octets)) {
        result = take_input(self, octets) ? Py_NewRef(Py_None) : NULL;
        PyBuffer_Release(&view);
    }
    return leave(self, result);
}

static bool end_input(pn_py_delivery *self, PyObject *why, PyObject *reason)
{
    long end = PyLong_AsLong(why);
    if (end == -1 && PyErr_Occurred() != NULL)
        return false;
    if (end != PNEU_END_OF_STREAM && end != PNEU_END_RESET &&
        end != PNEU_END_TIMEOUT) {
        PyErr_SetString(PyExc_ValueError,
                        "why must be END_OF_STREAM, END_RESET or END_TIMEOUT");
        return false;
    }
    if (self->session->ended)
        return true;
    if (!keep_reason(reason, &self->end_reason))
        return false;
    self->why_ended = (int)end;
    pneu_session_input_end(self->session, (pneu_end)end, 0);
    return take_events(self);
}

static PyObject *input_end(PyObject *object, PyObject *const *args,
                           Py_ssize_t count, PyObject *keywords)
{
    static const pn_py_parameters PARAMETERS = {
        "input_end", 1, {"why", "reason"}};
    pn_py_delivery *self = of(object);
    PyObject *values[2];
    if (!pn_py_take_fast(&PARAMETERS, args, count, keywords, values) ||
        !enter(self))
        return NULL;
    bool is_ended = end_input(self, values[0], values[1]);
    return leave(self, is_ended ? Py_NewRef(Py_None) : NULL);
}

static PyObject *result(PyObject *object, PyObject *unused)
{
    pn_py_delivery *self = of(object);
    (void)unused;
    return enter(self) ? leave(self, pn_py_delivery_result(self)) : NULL;
}

static PyObject *outcomes(PyObject *object, PyObject *unused)
{
    pn_py_delivery *self = of(object);
    (void)unused;
    return enter(self) ? leave(self, pn_py_delivery_outcomes(self)) : NULL;
}

static PyObject *get_done(PyObject *object, void *unused)
{
    (void)unused;
    return PyBool_FromLong(pn_py_delivery_is_done(of(object)));
}

static PyObject *get_leaving(PyObject *object, void *unused)
{
    const pn_py_delivery *self = of(object);
    (void)unused;
    bool is_leaving = self->session != NULL && !pn_py_delivery_is_done(self) &&
                      (self->session->state == PN_STATE_CLOSING ||
                       self->session->output_failed);
    return PyBool_FromLong(is_leaving);
}

/* The connection is of no use after an error or a 421, and if octets are there
 * that no command has asked for. */
static bool must_close(const pn_py_delivery *self)
{
    const pneu_session *session = self->session;
    if (session == NULL || session->output_failed || session->ended ||
        pneu_session_error(session)->status != PNEU_OK)
        return true;
    return pn_py_delivery_is_done(self) &&
           (pn_buffer_length(&session->input) > 0 ||
            pn_reply_parser_is_midway(&session->parser));
}

static PyObject *get_must_close(PyObject *object, void *unused)
{
    (void)unused;
    return PyBool_FromLong(must_close(of(object)));
}

/* smtplib says RSET after every refusal, and so finds out if the server has
 * closed after it. */
static PyObject *get_must_reset(PyObject *object, void *unused)
{
    const pn_py_delivery *self = of(object);
    (void)unused;
    bool must = self->inside != NULL && !must_close(self) &&
                (pneu_session_in_transaction(self->session) ||
                 pneu_delivery_tally(self->inside, PNEU_OUTCOME_ACCEPTED) == 0);
    return PyBool_FromLong(must);
}

/* RFC 5321 4.2.4: the server says that it does not know what any server knows.
 */
static bool is_unknown(const pn_py_note *note)
{
    return note->code == 500 || note->code == 502;
}

static bool is_every_recipient_unknown(const pn_py_delivery *self)
{
    size_t i = 0;
    while (i < self->count && is_unknown(&self->notes.recipients[i]))
        i++;
    return i == self->count;
}

static PyObject *get_may_retry(PyObject *object, void *unused)
{
    const pn_py_delivery *self = of(object);
    (void)unused;
    bool is_whole = self->inside != NULL && pn_py_delivery_is_done(self) &&
                    !must_close(self);
    /* what had an answer to its end was no group: somebody may have it */
    if (!is_whole || self->notes.end.code != 0 ||
        !pn_session_may_pipeline(self->session))
        return PyBool_FromLong(false);
    bool is_data_unknown =
        is_unknown(&self->notes.data) ||
        (self->notes.data.code == 503 && self->inside->batch.passed > 0);
    return PyBool_FromLong(is_data_unknown || is_every_recipient_unknown(self));
}

static PyObject *get_reply(PyObject *object, void *unused)
{
    const pn_py_note *end = &of(object)->notes.end;
    (void)unused;
    if (end->code == 0 || end->text == NULL)
        Py_RETURN_NONE;
    return pn_py_pair(end->code, Py_NewRef(end->text));
}

static PyMethodDef METHODS[] = {
    {"output", output, METH_NOARGS,
     "output($self, /)\n--\n\n"
     "What is to be written now, and counts as sent from here on, or None."},
    {"output_failed", output_failed, METH_O,
     "output_failed($self, reason, /)\n--\n\n"
     "Nothing more can be written; read to the end nevertheless."},
    {"input", input, METH_O,
     "input($self, data, /)\n--\n\n"
     "Octets from the server."},
    {"input_end", PN_PY_METHOD(input_end), METH_FASTCALL | METH_KEYWORDS,
     "input_end($self, why, reason='')\n--\n\n"
     "No more octets come, and why."},
    {"result", result, METH_NOARGS,
     "result($self, /)\n--\n\n"
     "Who was refused, as smtplib's sendmail() gives or raises it."},
    {"outcomes", outcomes, METH_NOARGS,
     "outcomes($self, /)\n--\n\n"
     "What became of each recipient."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef PROPERTIES[] = {
    {"done", get_done, NULL,
     "True if there is nothing left to write or to read.", NULL},
    {"leaving", get_leaving, NULL,
     "True if what still comes is worth a short wait only.", NULL},
    {"must_close", get_must_close, NULL,
     "True if the connection is of no use any more.", NULL},
    {"must_reset", get_must_reset, NULL,
     "True if RSET is to be sent before anything else.", NULL},
    {"may_retry", get_may_retry, NULL,
     "True if a group of commands was not understood.", NULL},
    {"reply", get_reply, NULL, "The last reply to the end of the message.",
     NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot SLOTS[] = {
    {Py_tp_doc,
     PN_PY_SLOT("Delivery(sender, recipients, message, features, mail_options, "
                "rcpt_options, lmtp, pipelining)\n--\n\n"
                "One message to n recipients, and what became of each.")},
    {Py_tp_new, PN_PY_SLOT(delivery_new)},
    {Py_tp_dealloc, PN_PY_SLOT(delivery_dealloc)},
    {Py_tp_traverse, PN_PY_SLOT(delivery_traverse)},
    {Py_tp_clear, PN_PY_SLOT(delivery_clear)},
    {Py_tp_methods, METHODS},
    {Py_tp_getset, PROPERTIES},
    {0, NULL},
};

PyType_Spec pn_py_delivery_spec = {
    .name = "pneu._pneu.Delivery",
    .basicsize = sizeof(pn_py_delivery),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = SLOTS,
};
