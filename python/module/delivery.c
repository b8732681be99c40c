#include "delivery.h"

#include "arguments.h"
#include "base/fail.h"
#include "flow/delivery.h"
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
    Py_VISIT(self->end_reason);
    Py_VISIT(self->write_reason);
    Py_VISIT(self->rows);
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
    self->octets = PN_SPAN("");
    if (view.obj != NULL)
        PyBuffer_Release(&view);
    Py_XDECREF(message);
}

/* First what borrows, then what is borrowed: the memory is looked at no more
 * until it is made new. */
static int delivery_clear(PyObject *object)
{
    pn_py_delivery *self = of(object);
    self->inside = NULL;
    self->session = NULL;
    pn_py_notes_clear(self);
    release_message(self);
    Py_CLEAR(self->rcpt_options);
    Py_CLEAR(self->end_reason);
    Py_CLEAR(self->write_reason);
    Py_CLEAR(self->rows);
    Py_CLEAR(self->sender);
    Py_CLEAR(self->recipients);
    return 0;
}

static void delivery_dealloc(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    pn_py_delivery *self = of(object);
    PyObject_GC_UnTrack(object);
    bool is_whole = pn_py_delivery_is_whole(self);
    delivery_clear(object);
    pn_py_delivery_leave_memory(self, is_whole);
    PyObject_GC_Del(object);
    Py_DECREF(type);
}

static PyObject *make(PyTypeObject *type, pn_py_state *state,
                      PyObject *const *values)
{
    PyObject *object = PyType_GenericAlloc(type, 0);
    if (object == NULL)
        return NULL;
    pn_py_delivery *self = of(object);
    self->busy = true;
    self->memory = state->spare;
    state->spare = (pn_py_memory){.room = 0};
    if (!pn_py_delivery_begin(self, state, values))
        Py_CLEAR(object);
    else
        self->busy = false;
    return object;
}

PyObject *pn_py_delivery_make(pn_py_state *state, PyObject *const *values)
{
    if (state->delivery != NULL)
        return make(state->delivery, state, values);
    PyErr_SetString(PyExc_RuntimeError, "the module was given up");
    return NULL;
}

