/* Replies: octets in at any split, replies out, whatever they are. */
#include <string.h>

#include "arguments.h"
#include "base/buffer.h"
#include "raise.h"
#include "values.h"
#include "wire/limits.h"
#include "wire/reply.h"

enum {
    INPUT_MAX = 64 * 1024 * 1024 /* octets that nobody takes out */
};

typedef struct replies {
    PyObject base;
    pn_buffer input; /* fed, and not yet given to the parser */
    pn_buffer taken; /* given to it, and not yet given by lines() */
    pn_reply_parser parser;
    bool is_ready; /* the parser's reply was not given out */
    bool ended;    /* the last line may have no LF of its own */
    bool lent;     /* the input's last LF was put there by end() */
    bool keep_lines;
    bool line_too_long; /* nothing can be read after these */
    bool reply_too_long;
} replies;

static replies *of(PyObject *self)
{
    return (replies *)(void *)self;
}

static PyObject *replies_new(PyTypeObject *type, PyObject *args,
                             PyObject *keywords)
{
    static const pn_py_parameters PARAMETERS = {"Replies", 0, {NULL}};
    PyObject *values[PN_PY_ARGUMENTS_MAX];
    if (!pn_py_take(&PARAMETERS, args, keywords, values))
        return NULL;
    PyObject *self = PyType_GenericAlloc(type, 0);
    if (self == NULL)
        return NULL;
    pn_buffer_init(&of(self)->input, INPUT_MAX);
    pn_buffer_init(&of(self)->taken, INPUT_MAX);
    pn_reply_parser_init(&of(self)->parser);
    of(self)->parser.tolerant = true;
    return self;
}

static void replies_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    freefunc release = (freefunc)(uintptr_t)PyType_GetSlot(type, Py_tp_free);
    pn_buffer_finish(&of(self)->input);
    pn_buffer_finish(&of(self)->taken);
    pn_reply_parser_finish(&of(self)->parser);
    release(self);
    Py_DECREF(type);
}

static bool is_broken(const replies *self)
{
    return self->line_too_long || self->reply_too_long;
}

static PyObject *feed(PyObject *object, PyObject *data)
{
    replies *self = of(object);
    Py_buffer view;
    pn_span octets;
    if (!pn_py_octets(data, &view, &octets))
        return NULL;
    pneu_status status =
        is_broken(self) ? PNEU_OK : pn_buffer_append(&self->input, octets);
    PyBuffer_Release(&view);
    return status == PNEU_OK ? Py_NewRef(Py_None) : PyErr_NoMemory();
}

static bool is_midway(const replies *self)
{
    return pn_buffer_length(&self->input) > 0 || self->is_ready ||
           pn_reply_parser_is_midway(&self->parser);
}

static bool is_line_open(const replies *self)
{
    pn_span left = pn_buffer_span(&self->input);
    if (left.length > 0)
        return left.data[left.length - 1] != '\n';
    return !self->parser.done && self->parser.line_octets > 0;
}

static PyObject *end(PyObject *object, PyObject *unused)
{
    replies *self = of(object);
    (void)unused;
    if (is_line_open(self) && !is_broken(self)) {
        if (pn_buffer_append_char(&self->input, '\n') != PNEU_OK)
            return PyErr_NoMemory();
        self->lent = true;
    }
    self->ended = true;
    Py_RETURN_NONE;
}

/* What was read, without the LF that was lent. */
static pneu_status keep_taken(replies *self, pn_span octets)
{
    bool is_lent = self->lent &&
                   pn_buffer_length(&self->input) == octets.length &&
                   octets.length > 0;
    if (is_lent) {
        octets.length--;
        self->lent = false;
    }
    return self->keep_lines ? pn_buffer_append(&self->taken, octets) : PNEU_OK;
}

/* Gives the parser what there is, up to the end of a reply. */
static pneu_status parse(replies *self)
{
    pneu_error error;
    size_t used = 0;
    pn_span input = pn_buffer_span(&self->input);
    pneu_status status =
        pn_reply_parser_feed(&self->parser, input, &used, &error);
    if (status == PNEU_PROTOCOL) {
        self->line_too_long = self->parser.line_octets > PN_REPLY_LINE_MAX;
        self->reply_too_long = !self->line_too_long;
    }
    if (keep_taken(self, (pn_span){input.data, used}) != PNEU_OK)
        status = PNEU_NO_MEMORY;
    pn_buffer_consume(&self->input, used);
    self->is_ready = status == PNEU_OK && self->parser.done;
    return status;
}

