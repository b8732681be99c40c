/* The addresses of an envelope, checked, and as they go over the wire. */
#ifndef PN_FLOW_ADDRESSES_H
#define PN_FLOW_ADDRESSES_H

#include "base/span.h"
#include "pneu/delivery.h"
#include "wire/problems.h"

/*
 * Of an address that is not ASCII and was checked: own becomes what goes out in
 * its place, the caller's to free, or stays as it is if the address goes as it
 * is; then needs_utf8 is set. Errors: BAD_ADDRESS, NO_MEMORY.
 */
pneu_status pn_address_convert(pn_span address, unsigned allowed, char **own,
                               bool *needs_utf8, pneu_error *error);

typedef struct pn_wire_addresses {
    const char *sender; /* as given; never NULL */
    const char *const *recipients;
    size_t count;
    char *own_sender;      /* as it goes out, if that is not as given */
    char **own_recipients; /* likewise; NULL if all are as given */
    bool needs_utf8;       /* SMTPUTF8 (RFC 6531) */
} pn_wire_addresses;

/* Checks them all and makes what goes out; every fault is told. */
void pn_wire_addresses_prepare(pn_wire_addresses *addresses,
                               const pneu_envelope *envelope,
                               pn_problems *problems);
void pn_wire_addresses_finish(pn_wire_addresses *addresses);

/* As they go out. */
const char *pn_wire_addresses_sender(const pn_wire_addresses *addresses);
const char *pn_wire_addresses_recipient(const pn_wire_addresses *addresses,
                                        size_t i);

/* What stands behind the "@"; empty if there is none. */
pn_span pn_address_domain(pn_span address);

/* Have two recipients, as they go out, the same domain? */
bool pn_wire_addresses_same_domain(const pn_wire_addresses *addresses, size_t i,
                                   size_t k);

#endif
