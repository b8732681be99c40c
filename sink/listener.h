/* The sockets that are listened on, TCP and Unix. */
#ifndef PN_SINK_LISTENER_H
#define PN_SINK_LISTENER_H

#include "sink/options.h"

enum {
    PN_SINK_LISTENER_NAME_SIZE = 160
};

typedef struct pn_sink_listener {
    int file;
    uint16_t port;         /* 0 for a Unix socket */
    const char *unix_path; /* to be removed at the end; NULL for TCP */
    char name[PN_SINK_LISTENER_NAME_SIZE]; /* "127.0.0.1 port 2525" */
} pn_sink_listener;

typedef struct pn_sink_listeners {
    pn_sink_listener list[PN_SINK_LISTEN_MAX + 1];
    size_t count;
} pn_sink_listeners;

/* Opens all that the options name; with port 0 the first address gets a free
 * port, and the others the same. Errors: HOST_UNKNOWN, CONNECT, INVALID. */
pneu_status pn_sink_listeners_open(pn_sink_listeners *listeners,
                                   const pn_sink_options *options,
                                   pneu_error *error);

/* Closes them and removes the Unix socket. May be called twice. */
void pn_sink_listeners_close(pn_sink_listeners *listeners);

#endif
