/*
 * The usual message: plain addresses, no options, and a program that nobody
 * can tell from one that calls mail(), rcpt() and data(). For it a delivery is
 * made at once, by a function that looks at all that matters. Everything else
 * goes the long way, in Python.
 */
#include "arguments.h"
#include "delivery.h"

/* What the functions get. */
enum {
    PLAN_SENDER,
    PLAN_RECIPIENTS,
    PLAN_MESSAGE,
    PLAN_FEATURES,
    PLAN_LMTP,
    PLAN_PIPELINING,
    PLAN_ARGUMENTS
};

static bool is_all_text(PyObject *recipients)
{
    Py_ssize_t i = 0;
    Py_ssize_t count = PyTuple_Size(recipients);
    while (i < count && PyUnicode_CheckExact(PyTuple_GetItem(recipients, i)))
        i++;
    return i == count;
}

/* One of them is a str. NULL if they are anything unusual, or with MemoryError.
 */
static PyObject *recipients_of(PyObject *given)
{
    PyObject *recipients = NULL;
    if (PyUnicode_CheckExact(given))
        return PyTuple_Pack(1, given);
    if (PyTuple_CheckExact(given))
        recipients = Py_NewRef(given);
    else if (PyList_CheckExact(given))
        recipients = PyList_AsTuple(given);
    if (recipients != NULL && !is_all_text(recipients))
        Py_CLEAR(recipients);
    return recipients;
}

/* What is wrong is told by the long way, if it is wrong there. */
static PyObject *go_the_long_way(void)
{
    if (PyErr_Occurred() != NULL && !PyErr_ExceptionMatches(PyExc_Exception))
        return NULL;
    PyErr_Clear();
    return Py_NewRef(Py_None);
}

/* Nothing here runs Python code, but for the truth of what is no bool. */
static PyObject *make(pn_py_state *state, PyObject *const *args)
{
    bool is_usual = PyUnicode_CheckExact(args[PLAN_SENDER]) &&
                    (PyBytes_CheckExact(args[PLAN_MESSAGE]) ||
                     PyUnicode_CheckExact(args[PLAN_MESSAGE])) &&
                    (args[PLAN_FEATURES] == Py_None ||
                     PyDict_CheckExact(args[PLAN_FEATURES]));
    PyObject *recipients =
        is_usual ? recipients_of(args[PLAN_RECIPIENTS]) : NULL;
    PyObject *none = recipients != NULL ? PyTuple_New(0) : NULL;
    PyObject *delivery = NULL;
    if (none != NULL)
        delivery = pn_py_delivery_make(
            state, (PyObject *const[PN_PY_ARGUMENTS]){
                       [PN_PY_SENDER] = args[PLAN_SENDER],
                       [PN_PY_RECIPIENTS] = recipients,
                       [PN_PY_MESSAGE] = args[PLAN_MESSAGE],
                       [PN_PY_FEATURES] = args[PLAN_FEATURES],
                       [PN_PY_MAIL_OPTIONS] = none,
                       [PN_PY_RCPT_OPTIONS] = none,
                       [PN_PY_LMTP] = args[PLAN_LMTP],
                       [PN_PY_MAY_PIPELINE] = args[PLAN_PIPELINING],
                   });
    Py_XDECREF(none);
    Py_XDECREF(recipients);
    if (delivery != NULL &&
        !pn_py_delivery_is_plain((pn_py_delivery *)(void *)delivery))
        Py_CLEAR(delivery);
    return delivery != NULL ? delivery : go_the_long_way();
}

static bool is_count(const char *name, Py_ssize_t given, Py_ssize_t count)
{
    if (given == count)
        return true;
    PyErr_Format(PyExc_TypeError, "%s() takes %zd arguments (%zd given)", name,
                 count, given);
    return false;
}

static PyObject *plan(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    return is_count("plan", count, PLAN_ARGUMENTS)
               ? make(PyModule_GetState(module), args)
               : NULL;
}

/* The SMTP object of one call. */
typedef struct smtp {
    const pn_py_state *state;
    PyObject *object;
} smtp;

/* New; NULL, with an exception. */
static PyObject *get(const smtp *of, pn_py_attribute attribute)
{
    return PyObject_GetAttr(of->object, of->state->attributes[attribute]);
}

/* 1, 0, -1 with an exception; the value is stolen. */
static int truth(PyObject *value)
{
    int is_true = value != NULL ? PyObject_IsTrue(value) : -1;
    Py_XDECREF(value);
    return is_true;
}

static int is_none(PyObject *value)
{
    int is = value != NULL ? value == Py_None : -1;
    Py_XDECREF(value);
    return is;
}

static int is_unwatched(const smtp *of)
{
    PyObject *level = get(of, PN_PY_DEBUGLEVEL);
    int is = -1;
    if (level != NULL)
        is = PyLong_CheckExact(level) && PyLong_AsLong(level) == 0;
    Py_XDECREF(level);
    return is;
}

