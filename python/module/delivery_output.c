/* What a delivery has to write, as one run of octets at a time. */
#include "delivery.h"
#include "values.h"

enum {
    PIECES_MAX = 64
};

static bool is_long_run(const pn_py_delivery *self, const pneu_piece *piece)
{
    uintptr_t at = (uintptr_t)piece->data;
    uintptr_t start = (uintptr_t)self->view.buf;
    return piece->length > PN_PY_OUTPUT_MAX && at >= start &&
           at - start < (size_t)self->view.len;
}

/* A part of the message as it lies there. What is no plain run of octets for
 * memoryview is copied. */
static PyObject *slice_message(const pn_py_delivery *self, pn_span run)
{
    Py_ssize_t from = run.data - (const char *)self->view.buf;
    Py_ssize_t length = (Py_ssize_t)run.length;
    PyObject *whole = PyMemoryView_FromObject(self->message);
    PyObject *octets =
        whole != NULL ? PyObject_CallMethod(whole, "cast", "s", "B") : NULL;
    PyObject *slice = octets != NULL
                          ? PySequence_GetSlice(octets, from, from + length)
                          : NULL;
    Py_XDECREF(whole);
    Py_XDECREF(octets);
    if (slice != NULL)
        return slice;
    PyErr_Clear();
    return pn_py_bytes(run);
}

/* Adds what there is room for; true if there is room for more. */
static bool add_pieces(pn_py_delivery *self, pn_buffer *output,
                       const pneu_piece *pieces, size_t count,
                       pneu_status *status)
{
    size_t written = 0;
    bool goes_on = true;
    for (size_t i = 0; i < count && goes_on; i++) {
        size_t room = PN_PY_OUTPUT_MAX - pn_buffer_length(output);
        size_t length = pieces[i].length < room ? pieces[i].length : room;
        if (is_long_run(self, &pieces[i]))
            length = 0;
        *status = pn_buffer_append(output, (pn_span){pieces[i].data, length});
        goes_on = *status == PNEU_OK && length == pieces[i].length;
        written += *status == PNEU_OK ? length : 0;
    }
    pneu_session_output_done(self->session, written);
    return goes_on;
}

PyObject *pn_py_delivery_output(pn_py_delivery *self, pn_buffer *output)
{
    pneu_piece pieces[PIECES_MAX];
    pneu_status status = PNEU_OK;
    bool goes_on = true;
    pn_buffer_clear(output);
    while (goes_on) {
        size_t count = pneu_session_output(self->session, pieces, PIECES_MAX);
        if (count == 0)
            break;
        if (pn_buffer_length(output) == 0 && is_long_run(self, &pieces[0])) {
            pn_span run = {pieces[0].data, pieces[0].length};
            pneu_session_output_done(self->session, run.length);
            return slice_message(self, run);
        }
        goes_on = add_pieces(self, output, pieces, count, &status);
    }
    if (status != PNEU_OK)
        return PyErr_NoMemory();
    if (pn_buffer_length(output) > 0)
        return pn_py_bytes(pn_buffer_span(output));
    return Py_NewRef(Py_None);
}
