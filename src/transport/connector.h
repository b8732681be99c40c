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
    const pn_address *source;          /* borrowed; NULL: any */
    int descriptors[PN_ADDRESSES_MAX]; /* -1: not begun, or over */
    size_t begun;
    size_t open;
    size_t unfit;    /* passed over: not of the source's family */
    bool is_busy;    /* a Unix socket's backlog was full: try again */
    int64_t next_ms; /* when the next attempt begins anyway */
    size_t winner;
    int last_errno;
    bool is_bind; /* last_errno is of taking the source */
} pn_connector;

void pn_connector_init(pn_connector *connector, const pn_addresses *addresses);

/* Before the first step: connect from this address of this machine, which is
 * borrowed. Addresses of another family are passed over. */
void pn_connector_set_source(pn_connector *connector, const pn_address *source);

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

/*
 * For who can wait for one descriptor only: that of the attempt begun last
 * which is still open (for POLLOUT); -1: none. It may be another one after
 * each step. The other attempts are seen by stepping, at _newest_next_ms at
 * the latest; -1: never.
 */
int pn_connector_newest(const pn_connector *connector);
int64_t pn_connector_newest_next_ms(const pn_connector *connector,
                                    int64_t now_ms);

/* Tells why a connector FAILED, host being what it should have reached:
 * CONNECT. */
pneu_status pn_connector_tell(const pn_connector *connector, const char *host,
                              pneu_error *error);

#endif
