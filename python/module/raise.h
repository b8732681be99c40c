/* Failures as Python's exceptions. */
#ifndef PN_PYTHON_RAISE_H
#define PN_PYTHON_RAISE_H

#include "pneu/status.h"
#include "state.h"

/*
 * Sets the exception that a failure of the library is in Python, with its
 * sentence. One that smtplib's class would need the server's code for, where
 * the server has said nothing, is an SMTPException. Always NULL.
 */
PyObject *pn_py_raise(const pneu_error *error);

/* Sets an exception, by the name of its class ("SMTPDataError"), made from a
 * tuple of arguments (stolen; NULL: an exception is set already). Always NULL.
 */
PyObject *pn_py_raise_named(const char *name, PyObject *args);

/* Refuses a command that CR, LF or NUL would end, in smtplib's words. argument
 * may be NULL. Always NULL. */
PyObject *pn_py_refuse_breaks(PyObject *command, PyObject *argument);

#endif
