/*
 * Connections in the order in which their time runs out. All on one list
 * have the same time, so that the one that moved last is always at the end.
 */
#ifndef PN_SINK_PATIENCE_H
#define PN_SINK_PATIENCE_H

#include <stddef.h>
#include <stdint.h>

typedef struct pn_sink_waiter pn_sink_waiter;

struct pn_sink_waiter {
    pn_sink_waiter *before;
    pn_sink_waiter *after;
    int64_t until_ms;
};

typedef struct pn_sink_patience {
    pn_sink_waiter *first;
    pn_sink_waiter *last;
    int64_t time_ms;
} pn_sink_patience;

/* Puts a waiter that is on no list at the end. */
void pn_sink_patience_add(pn_sink_patience *list, pn_sink_waiter *waiter,
                          int64_t now_ms);
void pn_sink_patience_remove(pn_sink_patience *list, pn_sink_waiter *waiter);

/* It has moved: its time begins anew. */
void pn_sink_patience_renew(pn_sink_patience *list, pn_sink_waiter *waiter,
                            int64_t now_ms);

/* The first whose time is up, or NULL. */
pn_sink_waiter *pn_sink_patience_expired(const pn_sink_patience *list,
                                         int64_t now_ms);

/* How long until the first one's time is up, at most limit_ms (-1: none). */
int64_t pn_sink_patience_left(const pn_sink_patience *list, int64_t now_ms,
                              int64_t limit_ms);

#endif
