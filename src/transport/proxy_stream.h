/* A stream to a host through a proxy: the proxy is asked for the connection
 * first (SOCKS5 or HTTP CONNECT); from then on the octets pass. */
#ifndef PN_TRANSPORT_PROXY_STREAM_H
#define PN_TRANSPORT_PROXY_STREAM_H

#include <stdint.h>

#include "transport/proxy.h"
#include "transport/stream.h"

/*
 * A stream over below, which is connected to the proxy and is taken over, also
 * when it fails. host (a name in ASCII, which the proxy looks up, or an
 * address) and proxy are borrowed for the call. Errors: INVALID for a host or
 * credentials that the proxy's protocol cannot carry; NO_MEMORY.
 */
pneu_status pn_proxy_stream(pn_stream **stream, pn_stream *below,
                            const pn_proxy *proxy, const char *host,
                            uint16_t port, pneu_error *error);

/*
 * Goes on with asking. DONE when the connection to the host is there. AGAIN:
 * see pn_stream_waits(). FAILED: the stream's error is PROXY, with what the
 * proxy said, or NO_MEMORY.
 */
pn_io pn_proxy_handshake(pn_stream *stream);

#endif
