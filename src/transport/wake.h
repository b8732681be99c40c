/* A way to wake one who polls: from another thread, or from a signal
 * handler. */
#ifndef PN_TRANSPORT_WAKE_H
#define PN_TRANSPORT_WAKE_H

#include <stdatomic.h>
#include <stdbool.h>

typedef struct pn_wake {
    int ends[2]; /* of a pipe; -1 if there is none */
    atomic_bool is_called;
} pn_wake;

/* False if there is no descriptor left. */
bool pn_wake_init(pn_wake *wake);
void pn_wake_finish(pn_wake *wake);

/* Safe in a signal handler, and from any thread. */
void pn_wake_call(pn_wake *wake);

/* Was it called since the last time? */
bool pn_wake_take(pn_wake *wake);

/* What to poll for POLLIN. */
int pn_wake_descriptor(const pn_wake *wake);

#endif
