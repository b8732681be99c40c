/* One SASL exchange, from the client's side, and the choice of mechanisms. */
#include "sasl/exchange.h"

#include <string.h>

#include "arguments.h"
#include "base/escape.h"
#include "base/fail.h"
#include "raise.h"
#include "values.h"

/* What an exchange borrows lives as long as it does. */
enum {
    KEPT_USER,
    KEPT_PASSWORD,
    KEPT_HOST,
    KEPT_BINDING,
    KEPT_COUNT
};

typedef struct exchange {
    PyObject base;
    PyObject *kept[KEPT_COUNT]; /* exactly str, or bytes: no cycles */
    pn_exchange *inside;
    bool client_first;
    bool begun;
    bool failed;
    bool busy;
} exchange;

static exchange *of(PyObject *self)
{
    return (exchange *)(void *)self;
}

static void exchange_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    freefunc release = (freefunc)(uintptr_t)PyType_GetSlot(type, Py_tp_free);
    pn_exchange_free(of(self)->inside);
    for (size_t i = 0; i < KEPT_COUNT; i++)
        Py_XDECREF(of(self)->kept[i]);
    release(self);
    Py_DECREF(type);
}

/* A credential's own words are in no exception. */
static bool keep_text(exchange *self, size_t where, PyObject *value,
                      const char *name, const char **text)
{
    pn_span span;
    if (!PyUnicode_Check(value)) {
        pn_py_text(value, name, &span);
        return false;
    }
    self->kept[where] = PyUnicode_FromObject(value);
    if (self->kept[where] == NULL)
        return false;
    bool is_text = pn_py_text(self->kept[where], name, &span);
    if (!is_text && PyErr_ExceptionMatches(PyExc_MemoryError))
        return false;
    PyErr_Clear();
    if (!is_text || memchr(span.data, '\0', span.length) != NULL) {
        PyErr_Format(PyExc_ValueError,
                     "%s holds a NUL, or what is no character", name);
        return false;
    }
    *text = span.data;
    return true;
}

static bool keep_binding(exchange *self, PyObject *value,
                         pn_exchange_options *options)
{
    if (value == NULL || value == Py_None)
        return true;
    if (!PyBytes_Check(value)) {
        PyErr_Format(PyExc_TypeError, "binding must be bytes or None, not %R",
                     (PyObject *)Py_TYPE(value));
        return false;
    }
    self->kept[KEPT_BINDING] =
        PyBytes_FromStringAndSize(PyBytes_AsString(value), PyBytes_Size(value));
    if (self->kept[KEPT_BINDING] == NULL)
        return false;
    options->binding = (pn_span){PyBytes_AsString(self->kept[KEPT_BINDING]),
                                 (size_t)PyBytes_Size(value)};
    options->binding_kind = PN_BINDING_TLS_UNIQUE;
    return true;
}

/* Only those that a user and a password are enough for. */
static const pn_mechanism *find_mechanism(PyObject *name, pneu_error *error)
{
    pn_span text;
    char shown[100];
    if (!pn_py_text(name, "mechanism", &text))
        return NULL;
    const pn_mechanism *found = pn_mechanism_find(text);
    if (found != NULL &&
        (found->needs & PN_NEEDS_PASSWORD) == PN_NEEDS_PASSWORD)
        return found;
    pn_escape(text, "\\n", shown, sizeof(shown));
    pn_fail(error, PNEU_NOT_OFFERED,
            "the SASL mechanism \"%s\" is not known here, or needs more than "
            "a user name and a password",
            shown);
    pn_py_raise(error);
    return NULL;
}

static bool begin(exchange *self, PyObject **values)
{
    pneu_error error;
    pn_exchange_options options = {.host = ""};
    options.mechanism = find_mechanism(values[0], &error);
    if (options.mechanism == NULL ||
        !keep_text(self, KEPT_USER, values[1], "user", &options.user) ||
        !keep_text(self, KEPT_PASSWORD, values[2], "password",
                   &options.password) ||
        (values[3] != NULL &&
         !keep_text(self, KEPT_HOST, values[3], "host", &options.host)) ||
        !keep_binding(self, values[4], &options))
        return false;
    bool needs_binding = (options.mechanism->needs & PN_HAS_BINDING) != 0;
    pneu_status status = PNEU_OK;
    if (needs_binding && options.binding_kind == PN_BINDING_NONE)
        status =
            pn_fail(&error, PNEU_INVALID, "%s needs the TLS channel's binding",
                    options.mechanism->name);
    if (status == PNEU_OK)
        status = pn_exchange_new(&self->inside, &options, &error);
    if (status != PNEU_OK)
        pn_py_raise(&error);
    self->client_first = options.mechanism->client_first;
    return status == PNEU_OK;
}

static PyObject *exchange_new(PyTypeObject *type, PyObject *args,
                              PyObject *keywords)
{
    static const pn_py_parameters PARAMETERS = {
        "Exchange", 3, {"mechanism", "user", "password", "host", "binding"}};
    PyObject *values[5];
    if (!pn_py_take(&PARAMETERS, args, keywords, values))
        return NULL;
    PyObject *self = PyType_GenericAlloc(type, 0);
    if (self != NULL && !begin(of(self), values))
        Py_CLEAR(self);
    return self;
}

