/* Unix sockets, by their path. */
#ifndef PN_TRANSPORT_UNIX_H
#define PN_TRANSPORT_UNIX_H

#include "transport/resolve.h"

/* Errors: INVALID for a path that is too long for a socket address. */
pneu_status pn_unix_address(const char *path, pn_addresses *addresses,
                            pneu_error *error);

#endif
