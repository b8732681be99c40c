/* The event loop: files that wait, and who is called when they are ready. */
#ifndef PN_SINK_LOOP_H
#define PN_SINK_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pneu/status.h"

typedef struct pn_sink_source pn_sink_source;

/* The first member of whatever waits. events are those of epoll. The call
 * may free its own source, and no other. */
struct pn_sink_source {
    int file;
    unsigned watched; /* events asked for; 0: not in the loop */
    void (*ready)(pn_sink_source *source, unsigned events);
};

enum {
    PN_SINK_READABLE = 1 << 0,
    PN_SINK_WRITABLE = 1 << 1
};

typedef struct pn_sink_loop {
    int epoll;
    int64_t now_ms; /* of the monotonic clock, as the events came */
} pn_sink_loop;

/* Errors: SYSTEM. */
pneu_status pn_sink_loop_open(pn_sink_loop *loop, pneu_error *error);
void pn_sink_loop_close(pn_sink_loop *loop);

/* Asks for a set of PN_SINK_READABLE and _WRITABLE; 0 for none, as before the
 * file is closed. False if the kernel refuses. */
bool pn_sink_loop_watch(pn_sink_loop *loop, pn_sink_source *source,
                        unsigned events);

/* Waits until something is ready or the time is up (-1: for ever), and calls
 * who is concerned. False if waiting failed. */
bool pn_sink_loop_turn(pn_sink_loop *loop, int64_t timeout_ms);

#endif
