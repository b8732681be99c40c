#include "transport/proxy_stream.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/fail.h"
#include "base/memory.h"
#include "transport/http_connect.h"
#include "transport/socks5.h"

enum {
    HOST_MAX = 255, /* RFC 1928 5 */
    OUT_MAX = 16384,
    CHUNK = 2048
};

typedef struct proxy_stream {
    pn_stream head;
    pn_stream *below;
    pn_proxy_kind kind;
    pn_socks5 socks;
    pn_http_connect http;
    pn_buffer in; /* after the handshake: what came in one run with its end */
    pn_buffer out;
    char where[256];
} proxy_stream;

/* The octets themselves: they pass. */

static pn_io pass_result(proxy_stream *self, pn_io result)
{
    if (result == PN_IO_AGAIN)
        self->head.waits = pn_stream_waits(self->below);
    if (result == PN_IO_FAILED)
        self->head.error = *pn_stream_error(self->below);
    return result;
}

static pn_io proxy_read(pn_stream *stream, void *to, size_t size,
                        size_t *length)
{
    proxy_stream *self = (proxy_stream *)stream;
    pn_span left = pn_buffer_span(&self->in);
    if (left.length == 0)
        return pass_result(self, pn_stream_read(self->below, to, size, length));
    *length = left.length < size ? left.length : size;
    memcpy(to, left.data, *length);
    pn_buffer_consume(&self->in, *length);
    if (pn_buffer_length(&self->in) == 0)
        pn_buffer_finish(&self->in);
    return PN_IO_DONE;
}

static pn_io proxy_write(pn_stream *stream, const struct iovec *pieces,
                         int count, size_t *written)
{
    proxy_stream *self = (proxy_stream *)stream;
    return pass_result(self,
                       pn_stream_write(self->below, pieces, count, written));
}

static pn_io proxy_flush(pn_stream *stream)
{
    proxy_stream *self = (proxy_stream *)stream;
    return pass_result(self, pn_stream_flush(self->below));
}

static void proxy_hurry(pn_stream *stream)
{
    pn_stream_hurry(((proxy_stream *)stream)->below);
}

static void proxy_free(pn_stream *stream)
{
    proxy_stream *self = (proxy_stream *)stream;
    pn_socks5_finish(&self->socks);
    pn_buffer_finish(&self->in);
    pn_buffer_finish(&self->out);
    pn_stream_free(self->below);
    pn_memory_free(self);
}

static const pn_stream_type PROXY_TYPE = {proxy_read, proxy_write, proxy_flush,
                                          proxy_hurry, proxy_free};

/* Nothing of it may change the meaning of a request. */
static bool is_host(const char *host)
{
    unsigned char v6[sizeof(struct in6_addr)];
    size_t length = strlen(host);
    if (inet_pton(AF_INET6, host, v6) == 1)
        return true;
    for (size_t i = 0; i < length; i++) {
        char c = host[i];
        if (!pn_ascii_is_alnum(c) && c != '-' && c != '.' && c != '_')
            return false;
    }
    return length > 0 && length <= HOST_MAX;
}

static pneu_status begin(proxy_stream *self, const pn_proxy *proxy,
                         const char *host, uint16_t port, pneu_error *error)
{
    if (!is_host(host))
        return pn_fail(error, PNEU_INVALID,
                       "the host is no name in ASCII (of at most %d octets) "
                       "and no address, so a proxy cannot be asked for it",
                       HOST_MAX);
    pneu_status status =
        self->kind == PN_PROXY_SOCKS5
            ? pn_socks5_begin(&self->socks, proxy, host, port, &self->out)
            : pn_http_connect_begin(&self->http, proxy, host, port, &self->out);
    if (status == PNEU_TOO_LARGE)
        return pn_fail(error, PNEU_INVALID,
                       "the user or the password is too long for the proxy");
    if (status != PNEU_OK)
        return pn_fail(error, status, "no memory to talk to the proxy");
    return PNEU_OK;
}

