/* Values of the library as Python's objects. */
#ifndef PN_PYTHON_VALUES_H
#define PN_PYTHON_VALUES_H

#include "base/span.h"
#include "state.h"

/* (code, text), or NULL with MemoryError; text is stolen, and may be NULL with
 * an exception set. */
PyObject *pn_py_pair(int code, PyObject *text);

/* Octets as they are. */
PyObject *pn_py_bytes(pn_span octets);

/* The text of a reply as smtplib's getreply() gives it: of each line the
 * blanks, tabs and CRs at both ends are left out. */
PyObject *pn_py_reply_text(pn_span text);

#endif
