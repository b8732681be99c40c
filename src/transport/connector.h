/*
 * Connecting to the first of several addresses that answers (RFC 8305): the
 * next attempt begins when the one before has failed, or after a quarter of
 * a second; the first to succeed wins and the others are closed. It never
 * blocks: its owner polls.
 */
#ifndef PN_TRANSPORT_CONNECTOR_H
#define PN_TRANSPORT_CONNECTOR_H

#include <poll.h>
#include <stdint.h>

#include "transport/resolve.h"
#include "transport/stream.h"

typedef struct pn_connector {
    const pn_addresses *addresses;     /* borrowed */
    int descriptors[PN_ADDRESSES_MAX]; /* -1: not begun, or over */
    size_t begun;
    size_t open;
    bool is_busy;    /* a Unix socket's backlog was full: try again */
    int64_t next_ms; /* when the next attempt begins anyway */
    size_t winner;
    int last_errno;
} pn_connector;

void pn_connector_init(pn_connector *connector, const pn_addresses *addresses);

/* Closes the attempts that are left. */
void pn_connector_finish(pn_connector *connector);

/*
 * Goes on. DONE: descriptor is a connected socket, which is the caller's, to
 * addresses->list[winner]. FAILED: no address answered, last_errno says why
 * the last one did not. AGAIN: poll what _polls gives, until _next_ms at the
 * latest.
 */
pn_io pn_connector_step(pn_connector *connector, int64_t now_ms,
                        int *descriptor);

/* Fills in what to poll for; returns how many. */
size_t pn_connector_polls(const pn_connector *connector,
                          struct pollfd polls[PN_ADDRESSES_MAX]);

/* When to step even if nothing happened; -1: never. */
int64_t pn_connector_next_ms(const pn_connector *connector);

#endif