static PyObject *delivery_new(PyTypeObject *type, PyObject *args,
                              PyObject *keywords)
{
    static const pn_py_parameters PARAMETERS = {
        "Delivery",
        PN_PY_ARGUMENTS,
        {"sender", "recipients", "message", "features", "mail_options",
         "rcpt_options", "lmtp", "pipelining"}};
    PyObject *values[PN_PY_ARGUMENTS];
    pn_py_state *state = PyType_GetModuleState(type);
    if (state == NULL || !pn_py_take(&PARAMETERS, args, keywords, values))
        return NULL;
    return make(type, state, values);
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

/* What is to be written; None if there is nothing more to write or to read, or
 * that is worth a short wait only. */
static PyObject *go_on(pn_py_delivery *self)
{
    if (pn_py_delivery_is_done(self) || pn_py_delivery_is_leaving(self))
        return Py_NewRef(Py_None);
    /* if the type was collected, and the method was kept */
    pn_py_state *state = PyType_GetModuleState(Py_TYPE(&self->base));
    if (state == NULL)
        return NULL;
    PyObject *octets = pn_py_delivery_output(self, &state->output);
    /* what is lost here counts as sent: nothing may follow it */
    if (octets == NULL)
        pneu_session_output_failed(self->session, 0);
    else if (PyBytes_Size(octets) == 0 && !take_events(self))
        Py_CLEAR(octets); /* what was skipped has its event */
    if (octets == NULL || !pn_py_delivery_is_done(self))
        return octets;
    Py_DECREF(octets);
    return Py_NewRef(Py_None);
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

static bool end_input(pn_py_delivery *self, pneu_end why, PyObject *reason)
{
    if (self->session->ended)
        return true;
    if (!keep_reason(reason, &self->end_reason))
        return false;
    self->why_ended = (int)why;
    pneu_session_input_end(self->session, why, 0);
    return take_events(self);
}

/* What was read: octets, or none, which is the end of the stream. */
static bool take_received(pn_py_delivery *self, PyObject *received)
{
    Py_buffer view;
    pn_span octets;
    if (PyBytes_CheckExact(received)) {
        octets = (pn_span){PyBytes_AsString(received),
                           (size_t)PyBytes_Size(received)};
        return octets.length > 0 ? take_input(self, octets)
                                 : end_input(self, PNEU_END_OF_STREAM, NULL);
    }
    if (!pn_py_octets(received, &view, &octets))
        return false;
    bool is_taken = octets.length > 0
                        ? take_input(self, octets)
                        : end_input(self, PNEU_END_OF_STREAM, NULL);
    PyBuffer_Release(&view);
    return is_taken;
}

PyObject *pn_py_delivery_step(pn_py_delivery *self, PyObject *received)
{
    if (!enter(self))
        return NULL;
    bool is_taken = received == Py_None || take_received(self, received);
    return leave(self, is_taken ? go_on(self) : NULL);
}

static PyObject *step(PyObject *object, PyObject *received)
{
    return pn_py_delivery_step(of(object), received);
}

bool pn_py_delivery_fail_output(pn_py_delivery *self, PyObject *reason)
{
    if (!enter(self))
        return false;
    bool is_kept = keep_reason(reason, &self->write_reason);
    if (is_kept)
        pneu_session_output_failed(self->session, 0);
    bool is_taken = is_kept && take_events(self);
    leave(self, NULL);
    return is_taken;
}

static PyObject *output_failed(PyObject *object, PyObject *reason)
{
    return pn_py_delivery_fail_output(of(object), reason) ? Py_NewRef(Py_None)
                                                          : NULL;
}

bool pn_py_delivery_end_input(pn_py_delivery *self, pneu_end why,
                              PyObject *reason)
{
    if (!enter(self))
        return false;
    bool is_ended = end_input(self, why, reason);
    leave(self, NULL);
    return is_ended;
}

static bool is_end(PyObject *why, pneu_end *end)
{
    long number = PyLong_AsLong(why);
    if (number == -1 && PyErr_Occurred() != NULL)
        return false;
    *end = (pneu_end)number;
    if (number == PNEU_END_OF_STREAM || number == PNEU_END_RESET ||
        number == PNEU_END_TIMEOUT)
        return true;
    PyErr_SetString(PyExc_ValueError,
                    "why must be END_OF_STREAM, END_RESET or END_TIMEOUT");
    return false;
}

static PyObject *input_end(PyObject *object, PyObject *const *args,
                           Py_ssize_t count, PyObject *keywords)
{
    static const pn_py_parameters PARAMETERS = {
        "input_end", 1, {"why", "reason"}};
    PyObject *values[2];
    pneu_end end;
    bool is_ended =
        pn_py_take_fast(&PARAMETERS, args, count, keywords, values) &&
        is_end(values[0], &end) &&
        pn_py_delivery_end_input(of(object), end, values[1]);
    return is_ended ? Py_NewRef(Py_None) : NULL;
}

static PyObject *run(PyObject *object, PyObject *const *args, Py_ssize_t count)
{
    if (count == 4)
        return pn_py_delivery_run(of(object), args);
    return PyErr_Format(PyExc_TypeError, "run() takes 4 arguments (%zd given)",
                        count);
}

static PyObject *result(PyObject *object, PyObject *refused)
{
    pn_py_delivery *self = of(object);
    if (!enter(self))
        return NULL;
    PyObject *done = pn_py_delivery_result(self, refused);
    if (done != NULL)
        pn_py_delivery_shrink(self);
    return leave(self, done);
}

static PyObject *outcomes(PyObject *object, PyObject *unused)
{
    pn_py_delivery *self = of(object);
    (void)unused;
    if (self->is_told)
        return pn_py_delivery_told(self);
    return enter(self) ? leave(self, pn_py_delivery_outcomes(self)) : NULL;
}

static PyObject *ending(PyObject *object, PyObject *unused)
{
    (void)unused;
    return PyLong_FromLong((long)pn_py_delivery_ending(of(object)));
}

static PyObject *get_done(PyObject *object, void *unused)
{
    (void)unused;
    return PyBool_FromLong(pn_py_delivery_is_done(of(object)));
}

static PyObject *get_begun(PyObject *object, void *unused)
{
    (void)unused;
    return PyBool_FromLong(of(object)->has_begun);
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
    {"step", step, METH_O,
     "step($self, received, /)\n--\n\n"
     "Takes what the server said, and gives what is to be written."},
    {"run", PN_PY_METHOD(run), METH_FASTCALL,
     "run($self, smtp, sock, reader, quick, /)\n--\n\n"
     "Writes and reads until step() has given None, or there is a pause."},
    {"output_failed", output_failed, METH_O,
     "output_failed($self, reason, /)\n--\n\n"
     "Nothing more can be written; read to the end nevertheless."},
    {"input_end", PN_PY_METHOD(input_end), METH_FASTCALL | METH_KEYWORDS,
     "input_end($self, why, reason='')\n--\n\n"
     "No more octets come, and why."},
    {"ending", ending, METH_NOARGS,
     "ending($self, /)\n--\n\n"
     "What the connection needs now that step() has given None."},
    {"result", result, METH_O,
     "result($self, refused, /)\n--\n\n"
     "Adds who was refused, as smtplib's sendmail() gives or raises it."},
    {"outcomes", outcomes, METH_NOARGS,
     "outcomes($self, /)\n--\n\n"
     "What became of each recipient."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef PROPERTIES[] = {
    {"done", get_done, NULL,
     "True if there is nothing left to write or to read.", NULL},
    {"begun", get_begun, NULL, "True if run() has let go of any octet.", NULL},
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
