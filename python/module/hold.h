/* Who has a connection to himself: one step each, which no other thread can
 * come between. */
#ifndef PN_PYTHON_HOLD_H
#define PN_PYTHON_HOLD_H

#include "state.h"

/* Makes one holder of a line another (None: nobody): 1, or 0 if neither of them
 * holds it; -1, with an exception. */
int pn_py_hold(const pn_py_state *state, PyObject *line, PyObject *from,
               PyObject *to);

#endif
