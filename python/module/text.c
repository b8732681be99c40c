/* Functions without a state: command lines, what EHLO offers, message text,
 * addresses. */
#include <string.h>

#include "arguments.h"
#include "base/buffer.h"
#include "pneu/status.h"
#include "raise.h"
#include "values.h"
#include "wire/extensions.h"
#include "wire/limits.h"
#include "wire/line.h"
#include "wire/path.h"
#include "wire/stuffing.h"

static PyObject *version(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    return PyUnicode_FromString(pneu_version());
}

static PyObject *command_line(PyObject *module, PyObject *const *args,
                              Py_ssize_t count, PyObject *keywords)
{
    static const pn_py_parameters PARAMETERS = {
        "command_line", 1, {"command", "argument"}};
    PyObject *values[2];
    pn_span command;
    pn_span argument = PN_SPAN("");
    (void)module;
    if (!pn_py_take_fast(&PARAMETERS, args, count, keywords, values) ||
        !pn_py_text(values[0], "command", &command) ||
        (values[1] != NULL && !pn_py_text(values[1], "argument", &argument)))
        return NULL;
    pneu_error error;
    pn_buffer buffer;
    size_t length = 0;
    pn_buffer_init(&buffer, PN_COMMAND_LINE_MAX + 1);
    pn_line line = pn_line_begin(&buffer, &error);
    pn_line_add(&line, command);
    if (argument.length > 0)
        pn_line_add(&line, PN_SPAN(" "));
    pn_line_add(&line, argument);
    pneu_status status = pn_line_end(&line, &length);
    PyObject *result = NULL;
    if (status == PNEU_OK)
        result = PyUnicode_FromStringAndSize(pn_buffer_span(&buffer).data,
                                             (Py_ssize_t)length);
    else if (status == PNEU_LINE_BREAK)
        pn_py_refuse_breaks(values[0], values[1]);
    else
        pn_py_raise(&error);
    pn_buffer_finish(&buffer);
    return result;
}

/* What str.strip() leaves out, of the letters of Latin-1. */
static bool is_space(char c)
{
    unsigned char octet = (unsigned char)c;
    return (octet >= 0x09 && octet <= 0x0d) ||
           (octet >= 0x1c && octet <= 0x20) || octet == 0x85 || octet == 0xa0;
}

static pn_span strip(pn_span text)
{
    while (text.length > 0 && is_space(text.data[0]))
        text = (pn_span){text.data + 1, text.length - 1};
    while (text.length > 0 && is_space(text.data[text.length - 1]))
        text.length--;
    return text;
}

static PyObject *latin1(pn_span text)
{
    return PyUnicode_DecodeLatin1(text.data, (Py_ssize_t)text.length, NULL);
}

/* The mechanisms of every AUTH line, each line after a blank. */
static bool add_mechanisms(PyObject *offers, pn_span list)
{
    PyObject *key = PyUnicode_FromString("auth");
    PyObject *before =
        key != NULL ? PyDict_GetItemWithError(offers, key) : NULL;
    PyObject *more = PyErr_Occurred() == NULL ? latin1(list) : NULL;
    PyObject *both = NULL;
    if (more != NULL)
        both = before != NULL ? PyUnicode_FromFormat("%U %U", before, more)
                              : PyUnicode_FromFormat(" %U", more);
    bool is_added = both != NULL && PyDict_SetItem(offers, key, both) == 0;
    Py_XDECREF(key);
    Py_XDECREF(more);
    Py_XDECREF(both);
    return is_added;
}

static bool add_keyword(PyObject *offers, pn_span keyword, pn_span parameters)
{
    PyObject *name = latin1(keyword);
    PyObject *lower =
        name != NULL ? PyObject_CallMethod(name, "lower", NULL) : NULL;
    PyObject *value = lower != NULL ? latin1(parameters) : NULL;
    bool is_added = value != NULL && PyDict_SetItem(offers, lower, value) == 0;
    Py_XDECREF(name);
    Py_XDECREF(lower);
    Py_XDECREF(value);
    return is_added;
}

static bool add_offer(PyObject *offers, pn_span line)
{
    static const pn_span OLD_AUTH = {"auth=", 5};
    size_t length = pn_extensions_keyword(line);
    pn_span keyword = {line.data, length};
    pn_span rest = {line.data + length, line.length - length};
    if (pn_span_starts_nocase(line, OLD_AUTH))
        return add_mechanisms(offers,
                              (pn_span){rest.data + 1, rest.length - 1});
    if (length == 0)
        return true;
    if (pn_span_equal_nocase(keyword, PN_SPAN("AUTH")))
        return add_mechanisms(offers, strip(rest));
    return add_keyword(offers, keyword, strip(rest));
}

/* RFC 5321 4.1.1.1: the first line is the server's name and greeting */
static bool add_offers(PyObject *offers, pn_span text)
{
    const char *end = text.data + text.length;
    const char *at = memchr(text.data, '\n', text.length);
    while (at != NULL) {
        at++;
        const char *next = memchr(at, '\n', (size_t)(end - at));
        pn_span line = {at, (size_t)((next != NULL ? next : end) - at)};
        if (!add_offer(offers, line))
            return false;
        at = next;
    }
    return true;
}

