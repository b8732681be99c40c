/*
 * What the files of the extension pneu._pneu share: the module's state, and
 * its types. Nothing is global, so that every interpreter has its own.
 */
#ifndef PN_PYTHON_STATE_H
#define PN_PYTHON_STATE_H

#include <Python.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "delivery_memory.h"

enum {
    PN_PY_OUTPUT_MAX = 256 * 1024 /* octets that are made one run of */
};

/* The extensions of a server that a delivery asks about. */
typedef enum pn_py_offer {
    PN_PY_OFFER_PIPELINING,
    PN_PY_OFFER_SIZE,
    PN_PY_OFFER_8BITMIME,
    PN_PY_OFFER_LIMITS,
    PN_PY_OFFERS
} pn_py_offer;

/* Attributes of an SMTP object. */
typedef enum pn_py_attribute {
    PN_PY_COMMAND_ENCODING,
    PN_PY_DEBUGLEVEL,
    PN_PY_DOES_ESMTP,
    PN_PY_ESMTP_FEATURES,
    PN_PY_FILE,
    PN_PY_GROUPS_FAIL,
    PN_PY_HOLDER,
    PN_PY_IS_LMTP,
    PN_PY_PIPELINING,
    PN_PY_REPLIES,
    PN_PY_SOCK,
    PN_PY_ATTRIBUTES
} pn_py_attribute;

typedef struct pn_py_state {
    /* strings that every delivery looks up, made once */
    PyObject *offers[PN_PY_OFFERS]; /* as esmtp_features has them */
    PyObject *attributes[PN_PY_ATTRIBUTES];
    PyObject *blank;
    PyObject *event; /* of the audit */
    PyObject *send;
    PyObject *sendall;
    PyObject *audit; /* sys.audit */
    PyTypeObject *delivery;
    PyTypeObject *replies;
    PyTypeObject *untouched;
    PyTypeObject *socket; /* Python's own, which all others derive from */
    pn_buffer output;     /* where pieces become one, within one call */
    pn_py_memory spare;   /* of a delivery that is over */
} pn_py_state;

/* As EHLO has them, by pn_py_offer. */
extern const char *const pn_py_offer_names[PN_PY_OFFERS];

extern PyMethodDef pn_py_text_functions[];
extern PyMethodDef pn_py_exchange_functions[];
extern PyMethodDef pn_py_plan_functions[];
extern PyMethodDef pn_py_hold_functions[];

extern PyType_Spec pn_py_replies_spec;
extern PyType_Spec pn_py_untouched_spec;
extern PyType_Spec pn_py_delivery_spec;
extern PyType_Spec pn_py_exchange_spec;

/* Of an object of the type Replies: is there what no reply has used up? */
bool pn_py_replies_are_pending(PyObject *object);

/* Of an object of the type Untouched, called with an instance: 1 if it is so, 0
 * if not, -1 with an exception. */
int pn_py_untouched_ask(PyObject *object, PyObject *instance);

/* Is the instance one of its very class, and not of a subclass? */
bool pn_py_untouched_is_of(PyObject *object, PyObject *instance);

/* In tables that Python wants as void pointers and as one kind of function. */
#define PN_PY_SLOT(function) ((void *)(uintptr_t)(function))
#define PN_PY_METHOD(function) ((PyCFunction)(void (*)(void))(function))

#endif
