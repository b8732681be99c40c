/* A socket that does not block, with or without TLS over it. */
#ifndef PN_SINK_CHANNEL_H
#define PN_SINK_CHANNEL_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include "base/span.h"

typedef struct pn_sink_channel {
    int file;
    SSL *tls;        /* NULL: none */
    bool tls_failed; /* no more may be said over it */
} pn_sink_channel;

typedef enum pn_sink_flow {
    PN_SINK_FLOW_OK,
    PN_SINK_FLOW_WAIT_READ,
    PN_SINK_FLOW_WAIT_WRITE,
    PN_SINK_FLOW_END, /* the client has closed */
    PN_SINK_FLOW_LOST
} pn_sink_flow;

/*
 * Reads what is there, up to size octets; length says how much. OK: there may
 * be more; WAIT_READ: there is no more; length may be above 0 with any
 * result.
 */
pn_sink_flow pn_sink_channel_read(pn_sink_channel *channel, char *place,
                                  size_t size, size_t *length);

/* Writes as much as goes; OK only if it was all. */
pn_sink_flow pn_sink_channel_write(pn_sink_channel *channel, pn_span octets,
                                   size_t *written);

/* True if the client has spoken already. */
bool pn_sink_channel_has_input(const pn_sink_channel *channel);

/* TLS from here on; false without memory. Then the handshake, until OK. */
bool pn_sink_channel_begin_tls(pn_sink_channel *channel, SSL_CTX *context);
pn_sink_flow pn_sink_channel_handshake(pn_sink_channel *channel);

/* Says that nothing more comes; reading goes on. */
void pn_sink_channel_end(pn_sink_channel *channel);

void pn_sink_channel_close(pn_sink_channel *channel);

#endif
