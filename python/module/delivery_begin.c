/* From the arguments of sendmail() to a session with its first commands. */
#include <stdio.h>
#include <string.h>

#include "arguments.h"
#include "base/fail.h"
#include "base/memory.h"
#include "delivery.h"
#include "flow/delivery.h"
#include "raise.h"
#include "wire/extensions.h"

enum {
    SENDER,
    RECIPIENTS,
    MESSAGE,
    FEATURES,
    MAIL_OPTIONS,
    RCPT_OPTIONS,
    LMTP,
    PIPELINING
};

enum {
    OFFER_SIZE = 1, /* in the order of pn_py_offer_names */
    OFFER_8BITMIME = 2
};

enum {
    RAW_MORE = 64,        /* octets for size=, BODY= and blanks */
    UNANSWERED_MAX = 100, /* nothing is read while a group is written */
    TAG = 1
};

/* A C string that an address or an option is; NULL with an exception. */
static const char *c_text(PyObject *value, const char *name)
{
    pn_span text;
    if (!pn_py_text(value, name, &text))
        return NULL;
    if (memchr(text.data, '\0', text.length) == NULL)
        return text.data;
    PyErr_Format(PyExc_ValueError, "%s holds a NUL", name);
    return NULL;
}

static bool take_recipients(pn_py_delivery *self, PyObject *recipients)
{
    if (PyUnicode_Check(recipients) || PyBytes_Check(recipients)) {
        PyErr_SetString(PyExc_TypeError,
                        "recipients must be a sequence of addresses, not one");
        return false;
    }
    self->recipients = PySequence_Tuple(recipients);
    if (self->recipients == NULL)
        return false;
    size_t count = (size_t)PyTuple_Size(self->recipients);
    size_t room = count > 0 ? count : 1;
    self->addresses = pn_memory_new(room, sizeof(*self->addresses));
    self->notes.recipients = pn_memory_new(room, sizeof(pn_py_note));
    if (self->addresses == NULL || self->notes.recipients == NULL) {
        PyErr_NoMemory();
        return false;
    }
    self->count = count;
    for (size_t i = 0; i < count; i++) {
        PyObject *item = PyTuple_GetItem(self->recipients, (Py_ssize_t)i);
        self->addresses[i] = c_text(item, "a recipient");
        if (self->addresses[i] == NULL)
            return false;
    }
    return true;
}

/* A value of the features that is of no use is none. */
static const char *parameters_of(PyObject *value)
{
    Py_ssize_t length = 0;
    const char *text = PyUnicode_AsUTF8AndSize(value, &length);
    if (text == NULL) {
        PyErr_Clear();
        return "";
    }
    bool is_line =
        strpbrk(text, "\r\n") == NULL && strlen(text) == (size_t)length;
    return is_line ? text : "";
}

/* The value of a key, a new reference, NULL if there is none; false, with an
 * exception. */
static bool look_up(PyObject *features, PyObject *key, PyObject **value)
{
    if (PyDict_Check(features)) {
        *value = PyDict_GetItemWithError(features, key);
        Py_XINCREF(*value);
        return *value != NULL || PyErr_Occurred() == NULL;
    }
    *value = PyObject_GetItem(features, key);
    if (*value == NULL && PyErr_ExceptionMatches(PyExc_KeyError))
        PyErr_Clear();
    return *value != NULL || PyErr_Occurred() == NULL;
}

static bool take_features(pn_py_delivery *self, const pn_py_state *state,
                          PyObject *features)
{
    self->extended = features != Py_None;
    if (!self->extended)
        return true;
    if (!PyMapping_Check(features) || PyUnicode_Check(features)) {
        PyErr_Format(PyExc_TypeError,
                     "features must be a mapping or None, not %R",
                     (PyObject *)Py_TYPE(features));
        return false;
    }
    for (size_t i = 0; i < PN_PY_OFFERS; i++) {
        if (!look_up(features, state->offers[i], &self->offers[i]))
            return false;
        if (self->offers[i] == NULL)
            continue;
        /* only a str is kept: a delivery in a delivery in a delivery could
         * not be freed but one within the other */
        if (!PyUnicode_Check(self->offers[i]))
            Py_CLEAR(self->offers[i]);
        self->parameters[i] =
            self->offers[i] != NULL ? parameters_of(self->offers[i]) : "";
    }
    return true;
}

