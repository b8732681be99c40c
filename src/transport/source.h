/* The near end of a connection, where the program wants a certain one. */
#ifndef PN_TRANSPORT_SOURCE_H
#define PN_TRANSPORT_SOURCE_H

#include <stdint.h>

#include "transport/resolve.h"

/*
 * address is digits, "192.0.2.1" or "2001:db8::1", or NULL for any (of the far
 * end's family); port 0 is any. Errors: INVALID for what is no address.
 */
pneu_status pn_source_parse(pn_address *source, const char *address,
                            uint16_t port, pneu_error *error);

/* Can it be the near end of a connection to an address of this family? */
bool pn_source_fits(const pn_address *source, int family);

/* Binds a socket; false and errno if the system does not let it. */
bool pn_source_bind(const pn_address *source, int descriptor, int family);

/* "192.0.2.1", "port 4711", "192.0.2.1 port 4711" */
void pn_source_text(const pn_address *source, char *text, size_t size);

#endif