static PyObject *refuse(const replies *self)
{
    return pn_py_raise_named("SMTPResponseException",
                             Py_BuildValue("(is)", 500,
                                           self->line_too_long
                                               ? "Line too long."
                                               : "Reply too long."));
}

static PyObject *next(PyObject *object, PyObject *unused)
{
    replies *self = of(object);
    (void)unused;
    bool may_parse = !is_broken(self) && !self->is_ready &&
                     pn_buffer_length(&self->input) > 0;
    if (may_parse && parse(self) == PNEU_NO_MEMORY)
        return PyErr_NoMemory();
    if (is_broken(self))
        return refuse(self);
    if (!self->is_ready)
        Py_RETURN_NONE;
    const pneu_reply *reply = &self->parser.reply;
    pn_span text = {reply->text, reply->text_length};
    PyObject *pair = pn_py_pair(reply->code, pn_py_bytes(text));
    self->is_ready = pair == NULL;
    return pair;
}

static bool append_line(PyObject *list, pn_span line)
{
    PyObject *bytes = pn_py_bytes(line);
    int status = bytes != NULL ? PyList_Append(list, bytes) : -1;
    Py_XDECREF(bytes);
    return status == 0;
}

/* Whole lines only, or all that there is. */
static bool append_lines(PyObject *list, pn_buffer *from, bool all)
{
    while (pn_buffer_length(from) > 0) {
        pn_span rest = pn_buffer_span(from);
        const char *last = memchr(rest.data, '\n', rest.length);
        if (last == NULL && !all)
            return true;
        pn_span line = {rest.data, last != NULL ? (size_t)(last - rest.data) + 1
                                                : rest.length};
        if (!append_line(list, line))
            return false;
        pn_buffer_consume(from, line.length);
    }
    return true;
}

static PyObject *lines(PyObject *object, PyObject *unused)
{
    replies *self = of(object);
    (void)unused;
    bool all = is_broken(self) || (self->ended && !is_midway(self));
    PyObject *list = PyList_New(0);
    if (list != NULL && !append_lines(list, &self->taken, all))
        Py_CLEAR(list);
    return list;
}

bool pn_py_replies_are_pending(PyObject *object)
{
    return is_midway(of(object));
}

static PyObject *get_pending(PyObject *object, void *unused)
{
    (void)unused;
    return PyBool_FromLong(is_midway(of(object)));
}

static PyObject *get_keep_lines(PyObject *object, void *unused)
{
    (void)unused;
    return PyBool_FromLong(of(object)->keep_lines);
}

static int set_keep_lines(PyObject *object, PyObject *value, void *unused)
{
    (void)unused;
    if (value == NULL) {
        PyErr_SetString(PyExc_AttributeError, "keep_lines cannot be deleted");
        return -1;
    }
    int is_true = PyObject_IsTrue(value);
    if (is_true < 0)
        return -1;
    of(object)->keep_lines = is_true > 0;
    if (!of(object)->keep_lines)
        pn_buffer_clear(&of(object)->taken);
    return 0;
}

static PyMethodDef METHODS[] = {
    {"feed", feed, METH_O,
     "feed($self, data, /)\n--\n\n"
     "Octets from the server."},
    {"end", end, METH_NOARGS,
     "end($self, /)\n--\n\n"
     "No more octets come: what there is of a last line is a line."},
    {"next", next, METH_NOARGS,
     "next($self, /)\n--\n\n"
     "The next whole reply, its code and its text, or None."},
    {"lines", lines, METH_NOARGS,
     "lines($self, /)\n--\n\n"
     "The lines read since the last call, as they came."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef PROPERTIES[] = {
    {"pending", get_pending, NULL,
     "True if octets were fed that no reply given out has used up.", NULL},
    {"keep_lines", get_keep_lines, set_keep_lines, "For lines().", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot SLOTS[] = {
    {Py_tp_doc,
     PN_PY_SLOT("Replies()\n--\n\n"
                "Octets in at any split, replies out, whatever they are.")},
    {Py_tp_new, PN_PY_SLOT(replies_new)},
    {Py_tp_dealloc, PN_PY_SLOT(replies_dealloc)},
    {Py_tp_methods, METHODS},
    {Py_tp_getset, PROPERTIES},
    {0, NULL},
};

PyType_Spec pn_py_replies_spec = {
    .name = "pneu._pneu.Replies",
    .basicsize = sizeof(replies),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = SLOTS,
};