static bool breaks_line(PyObject *bytes)
{
    const char *text = PyBytes_AsString(bytes);
    return strpbrk(text, "\r\n") != NULL ||
           strlen(text) != (size_t)PyBytes_Size(bytes);
}

/* The options as one line in ASCII; NULL in place of nothing. */
static bool take_options(const pn_py_state *state, PyObject *options,
                         PyObject **line)
{
    Py_ssize_t count = PyObject_Size(options);
    if (count <= 0)
        return count == 0;
    PyObject *joined = PyUnicode_Join(state->blank, options);
    if (joined == NULL)
        return false;
    *line = PyUnicode_AsASCIIString(joined);
    bool is_line = *line != NULL && !breaks_line(*line);
    if (*line != NULL && !is_line)
        pn_py_refuse_breaks(joined, NULL);
    Py_DECREF(joined);
    return is_line;
}

static bool take_all_options(pn_py_delivery *self, const pn_py_state *state,
                             PyObject **values)
{
    if (!self->extended)
        return true;
    if (!take_options(state, values[MAIL_OPTIONS], &self->mail_options) ||
        !take_options(state, values[RCPT_OPTIONS], &self->rcpt_options))
        return false;
    if (self->rcpt_options != NULL)
        self->rcpt.raw = PyBytes_AsString(self->rcpt_options);
    return true;
}

static bool take_truth(PyObject *value, bool *truth)
{
    int is_true = PyObject_IsTrue(value);
    *truth = is_true > 0;
    return is_true >= 0;
}

static bool take_message(pn_py_delivery *self, PyObject *message)
{
    pn_span unused;
    if (!pn_py_octets(message, &self->view, &unused))
        return false;
    self->message = Py_NewRef(message);
    return true;
}

/* smtplib's message without any octet is one empty line. */
static pneu_message message_of(const pn_py_delivery *self)
{
    bool is_empty = self->view.len == 0;
    return (pneu_message){
        .size = sizeof(pneu_message),
        .data = is_empty ? "\r\n" : self->view.buf,
        .length = is_empty ? 2 : (size_t)self->view.len,
    };
}

static bool make_delivery(pn_py_delivery *self, PyObject *sender)
{
    pneu_error error;
    pneu_message message = message_of(self);
    self->sender = Py_NewRef(sender);
    pneu_envelope envelope = {
        .size = sizeof(envelope),
        .sender = c_text(sender, "sender"),
        .recipients = self->addresses,
        .recipient_count = self->count,
        .mail = &self->mail,
        .rcpt = self->rcpt.raw != NULL ? &self->rcpt : NULL,
        .allow_local = true,
        .allow_long_lines = true,
        .undivided = true,
    };
    if (envelope.sender == NULL)
        return false;
    self->mail.size = sizeof(self->mail);
    self->rcpt.size = sizeof(self->rcpt);
    if (pneu_delivery_new(&self->inside, &envelope, &message, &error) !=
        PNEU_OK) {
        pn_py_raise(&error);
        return false;
    }
    return true;
}

/* What smtplib states: without the line end that the last line is lent. */
static uint64_t stated_size(const pn_py_delivery *self)
{
    uint64_t octets = pneu_delivery_octets(self->inside);
    const char *text = self->view.buf;
    if (self->view.len == 0)
        return 0;
    char last = text[self->view.len - 1];
    return octets - (last == '\n' || last == '\r' ? 0 : 2);
}

/* Does one of the options begin so? */
static bool states(pn_span options, pn_span keyword)
{
    pn_span word;
    while (pn_span_next_word(&options, &word)) {
        if (pn_span_starts_nocase(word, keyword))
            return true;
    }
    return false;
}

static char *put(char *at, pn_span text)
{
    memcpy(at, text.data, text.length);
    return at + text.length;
}

