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
    done = PyObject_CallMethodObjArgs(it->sock, state->sendall, octets, NULL);
    Py_XDECREF(done);
    if (done != NULL)
        return true;
    bool is_late = false;
    PyObject *reason = take_error(&is_late);
    bool is_told =
        reason != NULL && pn_py_delivery_fail_output(it->delivery, reason);
    Py_XDECREF(reason);
    return is_told;
}

/* Reads what comes next, and gives what is to be written then. */
static PyObject *hear(const conversation *it)
{
    PyObject *received =
        PyObject_CallMethodObjArgs(it->source, it->read, it->limit, NULL);
    if (received != NULL) {
        PyObject *octets = pn_py_delivery_step(it->delivery, received);
        Py_DECREF(received);
        return octets;
    }
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
    bool is_all =
        length < PN_PY_OUTPUT_MAX && !it->delivery->session->output_failed;
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

PyObject *pn_py_delivery_run(pn_py_delivery *self, PyObject *const *args)
{
    const pn_py_state *state = PyType_GetModuleState(Py_TYPE(&self->base));
    PyObject *own = &self->base;
    if (state == NULL)
        return NULL;
    PyObject *reader = args[2];
    if (!PyTuple_CheckExact(reader) || PyTuple_Size(reader) != 3) {
        PyErr_SetString(PyExc_TypeError, "reader must be a tuple of three");
        return NULL;
    }
    conversation it = {
        .state = state,
        .delivery = self,
        .smtp = args[0],
        .sock = args[1],
        .source = PyTuple_GetItem(reader, 0),
        .read = PyTuple_GetItem(reader, 1),
        .limit = PyTuple_GetItem(reader, 2),
    };
    int is_ours = pn_py_hold(state, it.smtp, Py_None, own);
    if (is_ours == 0)
        return PyLong_FromLong(PN_PY_HELD);
    if (is_ours < 0 || !converse(&it))
        return NULL;
    unsigned ending = pn_py_delivery_ending(self);
    if (ending == 0 && pn_py_hold(state, it.smtp, own, Py_None) < 0)
        return NULL;
    return PyLong_FromLong((long)ending);
}