static PyObject *features(PyObject *module, PyObject *reply)
{
    Py_buffer view;
    pn_span text;
    (void)module;
    if (!pn_py_octets(reply, &view, &text))
        return NULL;
    PyObject *offers = PyDict_New();
    if (offers != NULL && !add_offers(offers, text))
        Py_CLEAR(offers);
    PyBuffer_Release(&view);
    return offers;
}

static pn_stuffing stuffing_of(pn_span text, pn_stuffing_mode mode, bool ends)
{
    pn_stuffing stuffing;
    pn_stuffing_init(&stuffing, mode);
    pn_stuffing_give(&stuffing, text, ends);
    return stuffing;
}

/* All pieces as one. They are counted first; should another thread have changed
 * the text meanwhile, nothing is written past the end. */
static PyObject *join(pn_span before, pn_span text, pn_stuffing_mode mode,
                      bool ends)
{
    pn_span piece;
    size_t total = before.length;
    pn_stuffing stuffing = stuffing_of(text, mode, ends);
    while (pn_stuffing_next(&stuffing, &piece))
        total += piece.length;
    if (total > PY_SSIZE_T_MAX)
        return PyErr_NoMemory();
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)total);
    char *to = bytes != NULL ? PyBytes_AsString(bytes) : NULL;
    if (to == NULL)
        return NULL;
    size_t at = before.length;
    memcpy(to, before.data, at);
    stuffing = stuffing_of(text, mode, ends);
    while (pn_stuffing_next(&stuffing, &piece) && piece.length <= total - at) {
        memcpy(to + at, piece.data, piece.length);
        at += piece.length;
    }
    memset(to + at, '\n', total - at);
    return bytes;
}

static PyObject *convert(PyObject *data, pn_stuffing_mode mode, bool ends)
{
    Py_buffer view;
    pn_span text;
    if (!pn_py_octets(data, &view, &text))
        return NULL;
    /* smtplib's message without any octet is one empty line */
    pn_span before = ends && text.length == 0 ? PN_SPAN("\r\n") : PN_SPAN("");
    PyObject *result = join(before, text, mode, ends);
    PyBuffer_Release(&view);
    return result;
}

static PyObject *content(PyObject *module, PyObject *message)
{
    (void)module;
    return convert(message, PN_STUFFING_DOTS, true);
}

static PyObject *quote(PyObject *module, PyObject *data)
{
    (void)module;
    return convert(data, PN_STUFFING_DOTS, false);
}

static PyObject *line_ends(PyObject *module, PyObject *data)
{
    (void)module;
    return convert(data, PN_STUFFING_LINES, false);
}

static PyObject *is_ascii(PyObject *module, PyObject *data)
{
    Py_buffer view;
    pn_span text;
    (void)module;
    if (!pn_py_octets(data, &view, &text))
        return NULL;
    bool is = !pn_path_needs_utf8(text);
    PyBuffer_Release(&view);
    return PyBool_FromLong(is);
}

/* RFC 5322 3.2.3: atoms and dots, which email.utils.parseaddr() leaves alone;
 * a quoted local part and an address literal may have other spellings. */
static bool is_plain(pn_span address)
{
    for (size_t i = 0; i < address.length; i++) {
        char c = address.data[i];
        if (c == '"' || c == '[' || (unsigned char)c >= 0x80)
            return false;
    }
    return pn_path_check(address, PN_PATH_NULL | PN_PATH_LOCAL, NULL) ==
           PNEU_OK;
}

static PyObject *is_plain_address(PyObject *module, PyObject *address)
{
    pn_span text;
    (void)module;
    if (!PyUnicode_Check(address)) {
        pn_py_text(address, "address", &text);
        return NULL;
    }
    if (!pn_py_text(address, "address", &text)) {
        PyErr_Clear(); /* a lone surrogate */
        Py_RETURN_FALSE;
    }
    return PyBool_FromLong(is_plain(text));
}

PyMethodDef pn_py_text_functions[] = {
    {"version", version, METH_NOARGS,
     "version($module, /)\n--\n\n"
     "The version of the library."},
    {"command_line", PN_PY_METHOD(command_line), METH_FASTCALL | METH_KEYWORDS,
     "command_line($module, command, argument='')\n--\n\n"
     "One command line with its CRLF (RFC 5321 2.3.8)."},
    {"features", features, METH_O,
     "features($module, reply, /)\n--\n\n"
     "What the text of a reply to EHLO offers, as in SMTP.esmtp_features."},
    {"content", content, METH_O,
     "content($module, message, /)\n--\n\n"
     "A message as it follows a 354, with its final dot (RFC 5321 4.5.2)."},
    {"quote", quote, METH_O,
     "quote($module, data, /)\n--\n\n"
     "CRLF line ends and doubled dots, without the final dot."},
    {"line_ends", line_ends, METH_O,
     "line_ends($module, data, /)\n--\n\n"
     "CRLF line ends."},
    {"is_ascii", is_ascii, METH_O,
     "is_ascii($module, data, /)\n--\n\n"
     "True if no octet has its highest bit set."},
    {"is_plain_address", is_plain_address, METH_O,
     "is_plain_address($module, address, /)\n--\n\n"
     "True for an address in ASCII that goes between angle brackets as it "
     "is."},
    {NULL, NULL, 0, NULL},
};
