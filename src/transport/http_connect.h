/* The client's side of HTTP CONNECT (RFC 9110 9.3.6), without input and
 * output: as socks5.h. */
#ifndef PN_TRANSPORT_HTTP_CONNECT_H
#define PN_TRANSPORT_HTTP_CONNECT_H

#include "base/buffer.h"
#include "transport/proxy.h"
#include "transport/stream.h"

enum {
    PN_HTTP_HEADER_MAX = 16384
};

typedef struct pn_http_connect {
    size_t scanned; /* octets of the header in which its end is not */
    unsigned interim;
    bool has_user;
} pn_http_connect;

/* Puts the request into out. Errors: those of a buffer. */
pneu_status pn_http_connect_begin(pn_http_connect *http, const pn_proxy *proxy,
                                  const char *host, uint16_t port,
                                  pn_buffer *out);

/* As pn_socks5_go(). */
pn_io pn_http_connect_go(pn_http_connect *http, pn_buffer *in,
                         pneu_error *error);

#endif
