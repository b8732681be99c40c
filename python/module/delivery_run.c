/* The conversation of a delivery over a socket of Python's, as long as nothing
 * unusual happens. */
#include "arguments.h"
#include "delivery.h"
#include "hold.h"
#include "session/session.h"

/* All of it is borrowed. */
typedef struct conversation {
    const pn_py_state *state;
    pn_py_delivery *delivery;
    PyObject *smtp;
    PyObject *sock;   /* is written to */
    PyObject *source; /* is read: the socket, or a file made of it */
    PyObject *read;   /* by its method of this name */
    PyObject *limit;  /* so many octets at once */
    bool by_send;     /* which does what sendall() does, at less cost */
} conversation;

/* The words of the exception that is set, if it is an OSError; NULL, with an
 * exception. */
static PyObject *take_error(bool *is_late)
{
    PyObject *kind, *value, *trace;
    if (!PyErr_ExceptionMatches(PyExc_OSError))
        return NULL;
    *is_late = PyErr_ExceptionMatches(PyExc_TimeoutError);
    PyErr_Fetch(&kind, &value, &trace);
    PyErr_NormalizeException(&kind, &value, &trace);
    PyObject *words = PyObject_Str(value);
    Py_XDECREF(kind);
    Py_XDECREF(value);
    Py_XDECREF(trace);
    return words;
}

static bool write_rest(const conversation *it, PyObject *octets,
                       Py_ssize_t sent)
{
    PyObject *rest = PySequence_GetSlice(octets, sent, PyBytes_Size(octets));
    PyObject *done = NULL;
    if (rest != NULL)
        done = PyObject_CallMethodObjArgs(it->sock, it->state->sendall, rest,
                                          NULL);
    Py_XDECREF(rest);
    Py_XDECREF(done);
    return done != NULL;
}

static bool write_all(const conversation *it, PyObject *octets)
{
    const pn_py_state *state = it->state;
    PyObject *done = PyObject_CallMethodObjArgs(
        it->sock, it->by_send ? state->send : state->sendall, octets, NULL);
    if (done == NULL || !it->by_send) {
        Py_XDECREF(done);
        return done != NULL;
    }
    Py_ssize_t sent = PyLong_AsSsize_t(done);
    Py_DECREF(done);
    if (sent < 0 && PyErr_Occurred() != NULL)
        return false;
    return sent == PyBytes_Size(octets) || write_rest(it, octets, sent);
}

/* Writes, and false is an exception that is no failure to write. */
static bool tell(const conversation *it, PyObject *octets)
{
    const pn_py_state *state = it->state;
    PyObject *done = PyObject_CallFunctionObjArgs(state->audit, state->event,
                                                  it->smtp, octets, NULL);
    if (done == NULL)
        return false;
    Py_DECREF(done);
    it->delivery->has_begun = true;
    if (write_all(it, octets))
        return true;
    bool is_late = false;
    PyObject *reason = take_error(&is_late);
    bool is_told =
        reason != NULL && pn_py_delivery_fail_output(it->delivery, reason);
    Py_XDECREF(reason);
    return is_told;
}

/* What was read, stolen; the end of the stream, if it is nothing of any kind.
 */
static PyObject *take(const conversation *it, PyObject *received)
{
    int is_any = PyBytes_CheckExact(received) ? 1 : PyObject_IsTrue(received);
    PyObject *octets = NULL;
    if (is_any == 1)
        octets = pn_py_delivery_step(it->delivery, received);
    else if (is_any == 0 &&
             pn_py_delivery_end_input(it->delivery, PNEU_END_OF_STREAM, NULL))
        octets = Py_NewRef(Py_None);
    Py_DECREF(received);
    return octets;
}

/* Reads what comes next, and gives what is to be written then. */
static PyObject *hear(const conversation *it)
{
    PyObject *received =
        PyObject_CallMethodObjArgs(it->source, it->read, it->limit, NULL);
    if (received != NULL)
        return take(it, received);
    bool is_late = false;
    PyObject *reason = take_error(&is_late);
    pneu_end end = is_late ? PNEU_END_TIMEOUT : PNEU_END_RESET;
    bool is_told =
        reason != NULL && pn_py_delivery_end_input(it->delivery, end, reason);
    Py_XDECREF(reason);
    return is_told ? Py_NewRef(Py_None) : NULL;
}

/* Writes what there is to write, and reads on; octets are stolen. NULL, with an
 * exception. */
static PyObject *go_on(const conversation *it, PyObject *octets)
{
    Py_ssize_t length = PyBytes_Size(octets);
    bool is_told = length == 0 || tell(it, octets);
    Py_DECREF(octets);
    if (!is_told || PyErr_CheckSignals() != 0)
        return NULL;
    /* without a session: whoever wrote has carried the delivery to its end */
    const pneu_session *session = it->delivery->session;
    bool is_all = length < PN_PY_OUTPUT_MAX &&
                  !(session != NULL && session->output_failed);
    return is_all ? hear(it) : pn_py_delivery_step(it->delivery, Py_None);
}

/* False, with an exception; or else until somebody else is needed. */
static bool converse(const conversation *it)
{
    PyObject *octets = pn_py_delivery_step(it->delivery, Py_None);
    bool is_all = false;
    while (octets != NULL && octets != Py_None && !is_all) {
        octets = go_on(it, octets);
        is_all =
            octets != NULL && octets != Py_None && PyBytes_Size(octets) == 0;
    }
    Py_XDECREF(octets);
    return octets != NULL;
}

/* The arguments of run(). False, with an exception. */
static bool prepare(conversation *it, PyObject *const *args)
{
    PyObject *reader = args[2];
    PyObject *quick = args[3];
    if (!PyTuple_CheckExact(reader) || PyTuple_Size(reader) != 3 ||
        Py_TYPE(quick) != it->state->untouched) {
        PyErr_SetString(PyExc_TypeError,
                        "reader must be a tuple of three, and quick an "
                        "Untouched");
        return false;
    }
    it->smtp = args[0];
    it->sock = args[1];
    it->source = PyTuple_GetItem(reader, 0);
    it->read = PyTuple_GetItem(reader, 1);
    it->limit = PyTuple_GetItem(reader, 2);
    int by_send = pn_py_untouched_is_of(quick, it->sock);
    if (by_send == 1)
        by_send = pn_py_untouched_ask(quick, it->sock);
    it->by_send = by_send == 1;
    return by_send >= 0;
}

PyObject *pn_py_delivery_run(pn_py_delivery *self, PyObject *const *args)
{
    PyObject *own = &self->base;
    conversation it = {.state = PyType_GetModuleState(Py_TYPE(own)),
                       .delivery = self};
    if (it.state == NULL || !prepare(&it, args))
        return NULL;
    int is_ours = pn_py_hold(it.state, it.smtp, Py_None, own);
    if (is_ours == 0)
        return PyLong_FromLong(PN_PY_HELD);
    if (is_ours < 0 || !converse(&it))
        return NULL;
    unsigned ending = pn_py_delivery_ending(self);
    if (ending == 0 && pn_py_hold(it.state, it.smtp, own, Py_None) < 0)
        return NULL;
    return PyLong_FromLong((long)ending);
}
