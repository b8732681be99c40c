/* From a host name to its addresses, in the order in which to try them. */
#ifndef PN_TRANSPORT_RESOLVE_H
#define PN_TRANSPORT_RESOLVE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "pneu/status.h"

enum {
    PN_ADDRESSES_MAX = 64
};

typedef struct pn_address {
    struct sockaddr_storage storage;
    socklen_t length;
} pn_address;

typedef struct pn_addresses {
    pn_address list[PN_ADDRESSES_MAX];
    size_t count;
} pn_addresses;

/*
 * Looks a name or an address text up, until end_ms at the latest (-1: as long
 * as the resolver takes). The families alternate (RFC 8305 4), so that a dead
 * one does not keep the other waiting. Errors: HOST_UNKNOWN; LOOKUP, for which
 * trying again later makes sense; TIMEOUT; NO_MEMORY; SYSTEM.
 */
pneu_status pn_resolve(const char *host, unsigned port, int64_t end_ms,
                       pn_addresses *addresses, pneu_error *error);

/* An address in digits, "192.0.2.1", "2001:db8::1" or "fe80::1%eth0"; nobody
 * is asked. False if it is none. */
bool pn_address_of_digits(pn_address *address, const char *text, unsigned port);

/* Is it one? */
bool pn_address_is_literal(const char *text);

/* Appends an address in digits. False if it is none, or there is no room. */
bool pn_addresses_append(pn_addresses *addresses, const char *text,
                         unsigned port);

#endif
