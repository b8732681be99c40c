#include "hold.h"

/* What is in the object itself counts, as nobody can watch it; None in place of
 * nothing. Borrowed; NULL, with an exception. */
static PyObject *holder_of(PyObject *own, PyObject *name)
{
    PyObject *holder = PyDict_GetItemWithError(own, name);
    if (holder == NULL && PyErr_Occurred() != NULL)
        return NULL;
    return holder != NULL ? holder : Py_None;
}

static int replace(PyObject *own, PyObject *name, PyObject *from, PyObject *to)
{
    const PyObject *holder = holder_of(own, name);
    if (holder == NULL || holder == to)
        return holder != NULL ? 1 : -1;
    if (holder != from)
        return 0;
    return PyDict_SetItem(own, name, to) == 0 ? 1 : -1;
}

int pn_py_hold(const pn_py_state *state, PyObject *line, PyObject *from,
               PyObject *to)
{
    PyObject *own = PyObject_GenericGetDict(line, NULL);
    if (own == NULL)
        return -1;
    int is = replace(own, state->attributes[PN_PY_HOLDER], from, to);
    Py_DECREF(own);
    return is;
}

static bool are_two(const char *name, Py_ssize_t given)
{
    if (given == 2)
        return true;
    PyErr_Format(PyExc_TypeError, "%s() takes 2 arguments (%zd given)", name,
                 given);
    return false;
}

static PyObject *answer(int is)
{
    return is >= 0 ? PyBool_FromLong(is) : NULL;
}

static PyObject *hold(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    return are_two("hold", count)
               ? answer(pn_py_hold(PyModule_GetState(module), args[0], Py_None,
                                   args[1]))
               : NULL;
}

static PyObject *release(PyObject *module, PyObject *const *args,
                         Py_ssize_t count)
{
    return are_two("release", count)
               ? answer(pn_py_hold(PyModule_GetState(module), args[0], args[1],
                                   Py_None))
               : NULL;
}

PyMethodDef pn_py_hold_functions[] = {
    {"hold", PN_PY_METHOD(hold), METH_FASTCALL,
     "hold($module, line, holder, /)\n--\n\n"
     "True if it is the holder's now, and not somebody else's."},
    {"release", PN_PY_METHOD(release), METH_FASTCALL,
     "release($module, line, holder, /)\n--\n\n"
     "True if it is nobody's now, and not somebody else's."},
    {NULL, NULL, 0, NULL},
};
