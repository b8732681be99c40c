#include "raise.h"

#include <string.h>

#include "arguments.h"

/* The module that an exception is found in. */
static const char *home_of(const char *name)
{
    pn_span text = pn_span_of(name);
    if (pn_span_starts_nocase(text, PN_SPAN("SMTP")))
        return "pneu.smtplib";
    if (pn_span_starts_nocase(text, PN_SPAN("SSL")))
        return "ssl";
    return strcmp(name, "gaierror") == 0 ? "socket" : "builtins";
}

static PyObject *find_class(const char *name)
{
    PyObject *module = PyImport_ImportModule(home_of(name));
    if (module == NULL)
        return NULL;
    PyObject *found = PyObject_GetAttrString(module, name);
    Py_DECREF(module);
    return found;
}

PyObject *pn_py_raise_named(const char *name, PyObject *args)
{
    PyObject *class = args != NULL ? find_class(name) : NULL;
    PyObject *exception =
        class != NULL ? PyObject_CallObject(class, args) : NULL;
    if (exception != NULL)
        PyErr_SetObject((PyObject *)Py_TYPE(exception), exception);
    Py_XDECREF(exception);
    Py_XDECREF(class);
    Py_XDECREF(args);
    return NULL;
}

/* Those whose first arguments are the server's code and words. */
static bool needs_code(const char *name)
{
    static const char *const PLAIN[] = {
        "SMTPException", "SMTPNotSupportedError", "SMTPServerDisconnected"};
    if (strncmp(name, "SMTP", 4) != 0)
        return false;
    for (size_t i = 0; i < sizeof(PLAIN) / sizeof(PLAIN[0]); i++) {
        if (strcmp(name, PLAIN[i]) == 0)
            return false;
    }
    return true;
}

PyObject *pn_py_raise(const pneu_error *error)
{
    const char *name = pneu_error_exception(error);
    if (strcmp(name, "MemoryError") == 0)
        return PyErr_NoMemory();
    if (needs_code(name))
        name = "SMTPException";
    return pn_py_raise_named(name, Py_BuildValue("(s)", error->message));
}

/* What stands in the line, with what broke it made visible. */
static PyObject *escape_breaks(PyObject *text)
{
    static const char *const BREAKS[][2] = {
        {"\n", "\\n"}, {"\r", "\\r"}, {"\0", "\\0"}};
    Py_INCREF(text);
    for (size_t i = 0; text != NULL && i < 3; i++) {
        PyObject *from = PyUnicode_FromStringAndSize(BREAKS[i][0], 1);
        PyObject *to = PyUnicode_FromString(BREAKS[i][1]);
        PyObject *escaped = from != NULL && to != NULL
                                ? PyUnicode_Replace(text, from, to, -1)
                                : NULL;
        Py_XDECREF(from);
        Py_XDECREF(to);
        Py_DECREF(text);
        text = escaped;
    }
    return text;
}

/* As smtplib says it; but what follows AUTH is not for anybody's eyes. */
PyObject *pn_py_refuse_breaks(PyObject *command, PyObject *argument)
{
    static const char SENTENCE[] =
        "command and arguments contain prohibited newline characters: %U";
    pn_span verb;
    if (!pn_py_text(command, "command", &verb))
        return NULL;
    bool is_secret = pn_span_starts_nocase(pn_span_trim(verb), PN_SPAN("AUTH"));
    PyObject *line = is_secret ? PyUnicode_FromString("AUTH [hidden]")
                     : argument == NULL || PyUnicode_GetLength(argument) == 0
                         ? Py_NewRef(command)
                         : PyUnicode_FromFormat("%U %U", command, argument);
    PyObject *shown = line != NULL ? escape_breaks(line) : NULL;
    Py_XDECREF(line);
    if (shown != NULL)
        PyErr_Format(PyExc_ValueError, SENTENCE, shown);
    Py_XDECREF(shown);
    return NULL;
}
