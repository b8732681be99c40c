/* The server: listeners, signals and connections in one loop. */
#ifndef PN_SINK_SERVER_H
#define PN_SINK_SERVER_H

#include "sink/connection.h"
#include "sink/listener.h"

typedef struct pn_sink_server pn_sink_server;

/* What the loop watches on a listener's behalf. */
typedef struct pn_sink_gate {
    pn_sink_source source; /* must be first */
    pn_sink_server *server;
} pn_sink_gate;

struct pn_sink_server {
    pn_sink_source signals; /* must be first */
    pn_sink_shared *shared;
    pn_sink_loop loop;
    pn_sink_hall hall;
    pn_sink_listeners listeners;
    pn_sink_gate gates[PN_SINK_LISTEN_MAX + 1];
    size_t gate_count;
    int64_t paused_until_ms; /* no descriptors were left; 0: not paused */
    int64_t end_ms;          /* --quit-after: when it ends; 0: not yet */
    bool stopped;            /* by a signal */
};

/*
 * Listens. SIGTERM and SIGINT are taken over from here on, SIGPIPE is
 * ignored. Errors: those of the listeners; SYSTEM, NO_MEMORY.
 */
pneu_status pn_sink_server_open(pn_sink_server *server, pn_sink_shared *shared,
                                pneu_error *error);

/* Serves until a signal comes or enough messages have. Errors: SYSTEM. */
pneu_status pn_sink_server_run(pn_sink_server *server, pneu_error *error);

void pn_sink_server_close(pn_sink_server *server);

#endif
