/* The lowest stream: a connected socket, TCP or Unix. */
#ifndef PN_TRANSPORT_SOCKET_H
#define PN_TRANSPORT_SOCKET_H

#include <sys/socket.h>

#include "transport/stream.h"

/* A non-blocking, close-on-exec socket; -1 and errno on failure. */
int pn_socket_open(int family);

/* Takes the descriptor over, also when it fails: NULL is out of memory. */
pn_stream *pn_socket_stream(int descriptor, bool is_tcp);

/* True if both ends are on this machine: a Unix socket, or a loopback
 * address at the other end. */
bool pn_socket_is_local(const struct sockaddr *peer);

/* "192.0.2.1", "2001:db8::1" or "a Unix socket" into text. */
void pn_socket_address_text(const struct sockaddr *address, char *text,
                            size_t size);

#endif
