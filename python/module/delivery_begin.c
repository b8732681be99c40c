/* From the arguments of sendmail() to a session with its first commands. */
#include <stdio.h>
#include <string.h>

#include "arguments.h"
#include "base/fail.h"
#include "base/memory.h"
#include "delivery.h"
#include "flow/delivery.h"
#include "raise.h"
#include "session/session.h"
#include "wire/extensions.h"

enum {
    PARAMETERS_MORE = 64, /* octets for size=, BODY=, blanks and the end */
    UNANSWERED_MAX = 100, /* nothing is read while a group is written */
    TAG = 1
};

/* A delivery to be begun, and what is needed no longer than that. */
typedef struct order {
    pn_py_delivery *self;
    const pn_py_state *state;
    PyObject *const *values;              /* by pn_py_argument */
    PyObject *offers[PN_PY_OFFERS];       /* str, or NULL */
    const char *parameters[PN_PY_OFFERS]; /* NULL: not offered */
    PyObject *mail_options;               /* bytes, or NULL */
} order;

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

static bool take_addresses(pn_py_delivery *self)
{
    size_t count = (size_t)PyTuple_Size(self->recipients);
    if (!pn_py_memory_reserve(&self->memory, count)) {
        PyErr_NoMemory();
        return false;
    }
    self->count = count;
    self->notes.recipients = self->memory.notes;
    for (size_t i = 0; i < count; i++) {
        PyObject *item = PyTuple_GetItem(self->recipients, (Py_ssize_t)i);
        self->memory.addresses[i] = c_text(item, "a recipient");
        if (self->memory.addresses[i] == NULL)
            return false;
    }
    return true;
}

