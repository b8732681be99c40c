#include "values.h"

#include <string.h>

PyObject *pn_py_pair(int code, PyObject *text)
{
    PyObject *number = text != NULL ? PyLong_FromLong(code) : NULL;
    PyObject *pair = number != NULL ? PyTuple_New(2) : NULL;
    if (pair == NULL) {
        Py_XDECREF(number);
        Py_XDECREF(text);
        return NULL;
    }
    PyTuple_SetItem(pair, 0, number); /* of a new tuple: cannot fail */
    PyTuple_SetItem(pair, 1, text);
    return pair;
}

PyObject *pn_py_bytes(pn_span octets)
{
    return PyBytes_FromStringAndSize(octets.data, (Py_ssize_t)octets.length);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static pn_span strip(pn_span line)
{
    while (line.length > 0 && is_blank(line.data[0]))
        line = (pn_span){line.data + 1, line.length - 1};
    while (line.length > 0 && is_blank(line.data[line.length - 1]))
        line.length--;
    return line;
}

/* Cuts the first line off; false if it was the last. */
static bool next_line(pn_span *text, pn_span *line)
{
    const char *end =
        text->length > 0 ? memchr(text->data, '\n', text->length) : NULL;
    size_t length = end != NULL ? (size_t)(end - text->data) : text->length;
    *line = strip((pn_span){text->data, length});
    if (end == NULL)
        return false;
    *text = (pn_span){end + 1, text->length - length - 1};
    return true;
}

PyObject *pn_py_reply_text(pn_span text)
{
    pn_span rest = text;
    pn_span line;
    if (!next_line(&rest, &line))
        return pn_py_bytes(line);
    size_t total = line.length;
    while (next_line(&rest, &line))
        total += line.length + 1;
    total += line.length + 1;
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)total);
    char *at = bytes != NULL ? PyBytes_AsString(bytes) : NULL;
    bool goes_on = at != NULL;
    while (goes_on) {
        goes_on = next_line(&text, &line);
        memcpy(at, line.data, line.length);
        at += line.length;
        if (goes_on)
            *at++ = '\n';
    }
    return bytes;
}
