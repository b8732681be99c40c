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

enum {
    PN_PY_OUTPUT_MAX = 256 * 1024 /* that is copied together for one write */
};

/* The extensions of a server that a delivery asks about. */
enum {
    PN_PY_OFFERS = 4
};

/* Strings that every delivery looks up, made once. */
typedef struct pn_py_state {
    PyObject *offers[PN_PY_OFFERS]; /* as esmtp_features has them */
    PyObject *blank;
    pn_buffer output; /* where pieces become one, between two Python calls */
} pn_py_state;

/* As EHLO has them, in the order of the state's. */
extern const char *const pn_py_offer_names[PN_PY_OFFERS];

extern PyMethodDef pn_py_text_functions[];
extern PyMethodDef pn_py_exchange_functions[];

extern PyType_Spec pn_py_replies_spec;
extern PyType_Spec pn_py_untouched_spec;
extern PyType_Spec pn_py_delivery_spec;
extern PyType_Spec pn_py_exchange_spec;

/* In tables that Python wants as void pointers and as one kind of function. */
#define PN_PY_SLOT(function) ((void *)(uintptr_t)(function))
#define PN_PY_METHOD(function) ((PyCFunction)(void (*)(void))(function))

#endif