static bool take_recipients(pn_py_delivery *self, PyObject *recipients)
{
    if (PyUnicode_Check(recipients) || PyBytes_Check(recipients)) {
        PyErr_SetString(PyExc_TypeError,
                        "recipients must be a sequence of addresses, not one");
        return false;
    }
    self->recipients = PySequence_Tuple(recipients);
    return self->recipients != NULL && take_addresses(self);
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
    return pn_span_breaks_line((pn_span){text, (size_t)length}) ? "" : text;
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

/* Takes one of the features, if it is there. */
static bool take_offer(order *of, pn_py_offer offer)
{
    PyObject **value = &of->offers[offer];
    if (!look_up(of->values[PN_PY_FEATURES], of->state->offers[offer], value))
        return false;
    if (*value == NULL)
        return true;
    of->parameters[offer] = "";
    if (PyUnicode_Check(*value))
        of->parameters[offer] = parameters_of(*value);
    return true;
}

static bool is_extended(const order *of)
{
    return of->values[PN_PY_FEATURES] != Py_None;
}

/* What the server offers, as far as it is of use to this message. */
static bool take_features(order *of)
{
    PyObject *features = of->values[PN_PY_FEATURES];
    if (!is_extended(of))
        return true;
    if (!PyMapping_Check(features) || PyUnicode_Check(features)) {
        PyErr_Format(PyExc_TypeError,
                     "features must be a mapping or None, not %R",
                     (PyObject *)Py_TYPE(features));
        return false;
    }
    return take_offer(of, PN_PY_OFFER_PIPELINING) &&
           take_offer(of, PN_PY_OFFER_SIZE) &&
           take_offer(of, PN_PY_OFFER_LIMITS) &&
           (!of->self->inside->letter.facts.is_8bit ||
            take_offer(of, PN_PY_OFFER_8BITMIME));
}

static bool breaks_line(PyObject *bytes)
{
    return pn_span_breaks_line(
        (pn_span){PyBytes_AsString(bytes), (size_t)PyBytes_Size(bytes)});
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

static bool take_all_options(order *of)
{
    pn_py_delivery *self = of->self;
    if (!is_extended(of))
        return true;
    if (!take_options(of->state, of->values[PN_PY_MAIL_OPTIONS],
                      &of->mail_options) ||
        !take_options(of->state, of->values[PN_PY_RCPT_OPTIONS],
                      &self->rcpt_options))
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

/* A str in ASCII is its octets. */
static bool take_text(pn_py_delivery *self, PyObject *message)
{
    if (!pn_py_text(message, "message", &self->octets))
        return false;
    if ((size_t)PyUnicode_GetLength(message) == self->octets.length)
        return true;
    PyErr_SetString(PyExc_ValueError, "a message that is a str must be ASCII");
    return false;
}

static bool take_message(pn_py_delivery *self, PyObject *message)
{
    bool is_taken = true;
    if (PyBytes_CheckExact(message))
        self->octets =
            (pn_span){PyBytes_AsString(message), (size_t)PyBytes_Size(message)};
    else if (PyUnicode_CheckExact(message))
        is_taken = take_text(self, message);
    else
        is_taken = pn_py_octets(message, &self->view, &self->octets);
    if (is_taken)
        self->message = Py_NewRef(message);
    return is_taken;
}

/* smtplib's message without any octet is one empty line. */
static pneu_message message_of(const pn_py_delivery *self)
{
    pn_span octets = self->octets.length > 0 ? self->octets : PN_SPAN("\r\n");
    return (pneu_message){
        .size = sizeof(pneu_message),
        .data = octets.data,
        .length = octets.length,
    };
}

static bool make_delivery(pn_py_delivery *self, PyObject *sender)
{
    static const pneu_mail_parameters NONE = {.size = sizeof(NONE)};
    pneu_error error;
    pneu_message message = message_of(self);
    self->sender = Py_NewRef(sender);
    pneu_envelope envelope = {
        .size = sizeof(envelope),
        .sender = c_text(sender, "sender"),
        .recipients = self->memory.addresses,
        .recipient_count = self->count,
        .mail = &NONE,
        .rcpt = self->rcpt.raw != NULL ? &self->rcpt : NULL,
        .allow_local = true,
        .allow_long_lines = true,
        .undivided = true,
    };
    if (envelope.sender == NULL)
        return false;
    self->rcpt.size = sizeof(self->rcpt);
    if (pn_py_memory_renew_delivery(&self->memory, &envelope, &message,
                                    &error) != PNEU_OK) {
        pn_py_raise(&error);
        return false;
    }
    self->inside = self->memory.delivery;
    /* what a program may change meanwhile is looked at again as it goes out */
    if (self->view.obj != NULL)
        self->inside->letter.facts.is_crlf = false;
    return true;
}

/* What smtplib states: without the line end that the last line is lent. */
static uint64_t stated_size(const pn_py_delivery *self)
{
    uint64_t octets = pneu_delivery_octets(self->inside);
    pn_span text = self->octets;
    if (text.length == 0)
        return 0;
    char last = text.data[text.length - 1];
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
static bool state_parameters(order *of)
{
    pn_py_delivery *self = of->self;
    pn_letter *letter = &self->inside->letter;
    pn_span options = pn_span_of(
        of->mail_options != NULL ? PyBytes_AsString(of->mail_options) : "");
    bool states_size = of->parameters[PN_PY_OFFER_SIZE] != NULL &&
                       !states(options, PN_SPAN("SIZE="));
    bool states_body =
        letter->facts.is_8bit && !states(options, PN_SPAN("BODY="));
    if (!pn_py_memory_reserve_parameters(&self->memory,
                                         options.length + PARAMETERS_MORE)) {
        PyErr_NoMemory();
        return false;
    }
    char *at = self->memory.parameters;
    if (states_size)
        at = put_number(put(at, PN_SPAN("size=")), stated_size(self));
    if (options.length > 0)
        at = put(put(at, pn_span_of(states_size ? " " : "")), options);
    if (states_body)
        at = put(put(at, pn_span_of(at > self->memory.parameters ? " " : "")),
                 PN_SPAN("BODY=8BITMIME"));
    *at = '\0';
    letter->mail.raw = self->memory.parameters;
    return true;
}

/* As the server would have said it; the words tell that it was not asked. */
static bool check_size(const order *of)
{
    uint64_t octets = stated_size(of->self);
    uint64_t most = pn_extensions_size_limit(of->parameters[PN_PY_OFFER_SIZE]);
    char text[160];
    if (most == 0 || octets <= most)
        return true;
    snprintf(text, sizeof(text),
             "the message has %llu octets, and the server takes %llu at the "
             "most: it was not asked",
             (unsigned long long)octets, (unsigned long long)most);
    pn_py_raise_named("SMTPSenderRefused",
                      Py_BuildValue("(iyO)", 552, text, of->self->sender));
    return false;
}

static pneu_status open_session(const order *of, bool pipelining,
                                pneu_error *error)
{
    pn_py_memory *memory = &of->self->memory;
    pneu_extension offered[PN_PY_OFFERS];
    size_t count = 0;
    for (size_t i = 0; i < PN_PY_OFFERS; i++) {
        /* MAIL states SIZE as a raw parameter */
        if (of->parameters[i] != NULL && i != PN_PY_OFFER_SIZE)
            offered[count++] =
                (pneu_extension){pn_py_offer_names[i], of->parameters[i]};
    }
    pneu_status status = pn_py_memory_renew_session(
        memory,
        PNEU_SESSION_OPTIONS(.lmtp = of->self->lmtp, .no_chunking = true,
                             .no_pipelining = !pipelining,
                             .max_unanswered = UNANSWERED_MAX));
    if (status != PNEU_OK)
        return pn_fail(error, status, "no memory for a session");
    status = pneu_session_resume(memory->session, offered, count);
    if (status != PNEU_OK)
        *error = *pneu_session_misuse(memory->session);
    return status;
}

static bool issue(const order *of)
{
    pneu_error error;
    pn_py_delivery *self = of->self;
    bool pipelining = false;
    if (!take_truth(of->values[PN_PY_MAY_PIPELINE], &pipelining))
        return false;
    pneu_status status = open_session(of, pipelining, &error);
    self->session = self->memory.session;
    if (status == PNEU_OK)
        status = pneu_delivery_start(self->inside, self->session, TAG, &error);
    if (status != PNEU_OK)
        pn_py_raise(&error);
    return status == PNEU_OK;
}

static bool begin(order *of)
{
    pn_py_delivery *self = of->self;
    return take_recipients(self, of->values[PN_PY_RECIPIENTS]) &&
           take_message(self, of->values[PN_PY_MESSAGE]) &&
           take_all_options(of) &&
           take_truth(of->values[PN_PY_LMTP], &self->lmtp) &&
           make_delivery(self, of->values[PN_PY_SENDER]) && take_features(of) &&
           check_size(of) && state_parameters(of) && issue(of);
}

bool pn_py_delivery_begin(pn_py_delivery *self, const pn_py_state *state,
                          PyObject *const *values)
{
    order of = {.self = self, .state = state, .values = values};
    self->notes.befallen = SIZE_MAX;
    bool has_begun = begin(&of);
    Py_XDECREF(of.mail_options);
    for (size_t i = 0; i < PN_PY_OFFERS; i++)
        Py_XDECREF(of.offers[i]);
    return has_begun;
}

/* What passed the check has a quote or a bracket only where a quoted local
 * part begins, and where an address literal ends. RFC 5321 4.1.2 */
static bool is_plain(const char *address)
{
    size_t length = strlen(address);
    return length == 0 || (address[0] != '"' && address[length - 1] != ']');
}

bool pn_py_delivery_is_plain(const pn_py_delivery *self)
{
    const pn_wire_addresses *addresses = &self->inside->letter.addresses;
    if (addresses->needs_utf8 || addresses->own_sender != NULL ||
        addresses->own_recipients != NULL || !is_plain(addresses->sender))
        return false;
    size_t i = 0;
    while (i < self->count && is_plain(self->memory.addresses[i]))
        i++;
    return i == self->count;
}
