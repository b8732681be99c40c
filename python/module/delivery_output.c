/* What a delivery has to write, as one run of octets at a time. */
#include <string.h>

#include "delivery.h"
#include "session/session.h"
#include "values.h"

enum {
    PIECES_MAX = 64
};

static size_t length_of(const pneu_piece *pieces, size_t count)
{
    size_t length = 0;
    for (size_t i = 0; i < count; i++)
        length += pieces[i].length;
    return length;
}

static PyObject *join(const pneu_piece *pieces, size_t count, size_t length)
{
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)length);
    char *at = bytes != NULL ? PyBytes_AsString(bytes) : NULL;
    for (size_t i = 0; at != NULL && i < count; i++) {
        memcpy(at, pieces[i].data, pieces[i].length);
        at += pieces[i].length;
    }
    return bytes;
}

/* Adds what there is room for. */
static pneu_status add_pieces(pneu_session *session, pn_buffer *output,
                              const pneu_piece *pieces, size_t count)
{
    size_t written = 0;
    for (size_t i = 0; i < count; i++) {
        size_t room = PN_PY_OUTPUT_MAX - pn_buffer_length(output);
        size_t part = pieces[i].length < room ? pieces[i].length : room;
        pneu_status status =
            pn_buffer_append(output, (pn_span){pieces[i].data, part});
        if (status != PNEU_OK)
            return status;
        written += part;
    }
    pneu_session_output_done(session, written);
    return PNEU_OK;
}

/* The same for what comes in many pieces, or is long: copied twice. */
static PyObject *collect(pneu_session *session, pn_buffer *output,
                         pn_span begun)
{
    pneu_piece pieces[PIECES_MAX];
    size_t count = 1;
    pn_buffer_clear(output);
    pneu_status status = pn_buffer_append(output, begun);
    while (status == PNEU_OK && count > 0 &&
           pn_buffer_length(output) < PN_PY_OUTPUT_MAX) {
        count = pneu_session_output(session, pieces, PIECES_MAX);
        status = add_pieces(session, output, pieces, count);
    }
    return status == PNEU_OK ? pn_py_bytes(pn_buffer_span(output))
                             : PyErr_NoMemory();
}

PyObject *pn_py_delivery_output(pn_py_delivery *self, pn_buffer *output)
{
    pneu_piece pieces[PIECES_MAX];
    size_t count = pneu_session_output(self->session, pieces, PIECES_MAX);
    size_t length = length_of(pieces, count);
    if (length > PN_PY_OUTPUT_MAX)
        return collect(self->session, output, PN_SPAN(""));
    PyObject *bytes = join(pieces, count, length);
    if (bytes == NULL)
        return NULL;
    pneu_session_output_done(self->session, length);
    if (length == PN_PY_OUTPUT_MAX || !pn_session_has_output(self->session))
        return bytes;
    PyObject *whole = collect(self->session, output,
                              (pn_span){PyBytes_AsString(bytes), length});
    Py_DECREF(bytes);
    return whole;
}
