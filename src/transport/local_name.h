/* How this side of a connection names itself in EHLO (RFC 5321 4.1.4). */
#ifndef PN_TRANSPORT_LOCAL_NAME_H
#define PN_TRANSPORT_LOCAL_NAME_H

#include <stddef.h>

/*
 * This host's name if it is a full one, else the address of the connection's
 * near end in brackets (RFC 5321 4.1.3), "localhost" over a Unix socket. No
 * name server is asked.
 */
void pn_local_name(int descriptor, char *name, size_t size);

#endif
