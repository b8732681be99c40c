#include "sink/channel.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

static pn_sink_flow tls_flow(pn_sink_channel *channel, int result)
{
    switch (SSL_get_error(channel->tls, result)) {
    case SSL_ERROR_WANT_READ:
        return PN_SINK_FLOW_WAIT_READ;
    case SSL_ERROR_WANT_WRITE:
        return PN_SINK_FLOW_WAIT_WRITE;
    case SSL_ERROR_ZERO_RETURN:
        return PN_SINK_FLOW_END;
    default:
        channel->tls_failed = true;
        return PN_SINK_FLOW_LOST;
    }
}

static pn_sink_flow read_tls(pn_sink_channel *channel, char *place, size_t size,
                             size_t *length)
{
    while (*length < size) {
        size_t got = 0;
        ERR_clear_error();
        int result =
            SSL_read_ex(channel->tls, place + *length, size - *length, &got);
        if (result != 1)
            return tls_flow(channel, result);
        *length += got;
    }
    return PN_SINK_FLOW_OK;
}

pn_sink_flow pn_sink_channel_read(pn_sink_channel *channel, char *place,
                                  size_t size, size_t *length)
{
    *length = 0;
    if (channel->tls != NULL)
        return read_tls(channel, place, size, length);
    ssize_t got = 0;
    do
        got = recv(channel->file, place, size, 0);
    while (got < 0 && errno == EINTR);
    if (got == 0)
        return PN_SINK_FLOW_END;
    if (got < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK ? PN_SINK_FLOW_WAIT_READ
                                                       : PN_SINK_FLOW_LOST;
    *length = (size_t)got;
    return *length < size ? PN_SINK_FLOW_WAIT_READ : PN_SINK_FLOW_OK;
}

static pn_sink_flow write_some(pn_sink_channel *channel, pn_span octets,
                               size_t *written)
{
    if (channel->tls != NULL) {
        ERR_clear_error();
        int result =
            SSL_write_ex(channel->tls, octets.data, octets.length, written);
        return result == 1 ? PN_SINK_FLOW_OK : tls_flow(channel, result);
    }
    ssize_t sent =
        send(channel->file, octets.data, octets.length, MSG_NOSIGNAL);
    if (sent >= 0) {
        *written = (size_t)sent;
        return PN_SINK_FLOW_OK;
    }
    if (errno == EINTR)
        return PN_SINK_FLOW_OK;
    return errno == EAGAIN || errno == EWOULDBLOCK ? PN_SINK_FLOW_WAIT_WRITE
                                                   : PN_SINK_FLOW_LOST;
}

pn_sink_flow pn_sink_channel_write(pn_sink_channel *channel, pn_span octets,
                                   size_t *written)
{
    *written = 0;
    while (*written < octets.length) {
        size_t sent = 0;
        pn_span rest = {octets.data + *written, octets.length - *written};
        pn_sink_flow flow = write_some(channel, rest, &sent);
        if (flow != PN_SINK_FLOW_OK)
            return flow;
        *written += sent;
    }
    return PN_SINK_FLOW_OK;
}

bool pn_sink_channel_has_input(const pn_sink_channel *channel)
{
    char octet;
    return recv(channel->file, &octet, 1, MSG_PEEK) == 1;
}

bool pn_sink_channel_begin_tls(pn_sink_channel *channel, SSL_CTX *context)
{
    channel->tls = SSL_new(context);
    if (channel->tls != NULL && SSL_set_fd(channel->tls, channel->file) == 1) {
        SSL_set_accept_state(channel->tls);
        return true;
    }
    SSL_free(channel->tls);
    channel->tls = NULL;
    return false;
}

pn_sink_flow pn_sink_channel_handshake(pn_sink_channel *channel)
{
    ERR_clear_error();
    int result = SSL_do_handshake(channel->tls);
    return result == 1 ? PN_SINK_FLOW_OK : tls_flow(channel, result);
}

void pn_sink_channel_end(pn_sink_channel *channel)
{
    if (channel->tls != NULL && !channel->tls_failed &&
        SSL_is_init_finished(channel->tls)) {
        ERR_clear_error();
        SSL_shutdown(channel->tls);
    }
    shutdown(channel->file, SHUT_WR);
}

void pn_sink_channel_close(pn_sink_channel *channel)
{
    SSL_free(channel->tls);
    channel->tls = NULL;
    if (channel->file >= 0)
        close(channel->file);
    channel->file = -1;
}
