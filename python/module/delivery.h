/*
 * The inside of a Delivery: a session that goes on after an EHLO of its
 * program, and a delivery on it.
 *
 * delivery.c          its methods, and its life
 * delivery_begin.c    from arguments to the first commands
 * delivery_output.c   what is to be written
 * delivery_ending.c   what the connection needs when it is over
 * delivery_run.c      the conversation over a socket
 * delivery_notes.c    what events say that smtplib's exceptions tell
 * delivery_result.c   dictionary, exception, outcomes
 * delivery_told.c     what is left when they are told
 * delivery_memory.c   what one leaves to the next
 *
 * No octets are looked at and no event is taken while Python code can run: a
 * method is entered once at a time, and whatever runs meanwhile (a finalizer,
 * a __hash__) finds it busy.
 */
#ifndef PN_PYTHON_DELIVERY_H
#define PN_PYTHON_DELIVERY_H

#include "state.h"

/* What the server has said, as far as smtplib would tell it. */
typedef struct pn_py_notes {
    pn_py_note mail;        /* MAIL, if it was refused */
    pn_py_note *recipients; /* what RCPT, or the end over LMTP, was answered,
                               if it was not 250 or 251 */
    bool has_recipients;    /* any of these */
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
    bool lmtp;
    bool has_begun; /* to be written */
    pn_py_memory memory;
    pneu_session *session; /* the memory's, from the first commands on */
    pneu_delivery *inside; /* likewise */
    size_t count;
    PyObject *sender;
    PyObject *recipients;   /* a tuple of str, as they were given */
    PyObject *message;      /* until it is over */
    pn_span octets;         /* of the message */
    Py_buffer view;         /* of one that is not bytes; obj NULL: none */
    PyObject *rcpt_options; /* bytes, or NULL */
    pneu_rcpt_parameters rcpt;
    pn_py_notes notes;
    int why_ended;               /* PNEU_END_… */
    PyObject *end_reason;        /* str, or NULL */
    PyObject *write_reason;      /* why nothing more could be written */
    bool is_told;                /* the result is, and the memory was left */
    PyObject *rows;              /* the outcomes then; NULL if all are alike */
    pneu_enhanced_code enhanced; /* of them all */
} pn_py_delivery;

/* The arguments of the constructor, in its order. */
typedef enum pn_py_argument {
    PN_PY_SENDER,
    PN_PY_RECIPIENTS,
    PN_PY_MESSAGE,
    PN_PY_FEATURES,
    PN_PY_MAIL_OPTIONS,
    PN_PY_RCPT_OPTIONS,
    PN_PY_LMTP,
    PN_PY_MAY_PIPELINE,
    PN_PY_ARGUMENTS
} pn_py_argument;

/* A delivery, with its first commands issued; NULL with an exception. */
PyObject *pn_py_delivery_make(pn_py_state *state, PyObject *const *values);

/* The same for one that has its memory. False, with an exception. */
bool pn_py_delivery_begin(pn_py_delivery *self, const pn_py_state *state,
                          PyObject *const *values);

/* Do all addresses go between angle brackets as they are, and would
 * email.utils.parseaddr() give them back unchanged? */
bool pn_py_delivery_is_plain(const pn_py_delivery *self);

/* What is to be written now, bytes, and counts as sent from here on; NULL with
 * an exception. Shorter than PN_PY_OUTPUT_MAX: there is nothing more. The
 * buffer is for putting pieces together. */
PyObject *pn_py_delivery_output(pn_py_delivery *self, pn_buffer *output);

/* Takes note of an event, before the delivery has it. */
void pn_py_notes_take(pn_py_delivery *self, const pneu_event *event);

/* Takes note of what broke the protocol, as smtplib would have read it. */
void pn_py_notes_take_broken(pn_py_delivery *self);

/* Forgets all, but not the room for it. */
void pn_py_notes_clear(pn_py_delivery *self);

/* Is nothing left to write or to read? */
bool pn_py_delivery_is_done(const pn_py_delivery *self);

/* Has any recipient this outcome? */
bool pn_py_delivery_has(const pn_py_delivery *self, pneu_outcome_kind kind);

/* Is it not done, and what still comes worth a short wait only? */
bool pn_py_delivery_is_leaving(const pn_py_delivery *self);

/* What the connection needs: a set of these. */
enum {
    PN_PY_CLOSE = 1 << 0,
    PN_PY_RESET = 1 << 1,
    PN_PY_RETRY = 1 << 2,
    PN_PY_HEAR_OUT = 1 << 3, /* it is not done: reading, for a short while */
    PN_PY_GO_ON = 1 << 4,    /* it is not done: reading */
    PN_PY_HELD = 1 << 5      /* it is somebody else's */
};
unsigned pn_py_delivery_ending(const pn_py_delivery *self);

/* As the methods of these names. */
PyObject *pn_py_delivery_step(pn_py_delivery *self, PyObject *received);
PyObject *pn_py_delivery_run(pn_py_delivery *self, PyObject *const *args);
bool pn_py_delivery_end_input(pn_py_delivery *self, pneu_end why,
                              PyObject *reason);
bool pn_py_delivery_fail_output(pn_py_delivery *self, PyObject *reason);
PyObject *pn_py_delivery_result(pn_py_delivery *self, PyObject *refused);
PyObject *pn_py_delivery_outcomes(pn_py_delivery *self);

/* Is it over, and nothing broke? */
bool pn_py_delivery_is_whole(const pn_py_delivery *self);

/* Leaves the memory to the next delivery, if it is worth it. */
void pn_py_delivery_leave_memory(pn_py_delivery *self, bool is_whole);

/* Leaves the memory when the result was told, and keeps what it takes to tell
 * the outcomes: few ask for them, and a program may keep its results. */
void pn_py_delivery_shrink(pn_py_delivery *self);

/* The outcomes of one that was shrunk. */
PyObject *pn_py_delivery_told(const pn_py_delivery *self);

/* A row of the outcomes; text is stolen. */
PyObject *pn_py_delivery_row(const pn_py_delivery *self, size_t i,
                             const pneu_outcome *outcome, PyObject *text);

#endif
