#include "transport/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/memory.h"

typedef struct socket_stream {
    pn_stream head;
    bool is_tcp;
} socket_stream;

int pn_socket_open(int family)
{
    int descriptor = socket(family, SOCK_STREAM, 0);
    if (descriptor < 0)
        return -1;
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0 || fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) < 0 ||
        fcntl(descriptor, F_SETFD, FD_CLOEXEC) < 0) {
        int saved = errno;
        close(descriptor);
        errno = saved;
        return -1;
    }
    return descriptor;
}

static pn_io failed(pn_stream *stream, short waits)
{
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
        stream->waits = waits;
        return PN_IO_AGAIN;
    }
    pn_fail_system(&stream->error, PNEU_LOST, errno, "the connection broke");
    return PN_IO_FAILED;
}

static pn_io socket_read(pn_stream *stream, void *to, size_t size,
                         size_t *length)
{
    ssize_t got;
    do
        got = recv(stream->descriptor, to, size, 0);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return failed(stream, POLLIN);
    *length = (size_t)got;
    return got > 0 ? PN_IO_DONE : PN_IO_END;
}

static pn_io socket_write(pn_stream *stream, const struct iovec *pieces,
                          int count, size_t *written)
{
    /* sendmsg does not write through msg_iov */
    struct iovec *vector = (struct iovec *)(uintptr_t)pieces;
    struct msghdr message = {.msg_iov = vector, .msg_iovlen = (size_t)count};
    ssize_t sent;
    do
        sent = sendmsg(stream->descriptor, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent < 0)
        return failed(stream, POLLOUT);
    *written = (size_t)sent;
    return PN_IO_DONE;
}

/* The kernel has it all. */
static pn_io socket_flush(pn_stream *stream)
{
    (void)stream;
    return PN_IO_DONE;
}

static void socket_hurry(pn_stream *stream)
{
#ifdef TCP_QUICKACK
    const socket_stream *self = (const socket_stream *)stream;
    int on = 1;
    if (self->is_tcp)
        setsockopt(stream->descriptor, IPPROTO_TCP, TCP_QUICKACK, &on,
                   sizeof(on));
#else
    (void)stream;
#endif
}

static void socket_free(pn_stream *stream)
{
    close(stream->descriptor);
    pn_memory_free(stream);
}

static const pn_stream_type SOCKET_TYPE = {
    socket_read, socket_write, socket_flush, socket_hurry, socket_free};

pn_stream *pn_socket_stream(int descriptor, bool is_tcp)
{
    socket_stream *stream = pn_memory_new(1, sizeof(*stream));
    if (stream == NULL) {
        close(descriptor);
        return NULL;
    }
    int on = 1;
    if (is_tcp) /* the driver writes whole groups: nothing to wait for */
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    stream->head.type = &SOCKET_TYPE;
    stream->head.descriptor = descriptor;
    stream->is_tcp = is_tcp;
    return &stream->head;
}

bool pn_socket_is_local(const struct sockaddr *peer)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    switch (peer->sa_family) {
    case AF_UNIX:
        return true;
    case AF_INET:
        memcpy(&v4, peer, sizeof(v4));
        return ntohl(v4.sin_addr.s_addr) >> 24 == 127;
    case AF_INET6:
        memcpy(&v6, peer, sizeof(v6));
        return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr) ||
               (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr) &&
                v6.sin6_addr.s6_addr[12] == 127);
    default:
        return false;
    }
}

void pn_socket_address_text(const struct sockaddr *address, char *text,
                            size_t size)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    const char *made = NULL;
    if (address->sa_family == AF_INET) {
        memcpy(&v4, address, sizeof(v4));
        made = inet_ntop(AF_INET, &v4.sin_addr, text, (socklen_t)size);
    } else if (address->sa_family == AF_INET6) {
        memcpy(&v6, address, sizeof(v6));
        made = inet_ntop(AF_INET6, &v6.sin6_addr, text, (socklen_t)size);
    }
    if (made == NULL)
        snprintf(text, size, "a Unix socket");
}
