/* The arguments of functions and constructors, taken apart. */
#ifndef PN_PYTHON_ARGUMENTS_H
#define PN_PYTHON_ARGUMENTS_H

#include "base/span.h"
#include "state.h"

enum {
    PN_PY_ARGUMENTS_MAX = 8
};

/* The parameters of one function. */
typedef struct pn_py_parameters {
    const char *function;
    size_t required; /* so many of them, the first ones */
    const char *names[PN_PY_ARGUMENTS_MAX + 1]; /* up to NULL */
} pn_py_parameters;

/*
 * Fills values (as many as there are names; borrowed), NULL for those that
 * were not given. False, with TypeError, if they do not fit. The first is for
 * METH_FASTCALL | METH_KEYWORDS, the other for a tuple and a dictionary, which
 * may be NULL.
 */
bool pn_py_take_fast(const pn_py_parameters *parameters, PyObject *const *args,
                     Py_ssize_t count, PyObject *keywords, PyObject **values);
bool pn_py_take(const pn_py_parameters *parameters, PyObject *args,
                PyObject *keywords, PyObject **values);

/* The UTF-8 of a str, borrowed as long as the str; false, with TypeError
 * (which names the parameter) or UnicodeEncodeError. */
bool pn_py_text(PyObject *value, const char *name, pn_span *text);

/* The octets of a bytes-like object, held until PyBuffer_Release(); false,
 * with TypeError or BufferError. */
bool pn_py_octets(PyObject *value, Py_buffer *view, pn_span *octets);

#endif
