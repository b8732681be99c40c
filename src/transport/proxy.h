/* A proxy, as its URL names it. */
#ifndef PN_TRANSPORT_PROXY_H
#define PN_TRANSPORT_PROXY_H

#include <stdint.h>

#include "pneu/status.h"

typedef enum pn_proxy_kind {
    PN_PROXY_SOCKS5, /* RFC 1928 */
    PN_PROXY_HTTP    /* CONNECT, RFC 9110 9.3.6 */
} pn_proxy_kind;

typedef struct pn_proxy {
    pn_proxy_kind kind;
    char *host; /* a name, or an address without brackets */
    uint16_t port;
    char *user; /* NULL: none; then no password either */
    char *password;
} pn_proxy;

/*
 * Reads "socks5://user:password@host:port": also socks5h:// (which is the
 * same: the proxy looks names up) and http://; user and password are
 * percent-decoded, an IPv6 address stands in brackets, and the port may be
 * left out: 1080 for SOCKS, 3128 for HTTP. Errors: INVALID, which says what is
 * wrong and shows neither user nor password; NO_MEMORY.
 */
pneu_status pn_proxy_parse(pn_proxy *proxy, const char *url, pneu_error *error);

/* Wipes and frees. */
void pn_proxy_finish(pn_proxy *proxy);

#endif