pneu_status pn_proxy_stream(pn_stream **stream, pn_stream *below,
                            const pn_proxy *proxy, const char *host,
                            uint16_t port, pneu_error *error)
{
    proxy_stream *self = pn_memory_new(1, sizeof(*self));
    *stream = NULL;
    if (self == NULL) {
        pn_stream_free(below);
        return pn_fail(error, PNEU_NO_MEMORY, "no memory for the proxy");
    }
    self->head.type = &PROXY_TYPE;
    self->head.descriptor = pn_stream_descriptor(below);
    self->below = below;
    self->kind = proxy->kind;
    pn_buffer_init(&self->in, PN_HTTP_HEADER_MAX);
    pn_buffer_init(&self->out, OUT_MAX);
    snprintf(self->where, sizeof(self->where),
             "the proxy %s port %u made no connection to %s port %u",
             proxy->host, proxy->port, host, port);
    pneu_status status = begin(self, proxy, host, port, error);
    if (status != PNEU_OK) {
        proxy_free(&self->head);
        return status;
    }
    *stream = &self->head;
    return PNEU_OK;
}

/* The line to the proxy has gone. */
static pn_io fail_line(proxy_stream *self, pn_io result)
{
    pneu_error *error = &self->head.error;
    int number = pn_stream_error(self->below)->system_error;
    if (result == PN_IO_END)
        pn_fail(error, PNEU_PROXY, "it closed the connection");
    else
        pn_fail_system(error, PNEU_PROXY, number, "the connection to it broke");
    pn_fail_prefix(error, self->where);
    return PN_IO_FAILED;
}

static pn_io send_out(proxy_stream *self)
{
    while (pn_buffer_length(&self->out) > 0) {
        size_t written = 0;
        pn_span span = pn_buffer_span(&self->out);
        struct iovec piece = {(void *)(uintptr_t)span.data, span.length};
        pn_io result = pn_stream_write(self->below, &piece, 1, &written);
        if (result == PN_IO_AGAIN)
            return pass_result(self, result);
        if (result != PN_IO_DONE)
            return fail_line(self, result);
        pn_buffer_consume(&self->out, written);
    }
    pn_buffer_finish(&self->out); /* there may have been a password in it */
    return PN_IO_DONE;
}

static pn_io receive(proxy_stream *self)
{
    pneu_status status;
    size_t length = 0;
    size_t room = PN_HTTP_HEADER_MAX - pn_buffer_length(&self->in);
    if (room > CHUNK)
        room = CHUNK;
    char *to = pn_buffer_reserve(&self->in, room, &status);
    if (to == NULL) {
        pn_fail(&self->head.error, status, "no memory to talk to the proxy");
        return PN_IO_FAILED;
    }
    pn_io result = pn_stream_read(self->below, to, room, &length);
    if (result == PN_IO_AGAIN)
        return pass_result(self, result);
    if (result != PN_IO_DONE)
        return fail_line(self, result);
    pn_buffer_added(&self->in, length);
    return PN_IO_DONE;
}

static pn_io go(proxy_stream *self)
{
    pneu_error *error = &self->head.error;
    pn_io result =
        self->kind == PN_PROXY_SOCKS5
            ? pn_socks5_go(&self->socks, &self->in, &self->out, error)
            : pn_http_connect_go(&self->http, &self->in, error);
    if (result == PN_IO_FAILED)
        pn_fail_prefix(error, self->where);
    return result;
}

pn_io pn_proxy_handshake(pn_stream *stream)
{
    proxy_stream *self = (proxy_stream *)stream;
    if (self->head.error.status != PNEU_OK)
        return PN_IO_FAILED;
    for (;;) {
        pn_io result = send_out(self);
        if (result != PN_IO_DONE)
            return result;
        result = go(self);
        if (result != PN_IO_AGAIN)
            return result;
        if (pn_buffer_length(&self->out) > 0)
            continue;
        result = receive(self);
        if (result != PN_IO_DONE)
            return result;
    }
}
