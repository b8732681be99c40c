/*
 * What a delivery needs of C's memory. One that is over leaves it to the next,
 * which makes all of it new, so that in the long run nothing is allocated.
 */
#ifndef PN_PYTHON_DELIVERY_MEMORY_H
#define PN_PYTHON_DELIVERY_MEMORY_H

#include <Python.h>

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"
#include "pneu/delivery.h"
#include "pneu/session.h"

/* A reply that is told later; code 0: there was none. */
typedef struct pn_py_note {
    int code;
    PyObject *text; /* exactly bytes */
} pn_py_note;

typedef struct pn_py_memory {
    pneu_session *session;
    pneu_delivery *delivery;
    const char **addresses;
    pn_py_note *notes; /* all without a reply, when nobody uses them */
    size_t room;       /* for so many recipients */
    char *parameters;  /* of MAIL */
    size_t parameters_room;
} pn_py_memory;

/* Make room. False, and room as before, if there is no memory. */
bool pn_py_memory_reserve(pn_py_memory *memory, size_t recipients);
bool pn_py_memory_reserve_parameters(pn_py_memory *memory, size_t octets);

/* Makes a session, or the one that there is new, for another delivery. Errors:
 * those of pneu_session_new(). */
pneu_status pn_py_memory_renew_session(pn_py_memory *memory,
                                       const pneu_session_options *options);

/* The same for a delivery. Errors: those of pneu_delivery_new(). */
pneu_status pn_py_memory_renew_delivery(pn_py_memory *memory,
                                        const pneu_envelope *envelope,
                                        const pneu_message *message,
                                        pneu_error *error);

/* Is it worth keeping, after a delivery that ended well? */
bool pn_py_memory_is_small(const pn_py_memory *memory);

void pn_py_memory_free(pn_py_memory *memory);

#endif
