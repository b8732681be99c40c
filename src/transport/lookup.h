/*
 * getaddrinfo() that ends in time: it runs in a thread of its own, which is
 * left behind, to end by itself, when the time is up.
 */
#ifndef PN_TRANSPORT_LOOKUP_H
#define PN_TRANSPORT_LOOKUP_H

#include <netdb.h>
#include <stdint.h>

enum {
    PN_LOOKUP_TOO_LATE = 1 /* none of getaddrinfo()'s: those are negative */
};

/*
 * Returns what getaddrinfo() returns, TOO_LATE if end_ms came first, and
 * EAI_MEMORY if no thread was to be had. system_error goes with EAI_SYSTEM.
 * The results are freed by freeaddrinfo().
 */
int pn_lookup(const char *host, const char *service, int64_t end_ms,
              struct addrinfo **results, int *system_error);

#endif
