/* The client's side of SOCKS5 (RFC 1928, RFC 1929), without input and output:
 * octets that came are taken from one buffer, octets to send go to another. */
#ifndef PN_TRANSPORT_SOCKS5_H
#define PN_TRANSPORT_SOCKS5_H

#include "base/buffer.h"
#include "transport/proxy.h"
#include "transport/stream.h"

typedef enum pn_socks5_step {
    PN_SOCKS5_METHOD, /* waits for the method that the proxy chose */
    PN_SOCKS5_LOGIN,  /* for the answer to user and password */
    PN_SOCKS5_REPLY,  /* for the answer to CONNECT */
    PN_SOCKS5_OVER
} pn_socks5_step;

typedef struct pn_socks5 {
    pn_socks5_step step;
    pn_buffer login;   /* empty: no user */
    pn_buffer request; /* CONNECT */
} pn_socks5;

/* Puts the first octets into out; host is at most 255 octets long. Errors:
 * those of a buffer; _finish is due also then. */
pneu_status pn_socks5_begin(pn_socks5 *socks, const pn_proxy *proxy,
                            const char *host, uint16_t port, pn_buffer *out);
void pn_socks5_finish(pn_socks5 *socks);

/* Takes what has come. DONE: the connection is there; what is left of in came
 * through it. AGAIN: out is to be sent, if it is not empty; then more is to
 * come in. FAILED: error is set. */
pn_io pn_socks5_go(pn_socks5 *socks, pn_buffer *in, pn_buffer *out,
                   pneu_error *error);

#endif
