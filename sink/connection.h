/*
 * One connection: reads into the server's large buffer, has the session take
 * it there, and writes the replies once nothing is left to take.
 */
#ifndef PN_SINK_CONNECTION_H
#define PN_SINK_CONNECTION_H

#include "sink/channel.h"
#include "sink/loop.h"
#include "sink/patience.h"
#include "sink/session.h"

enum {
    PN_SINK_READ_SIZE = 256 * 1024
};

/* What the connections of a server have in common. */
typedef struct pn_sink_hall {
    pn_sink_loop *loop;
    pn_sink_shared *shared;
    char *input;              /* PN_SINK_READ_SIZE octets */
    pn_sink_patience active;  /* connections in use */
    pn_sink_patience leaving; /* closed by us, not yet by the client */
    size_t count;             /* open connections */
} pn_sink_hall;

typedef enum pn_sink_stage {
    PN_SINK_STAGE_HANDSHAKE,
    PN_SINK_STAGE_OPEN,
    PN_SINK_STAGE_LEAVING
} pn_sink_stage;

typedef struct pn_sink_connection {
    pn_sink_source source; /* must be first */
    pn_sink_waiter waiter;
    pn_sink_hall *hall;
    pn_sink_channel channel;
    pn_sink_stage stage;
    bool stalled;      /* replies stopped the session; pending is to be taken */
    bool ended;        /* the client will say no more */
    bool more;         /* there may be input that epoll does not see */
    pn_buffer pending; /* input not taken yet */
    pn_sink_session session;
} pn_sink_connection;

/* Takes over an accepted socket, which is closed if that fails. */
void pn_sink_connection_open(pn_sink_hall *hall, int file);

/* Closes without a word. */
void pn_sink_connection_close(pn_sink_connection *connection);

/* Closes those whose time is up, and all of them. */
void pn_sink_hall_expire(pn_sink_hall *hall);
void pn_sink_hall_clear(pn_sink_hall *hall);

#endif