static char *put_number(char *at, uint64_t number)
{
    char digits[20];
    size_t first = sizeof(digits);
    do {
        digits[--first] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return put(at, (pn_span){digits + first, sizeof(digits) - first});
}

/* What MAIL states, in smtplib's order. The size and the kind of the message
 * are known only now that the delivery has looked at it. */
static bool state_parameters(pn_py_delivery *self)
{
    pn_letter *letter = &self->inside->letter;
    pn_span options = pn_span_of(
        self->mail_options != NULL ? PyBytes_AsString(self->mail_options) : "");
    bool states_size = self->parameters[OFFER_SIZE] != NULL &&
                       !states(options, PN_SPAN("SIZE="));
    bool states_body =
        letter->facts.is_8bit && !states(options, PN_SPAN("BODY="));
    self->mail_raw = pn_memory_new(options.length + RAW_MORE, 1);
    if (self->mail_raw == NULL) {
        PyErr_NoMemory();
        return false;
    }
    char *at = self->mail_raw;
    if (states_size)
        at = put_number(put(at, PN_SPAN("size=")), stated_size(self));
    if (options.length > 0)
        at = put(put(at, pn_span_of(states_size ? " " : "")), options);
    if (states_body)
        put(put(at, pn_span_of(at > self->mail_raw ? " " : "")),
            PN_SPAN("BODY=8BITMIME"));
    letter->mail.raw = self->mail_raw;
    return true;
}

/* As the server would have said it; the words tell that it was not asked. */
static bool check_size(const pn_py_delivery *self)
{
    uint64_t octets = stated_size(self);
    uint64_t most = pn_extensions_size_limit(self->parameters[OFFER_SIZE]);
    char text[160];
    if (most == 0 || octets <= most)
        return true;
    snprintf(text, sizeof(text),
             "the message has %llu octets, and the server takes %llu at the "
             "most: it was not asked",
             (unsigned long long)octets, (unsigned long long)most);
    pn_py_raise_named("SMTPSenderRefused",
                      Py_BuildValue("(iyO)", 552, text, self->sender));
    return false;
}

/* What the session has to know of. MAIL states SIZE as a raw parameter. */
static bool is_needed(const pn_py_delivery *self, size_t offer)
{
    if (self->parameters[offer] == NULL || offer == OFFER_SIZE)
        return false;
    return offer != OFFER_8BITMIME || self->inside->letter.facts.is_8bit;
}

static bool make_session(pn_py_delivery *self, bool pipelining,
                         pneu_error *error)
{
    pneu_extension offered[PN_PY_OFFERS];
    size_t count = 0;
    for (size_t i = 0; i < PN_PY_OFFERS; i++) {
        if (is_needed(self, i))
            offered[count++] =
                (pneu_extension){pn_py_offer_names[i], self->parameters[i]};
    }
    pneu_status status = pneu_session_new(
        &self->session,
        PNEU_SESSION_OPTIONS(.lmtp = self->lmtp, .no_chunking = true,
                             .no_pipelining = !pipelining,
                             .max_unanswered = UNANSWERED_MAX));
    if (status != PNEU_OK) {
        pn_fail(error, status, "no memory for a session");
        return false;
    }
    if (pneu_session_resume(self->session, offered, count) == PNEU_OK)
        return true;
    *error = *pneu_session_misuse(self->session);
    return false;
}

bool pn_py_delivery_connect(pn_py_delivery *self, bool pipelining)
{
    pneu_error error;
    pneu_session_free(self->session);
    self->session = NULL;
    if (make_session(self, pipelining, &error) &&
        pneu_delivery_start(self->inside, self->session, TAG, &error) ==
            PNEU_OK)
        return true;
    pn_py_raise(&error);
    return false;
}

bool pn_py_delivery_begin(pn_py_delivery *self, const pn_py_state *state,
                          PyObject **values)
{
    self->notes.befallen = SIZE_MAX;
    return take_recipients(self, values[RECIPIENTS]) &&
           take_message(self, values[MESSAGE]) &&
           take_features(self, state, values[FEATURES]) &&
           take_all_options(self, state, values) &&
           take_truth(values[LMTP], &self->lmtp) &&
           take_truth(values[PIPELINING], &self->pipelining) &&
           make_delivery(self, values[SENDER]) && check_size(self) &&
           state_parameters(self) &&
           pn_py_delivery_connect(self, self->pipelining);
}
