/*
 * The inside of a Delivery: a session that goes on after an EHLO of its
 * program, and a delivery on it.
 *
 * delivery.c          its methods, and its life
 * delivery_begin.c    from arguments to the first commands
 * delivery_output.c   what is to be written
 * delivery_notes.c    what events say that smtplib's exceptions tell
 * delivery_result.c   dictionary, exception, outcomes
 *
 * No octets are looked at and no event is taken while Python code can run: a
 * method is entered once at a time, and whatever runs meanwhile (a finalizer,
 * a __hash__) finds it busy.
 */
#ifndef PN_PYTHON_DELIVERY_H
#define PN_PYTHON_DELIVERY_H

#include "pneu/delivery.h"
#include "pneu/session.h"
#include "state.h"

/* A reply that is told later; code 0: there was none. */
typedef struct pn_py_note {
    int code;
    PyObject *text; /* exactly bytes */
} pn_py_note;

/* What the server has said, as far as smtplib would tell it. */
typedef struct pn_py_notes {
    pn_py_note mail;        /* MAIL, if it was refused */
    pn_py_note *recipients; /* what RCPT, or the end over LMTP, was answered,
                               if it was not 250 or 251 */
    size_t refused;         /* RCPTs */
    bool said_farewell;     /* a RCPT was answered 421 */
    size_t befallen;        /* the first RCPT that had no answer; SIZE_MAX */
    size_t next_end;        /* LMTP: whom the next answer is for */
    pn_py_note data;        /* DATA, if it was refused */
    pn_py_note end_refusal; /* the first refusal of the message's end */
    pn_py_note end;         /* its last answer */
    pn_py_note broken;      /* what the protocol was broken by, if it is a
                               reply to a reader that takes anything */
    bool no_memory;
} pn_py_notes;

typedef struct pn_py_delivery {
    PyObject base;
    bool busy;
    PyObject *sender;
    PyObject *recipients; /* a tuple of str, as they were given */
    PyObject *message;
    Py_buffer view; /* of the message; obj NULL: not held */
    const char **addresses;
    size_t count;
    bool extended; /* EHLO, and not HELO */
    bool lmtp;
    bool pipelining;
    PyObject *offers[PN_PY_OFFERS];       /* str, or NULL */
    const char *parameters[PN_PY_OFFERS]; /* NULL: not offered */
    PyObject *mail_options;               /* bytes, or NULL */
    PyObject *rcpt_options;
    char *mail_raw;
    pneu_mail_parameters mail; /* none, but stated: see delivery_begin.c */
    pneu_rcpt_parameters rcpt;
    pneu_session *session;
    pneu_delivery *inside;
    pn_py_notes notes;
    int why_ended;          /* PNEU_END_… */
    PyObject *end_reason;   /* str, or NULL */
    PyObject *write_reason; /* why nothing more could be written */
} pn_py_delivery;

/* Takes the arguments of the constructor, in its order, and issues the first
 * commands. False, with an exception. */
bool pn_py_delivery_begin(pn_py_delivery *self, const pn_py_state *state,
                          PyObject **values);

/* A session that the delivery goes out on, ready. False, with an exception. */
bool pn_py_delivery_connect(pn_py_delivery *self, bool pipelining);

/* As the method output(), but for events that it brings; the buffer is for
 * putting pieces together. */
PyObject *pn_py_delivery_output(pn_py_delivery *self, pn_buffer *output);

/* Takes note of an event, before the delivery has it. */
void pn_py_notes_take(pn_py_delivery *self, const pneu_event *event);

/* Takes note of what broke the protocol, as smtplib would have read it. */
void pn_py_notes_take_broken(pn_py_delivery *self);

/* Forgets all, but not the room for it. */
void pn_py_notes_clear(pn_py_delivery *self);

/* Is nothing left to write or to read? */
bool pn_py_delivery_is_done(const pn_py_delivery *self);

/* As the methods of these names. */
PyObject *pn_py_delivery_result(pn_py_delivery *self);
PyObject *pn_py_delivery_outcomes(pn_py_delivery *self);

#endif