/* SCRAM hashes some thousand times: other threads may go on meanwhile. */
static pneu_status step_unlocked(exchange *self, pn_span challenge,
                                 pneu_answer *answer, pneu_error *error)
{
    pneu_status status;
    self->busy = true;
    PyThreadState *thread = PyEval_SaveThread();
    status = pn_exchange_step(self->inside, challenge, answer, error);
    PyEval_RestoreThread(thread);
    self->busy = false;
    self->begun = true;
    self->failed = status != PNEU_OK;
    return status;
}

static PyObject *answer_to(exchange *self, pn_span challenge)
{
    pneu_error error;
    pneu_answer answer;
    PyObject *result = NULL;
    pn_answer_init(&answer, PN_ANSWER_MAX);
    if (step_unlocked(self, challenge, &answer, &error) != PNEU_OK)
        pn_py_raise(&error);
    else if (answer.is_set)
        result = pn_py_bytes(pn_buffer_span(&answer.data));
    else
        result = Py_NewRef(Py_None);
    pn_buffer_finish(&answer.data);
    return result;
}

static PyObject *refuse_step(const char *reason)
{
    return pn_py_raise_named("SMTPException", Py_BuildValue("(s)", reason));
}

static PyObject *step(PyObject *object, PyObject *const *args, Py_ssize_t count,
                      PyObject *keywords)
{
    static const pn_py_parameters PARAMETERS = {"step", 0, {"challenge"}};
    exchange *self = of(object);
    PyObject *value;
    Py_buffer view;
    pn_span challenge = {NULL, 0};
    if (!pn_py_take_fast(&PARAMETERS, args, count, keywords, &value))
        return NULL;
    if (self->busy)
        return refuse_step("the exchange is in use in another thread");
    if (self->failed)
        return refuse_step("the exchange has failed before");
    bool is_first = value == NULL || value == Py_None;
    if (is_first && !self->begun)
        return self->client_first ? answer_to(self, challenge)
                                  : Py_NewRef(Py_None);
    if (is_first)
        return answer_to(self, PN_SPAN(""));
    self->busy = true; /* asking for the octets can run Python code */
    bool is_there = pn_py_octets(value, &view, &challenge);
    self->busy = false;
    if (!is_there)
        return NULL;
    PyObject *result = answer_to(self, challenge);
    PyBuffer_Release(&view);
    return result;
}

static PyObject *get_complete(PyObject *self, void *unused)
{
    (void)unused;
    bool is_complete = !of(self)->busy && !of(self)->failed &&
                       pn_exchange_is_complete(of(self)->inside);
    return PyBool_FromLong(is_complete);
}

static bool append_name(PyObject *list, const char *name)
{
    PyObject *text = PyUnicode_FromString(name);
    int status = text != NULL ? PyList_Append(list, text) : -1;
    Py_XDECREF(text);
    return status == 0;
}

static PyObject *mechanisms(PyObject *module, PyObject *const *args,
                            Py_ssize_t count, PyObject *keywords)
{
    static const pn_py_parameters PARAMETERS = {
        "mechanisms", 1, {"offered", "binding"}};
    PyObject *values[2];
    pn_mechanism_offer offer = {.has = PN_NEEDS_PASSWORD | PN_HAS_ONE_SELF};
    (void)module;
    if (!pn_py_take_fast(&PARAMETERS, args, count, keywords, values) ||
        !pn_py_text(values[0], "offered", &offer.offered))
        return NULL;
    int binding = values[1] != NULL ? PyObject_IsTrue(values[1]) : 0;
    if (binding < 0)
        return NULL;
    offer.has |= binding > 0 ? PN_HAS_BINDING : 0;
    PyObject *list = PyList_New(0);
    const pn_mechanism *next = pn_mechanism_choose(&offer);
    while (list != NULL && next != NULL) {
        offer.tried |= pn_mechanism_bit(next);
        if (!append_name(list, next->name))
            Py_CLEAR(list);
        next = pn_mechanism_choose(&offer);
    }
    return list;
}

PyMethodDef pn_py_exchange_functions[] = {
    {"mechanisms", PN_PY_METHOD(mechanisms), METH_FASTCALL | METH_KEYWORDS,
     "mechanisms($module, offered, binding=False)\n--\n\n"
     "Those of the mechanisms offered that can be used here, strongest "
     "first."},
    {NULL, NULL, 0, NULL},
};

static PyMethodDef METHODS[] = {
    {"step", PN_PY_METHOD(step), METH_FASTCALL | METH_KEYWORDS,
     "step($self, challenge=None)\n--\n\n"
     "The answer to a challenge; None asks for the first word."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef PROPERTIES[] = {
    {"complete", get_complete, NULL,
     "True when the server's success may be believed (RFC 5802 3).", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot SLOTS[] = {
    {Py_tp_doc,
     PN_PY_SLOT(
         "Exchange(mechanism, user, password, host='', binding=None)\n--\n\n"
         "One SASL exchange (RFC 4422), from the client's side.")},
    {Py_tp_new, PN_PY_SLOT(exchange_new)},
    {Py_tp_dealloc, PN_PY_SLOT(exchange_dealloc)},
    {Py_tp_methods, METHODS},
    {Py_tp_getset, PROPERTIES},
    {0, NULL},
};

PyType_Spec pn_py_exchange_spec = {
    .name = "pneu._pneu.Exchange",
    .basicsize = sizeof(exchange),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = SLOTS,
};
