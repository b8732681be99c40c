/* Whether an object's methods are those that its class had once: asked before
 * every message, so it looks things up and makes nothing. */
#include "arguments.h"
#include "base/memory.h"

typedef struct entry {
    PyObject *name;   /* str, interned */
    PyObject *method; /* what the class gave for it */
} entry;

typedef struct untouched {
    PyObject base;
    PyObject *class;
    size_t count;
    entry *entries;
    bool is_gone; /* collected, and yet asked */
} untouched;

static untouched *of(PyObject *self)
{
    return (untouched *)(void *)self;
}

static int untouched_traverse(PyObject *object, visitproc visit, void *arg)
{
    untouched *self = of(object);
    Py_VISIT(self->class);
    for (size_t i = 0; i < self->count; i++) {
        Py_VISIT(self->entries[i].name);
        Py_VISIT(self->entries[i].method);
    }
    Py_VISIT(Py_TYPE(object));
    return 0;
}

static int untouched_clear(PyObject *object)
{
    untouched *self = of(object);
    size_t count = self->count;
    self->count = 0;
    self->is_gone = true;
    Py_CLEAR(self->class);
    for (size_t i = 0; i < count; i++) {
        Py_CLEAR(self->entries[i].name);
        Py_CLEAR(self->entries[i].method);
    }
    return 0;
}

static void untouched_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    untouched_clear(self);
    pn_memory_free(of(self)->entries);
    PyObject_GC_Del(self);
    Py_DECREF(type);
}

static bool add(untouched *self, PyObject *class, PyObject *name)
{
    pn_span text;
    if (!pn_py_text(name, "a name", &text))
        return false;
    PyObject *interned = PyUnicode_FromObject(name);
    if (interned == NULL)
        return false;
    PyUnicode_InternInPlace(&interned);
    PyObject *method = PyObject_GetAttr(class, interned);
    if (method != NULL && Py_TYPE(method) == Py_TYPE(&self->base)) {
        PyErr_SetString(PyExc_TypeError, "an Untouched is no method");
        Py_CLEAR(method); /* a chain of them could not be freed */
    }
    if (method == NULL) {
        Py_DECREF(interned);
        return false;
    }
    self->entries[self->count++] = (entry){interned, method};
    return true;
}

static bool fill(untouched *self, PyObject *class, PyObject *names)
{
    Py_ssize_t count = PyTuple_Size(names);
    self->class = Py_NewRef(class);
    if (count == 0)
        return true;
    self->entries = pn_memory_new((size_t)count, sizeof(*self->entries));
    if (self->entries == NULL) {
        PyErr_NoMemory();
        return false;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        if (!add(self, class, PyTuple_GetItem(names, i)))
            return false;
    }
    return true;
}

static PyObject *untouched_new(PyTypeObject *type, PyObject *args,
                               PyObject *keywords)
{
    static const pn_py_parameters PARAMETERS = {
        "Untouched", 2, {"cls", "names"}};
    PyObject *values[2];
    if (!pn_py_take(&PARAMETERS, args, keywords, values))
        return NULL;
    if (!PyType_Check(values[0]))
        return PyErr_Format(PyExc_TypeError, "cls must be a class, not %R",
                            (PyObject *)Py_TYPE(values[0]));
    PyObject *names = PySequence_Tuple(values[1]);
    PyObject *self = names != NULL ? PyType_GenericAlloc(type, 0) : NULL;
    if (self != NULL && !fill(of(self), values[0], names))
        Py_CLEAR(self);
    Py_XDECREF(names);
    return self;
}

/* 1 if it is so, 0 if not, -1 with an exception. */
static int has_same_methods(const untouched *self, PyObject *class)
{
    for (size_t i = 0; i < self->count; i++) {
        PyObject *now = PyObject_GetAttr(class, self->entries[i].name);
        if (now == NULL) {
            if (!PyErr_ExceptionMatches(PyExc_AttributeError))
                return -1;
            PyErr_Clear();
            return 0;
        }
        bool is_same = now == self->entries[i].method;
        Py_DECREF(now);
        if (!is_same)
            return 0;
    }
    return 1;
}

/* The same for what the instance itself may hold. */
static int has_no_own(const untouched *self, PyObject *instance)
{
    PyObject *own = PyObject_GenericGetDict(instance, NULL);
    if (own == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_AttributeError))
            return -1;
        PyErr_Clear(); /* it can hold nothing */
        return 1;
    }
    int held = 0;
    for (size_t i = 0; i < self->count && held == 0; i++)
        held = PyDict_Contains(own, self->entries[i].name);
    Py_DECREF(own);
    return held < 0 ? -1 : held == 0;
}

int pn_py_untouched_ask(PyObject *object, PyObject *instance)
{
    const untouched *self = of(object);
    if (self->is_gone)
        return 0;
    int is_so = has_same_methods(self, (PyObject *)Py_TYPE(instance));
    return is_so == 1 ? has_no_own(self, instance) : is_so;
}

bool pn_py_untouched_is_of(PyObject *object, PyObject *instance)
{
    return of(object)->class == (PyObject *)Py_TYPE(instance);
}

static PyObject *untouched_call(PyObject *object, PyObject *args,
                                PyObject *keywords)
{
    static const pn_py_parameters PARAMETERS = {"Untouched", 1, {"instance"}};
    PyObject *instance;
    if (!pn_py_take(&PARAMETERS, args, keywords, &instance))
        return NULL;
    int is_so = pn_py_untouched_ask(object, instance);
    return is_so < 0 ? NULL : PyBool_FromLong(is_so);
}

static PyType_Slot SLOTS[] = {
    {Py_tp_doc,
     PN_PY_SLOT("Untouched(cls, names)\n--\n\n"
                "Tells whether an object still has the methods of a class as "
                "they were when this was made.")},
    {Py_tp_new, PN_PY_SLOT(untouched_new)},
    {Py_tp_dealloc, PN_PY_SLOT(untouched_dealloc)},
    {Py_tp_traverse, PN_PY_SLOT(untouched_traverse)},
    {Py_tp_clear, PN_PY_SLOT(untouched_clear)},
    {Py_tp_call, PN_PY_SLOT(untouched_call)},
    {0, NULL},
};

PyType_Spec pn_py_untouched_spec = {
    .name = "pneu._pneu.Untouched",
    .basicsize = sizeof(untouched),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = SLOTS,
};