/* "utf-8" goes with addresses in ASCII, too. */
static int is_encoding_known(const smtp *of)
{
    PyObject *encoding = get(of, PN_PY_COMMAND_ENCODING);
    int is = -1;
    if (encoding != NULL)
        is = PyUnicode_CheckExact(encoding) &&
             (PyUnicode_CompareWithASCIIString(encoding, "ascii") == 0 ||
              PyUnicode_CompareWithASCIIString(encoding, "utf-8") == 0);
    Py_XDECREF(encoding);
    return is;
}

static int is_real_socket(const smtp *of)
{
    PyObject *sock = get(of, PN_PY_SOCK);
    int is = -1;
    if (sock != NULL)
        is = PyType_IsSubtype(Py_TYPE(sock), of->state->socket);
    Py_XDECREF(sock);
    return is;
}

/* Is there no reply that was read and not asked for? */
static int is_quiet(const smtp *of)
{
    PyObject *replies = get(of, PN_PY_REPLIES);
    int is = -1;
    if (replies != NULL)
        is = replies == Py_None || (Py_TYPE(replies) == of->state->replies &&
                                    !pn_py_replies_are_pending(replies));
    Py_XDECREF(replies);
    return is;
}

/* Are its attributes looked up as those of any object? */
static bool is_open(const smtp *of)
{
    return PyType_GetSlot(Py_TYPE(of->object), Py_tp_getattro) ==
           PyType_GetSlot(&PyBaseObject_Type, Py_tp_getattro);
}

/* May commands go out without the methods that are there for them, and the
 * replies come from the socket itself? 1, 0, -1 with an exception. */
static int may_group(const smtp *of, PyObject *untouched)
{
    int may = is_open(of);
    if (may == 1)
        may = is_unwatched(of);
    if (may == 1)
        may = is_encoding_known(of);
    if (may == 1)
        may = is_real_socket(of);
    if (may == 1)
        may = is_none(get(of, PN_PY_FILE));
    if (may == 1)
        may = is_quiet(of);
    return may == 1 ? pn_py_untouched_ask(untouched, of->object) : may;
}

/* 1 or 0 as they may go out together, -1 with an exception. */
static int may_pipeline(const smtp *of)
{
    int may = truth(get(of, PN_PY_PIPELINING));
    if (may != 1)
        return may;
    int fails = truth(get(of, PN_PY_GROUPS_FAIL));
    return fails < 0 ? -1 : fails == 0;
}

/* esmtp_features, or None after HELO. */
static PyObject *features_of(const smtp *of)
{
    int extended = truth(get(of, PN_PY_DOES_ESMTP));
    if (extended < 0)
        return NULL;
    return extended == 1 ? get(of, PN_PY_ESMTP_FEATURES) : Py_NewRef(Py_None);
}

static PyObject *make_for(const smtp *of, pn_py_state *state,
                          PyObject *const *letter)
{
    int pipelining = may_pipeline(of);
    PyObject *features = pipelining >= 0 ? features_of(of) : NULL;
    PyObject *lmtp = features != NULL ? get(of, PN_PY_IS_LMTP) : NULL;
    PyObject *delivery = NULL;
    if (lmtp != NULL)
        delivery = make(
            state, (PyObject *const[PLAN_ARGUMENTS]){
                       [PLAN_SENDER] = letter[0],
                       [PLAN_RECIPIENTS] = letter[1],
                       [PLAN_MESSAGE] = letter[2],
                       [PLAN_FEATURES] = features,
                       [PLAN_LMTP] = lmtp,
                       [PLAN_PIPELINING] = pipelining == 1 ? Py_True : Py_False,
                   });
    Py_XDECREF(features);
    Py_XDECREF(lmtp);
    return delivery;
}

static bool is_nothing(PyObject *options)
{
    return (PyTuple_CheckExact(options) && PyTuple_Size(options) == 0) ||
           (PyList_CheckExact(options) && PyList_Size(options) == 0);
}

static PyObject *plan_for(PyObject *module, PyObject *const *args,
                          Py_ssize_t count)
{
    pn_py_state *state = PyModule_GetState(module);
    if (!is_count("plan_for", count, 7))
        return NULL;
    smtp of = {state, args[1]};
    if (Py_TYPE(args[0]) != state->untouched)
        return PyErr_Format(PyExc_TypeError, "untouched must be one, not %R",
                            (PyObject *)Py_TYPE(args[0]));
    if (!is_nothing(args[5]) || !is_nothing(args[6]))
        Py_RETURN_NONE;
    int may = may_group(&of, args[0]);
    if (may == 1)
        return make_for(&of, state, args + 2);
    return may == 0 ? Py_NewRef(Py_None) : NULL;
}

PyMethodDef pn_py_plan_functions[] = {
    {"plan", PN_PY_METHOD(plan), METH_FASTCALL,
     "plan($module, sender, recipients, message, features, lmtp, pipelining, "
     "/)\n--\n\n"
     "A delivery of a usual message, or None."},
    {"plan_for", PN_PY_METHOD(plan_for), METH_FASTCALL,
     "plan_for($module, untouched, smtp, sender, recipients, message, "
     "mail_options, rcpt_options, /)\n--\n\n"
     "The same for an SMTP object that is as it was made."},
    {NULL, NULL, 0, NULL},
};
