#include "arguments.h"

static size_t count_names(const pn_py_parameters *parameters)
{
    size_t count = 0;
    while (parameters->names[count] != NULL)
        count++;
    return count;
}

static bool begin(const pn_py_parameters *parameters, Py_ssize_t given,
                  PyObject **values)
{
    size_t most = count_names(parameters);
    for (size_t i = 0; i < most; i++)
        values[i] = NULL;
    if ((size_t)given <= most)
        return true;
    PyErr_Format(PyExc_TypeError,
                 "%s() takes at most %zu arguments (%zd given)",
                 parameters->function, most, given);
    return false;
}

static bool put(const pn_py_parameters *parameters, PyObject *name,
                PyObject *value, PyObject **values)
{
    for (size_t i = 0; parameters->names[i] != NULL; i++) {
        if (!PyUnicode_Check(name) ||
            PyUnicode_CompareWithASCIIString(name, parameters->names[i]) != 0)
            continue;
        if (values[i] != NULL) {
            PyErr_Format(PyExc_TypeError,
                         "%s() got multiple values for argument '%s'",
                         parameters->function, parameters->names[i]);
            return false;
        }
        values[i] = value;
        return true;
    }
    PyErr_Format(PyExc_TypeError, "%s() got an unexpected keyword argument %R",
                 parameters->function, name);
    return false;
}

static bool are_all_there(const pn_py_parameters *parameters,
                          PyObject *const *values)
{
    for (size_t i = 0; i < parameters->required; i++) {
        if (values[i] != NULL)
            continue;
        PyErr_Format(PyExc_TypeError, "%s() missing required argument '%s'",
                     parameters->function, parameters->names[i]);
        return false;
    }
    return true;
}

bool pn_py_take_fast(const pn_py_parameters *parameters, PyObject *const *args,
                     Py_ssize_t count, PyObject *keywords, PyObject **values)
{
    if (!begin(parameters, count, values))
        return false;
    for (Py_ssize_t i = 0; i < count; i++)
        values[i] = args[i];
    Py_ssize_t named = keywords != NULL ? PyTuple_Size(keywords) : 0;
    for (Py_ssize_t i = 0; i < named; i++) {
        PyObject *name = PyTuple_GetItem(keywords, i);
        if (!put(parameters, name, args[count + i], values))
            return false;
    }
    return are_all_there(parameters, values);
}

bool pn_py_take(const pn_py_parameters *parameters, PyObject *args,
                PyObject *keywords, PyObject **values)
{
    Py_ssize_t count = PyTuple_Size(args);
    if (!begin(parameters, count, values))
        return false;
    for (Py_ssize_t i = 0; i < count; i++)
        values[i] = PyTuple_GetItem(args, i);
    Py_ssize_t at = 0;
    PyObject *name;
    PyObject *value;
    while (keywords != NULL && PyDict_Next(keywords, &at, &name, &value)) {
        if (!put(parameters, name, value, values))
            return false;
    }
    return are_all_there(parameters, values);
}

bool pn_py_text(PyObject *value, const char *name, pn_span *text)
{
    if (!PyUnicode_Check(value)) {
        PyErr_Format(PyExc_TypeError, "%s must be str, not %R", name,
                     (PyObject *)Py_TYPE(value));
        return false;
    }
    Py_ssize_t length = 0;
    text->data = PyUnicode_AsUTF8AndSize(value, &length);
    text->length = (size_t)length;
    return text->data != NULL;
}

bool pn_py_octets(PyObject *value, Py_buffer *view, pn_span *octets)
{
    if (PyObject_GetBuffer(value, view, PyBUF_SIMPLE) != 0)
        return false;
    *octets = (pn_span){view->len > 0 ? view->buf : "", (size_t)view->len};
    return true;
}
