#include "sink/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fail.h"

static void set_option(int file, int level, int option)
{
    int on = 1;
    /* a socket that lacks it still works */
    (void)setsockopt(file, level, option, &on, sizeof(on));
}

/* Binds and listens; -1 with errno set. */
static int open_socket(const struct sockaddr *address, socklen_t length)
{
    int file = socket(address->sa_family, SOCK_STREAM, 0);
    if (file < 0)
        return -1;
    if (address->sa_family != AF_UNIX) {
        set_option(file, SOL_SOCKET, SO_REUSEADDR);
        /* accepted sockets inherit it: replies leave at once */
        set_option(file, IPPROTO_TCP, TCP_NODELAY);
    }
    if (address->sa_family == AF_INET6)
        set_option(file, IPPROTO_IPV6, IPV6_V6ONLY);
    if (fcntl(file, F_SETFL, O_NONBLOCK) == 0 &&
        fcntl(file, F_SETFD, FD_CLOEXEC) == 0 &&
        bind(file, address, length) == 0 && listen(file, SOMAXCONN) == 0)
        return file;
    int reason = errno;
    close(file);
    errno = reason;
    return -1;
}

/* Fills in the name and the port that the kernel gave. */
static bool describe(pn_sink_listener *listener)
{
    struct sockaddr_storage address = {0};
    socklen_t length = sizeof(address);
    char host[64];
    char port[8];
    if (getsockname(listener->file, (struct sockaddr *)(void *)&address,
                    &length) != 0 ||
        getnameinfo((struct sockaddr *)(void *)&address, length, host,
                    sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return false;
    uint64_t number = 0;
    if (!pn_span_number(pn_span_of(port), &number))
        return false;
    listener->port = (uint16_t)number;
    snprintf(listener->name, sizeof(listener->name), "%s port %s", host, port);
    return true;
}

static pneu_status open_tcp(pn_sink_listener *listener, const char *host,
                            uint16_t port, pneu_error *error)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    char service[8];
    snprintf(service, sizeof(service), "%u", (unsigned)port);
    int result = getaddrinfo(host, service, &hints, &found);
    if (result != 0)
        return pn_fail(error, PNEU_HOST_UNKNOWN,
                       "--listen: no address for \"%s\": %s", host,
                       gai_strerror(result));
    listener->file = open_socket(found->ai_addr, found->ai_addrlen);
    int reason = errno;
    freeaddrinfo(found);
    if (listener->file >= 0 && describe(listener))
        return PNEU_OK;
    if (reason == EADDRINUSE)
        return pn_fail(error, PNEU_CONNECT,
                       "cannot listen on %s port %u: it is in use; give "
                       "another --port, or 0 for a free one",
                       host, (unsigned)port);
    if (reason == EADDRNOTAVAIL)
        return pn_fail(error, PNEU_CONNECT,
                       "cannot listen on %s port %u: this machine has no such "
                       "address",
                       host, (unsigned)port);
    return pn_fail_system(error, PNEU_CONNECT, reason,
                          "cannot listen on %s port %u", host, (unsigned)port);
}

/* A socket that nobody listens on any more may be taken over. */
static bool remove_stale(const struct sockaddr_un *address, socklen_t length)
{
    struct stat status;
    if (lstat(address->sun_path, &status) != 0 || !S_ISSOCK(status.st_mode))
        return false;
    int file = socket(AF_UNIX, SOCK_STREAM, 0);
    if (file < 0)
        return false;
    bool stale = connect(file, (const struct sockaddr *)(const void *)address,
                         length) != 0 &&
                 errno == ECONNREFUSED;
    close(file);
    return stale && unlink(address->sun_path) == 0;
}

static pneu_status open_unix(pn_sink_listener *listener, const char *path,
                             pneu_error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct sockaddr *generic =
        (const struct sockaddr *)(const void *)&address;
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof(address.sun_path))
        return pn_fail(error, PNEU_INVALID,
                       "--unix takes a path of 1 to %zu octets",
                       sizeof(address.sun_path) - 1);
    memcpy(address.sun_path, path, length + 1);
    listener->file = open_socket(generic, sizeof(address));
    if (listener->file < 0 && errno == EADDRINUSE) {
        if (remove_stale(&address, sizeof(address)))
            listener->file = open_socket(generic, sizeof(address));
        else
            errno = EADDRINUSE;
    }
    if (listener->file < 0)
        return pn_fail_system(error, PNEU_CONNECT, errno, "cannot listen on %s",
                              path);
    listener->unix_path = path;
    snprintf(listener->name, sizeof(listener->name), "%s", path);
    return PNEU_OK;
}

pneu_status pn_sink_listeners_open(pn_sink_listeners *listeners,
                                   const pn_sink_options *options,
                                   pneu_error *error)
{
    pneu_status status = PNEU_OK;
    uint16_t port = options->port;
    listeners->count = 0;
    for (size_t i = 0; i < options->address_count && status == PNEU_OK; i++) {
        pn_sink_listener *listener = &listeners->list[listeners->count++];
        *listener = (pn_sink_listener){.file = -1};
        status = open_tcp(listener, options->addresses[i], port, error);
        port = listener->port;
    }
    if (status == PNEU_OK && options->unix_path != NULL) {
        pn_sink_listener *listener = &listeners->list[listeners->count++];
        *listener = (pn_sink_listener){.file = -1};
        status = open_unix(listener, options->unix_path, error);
    }
    return status;
}

void pn_sink_listeners_close(pn_sink_listeners *listeners)
{
    for (size_t i = 0; i < listeners->count; i++) {
        if (listeners->list[i].file >= 0)
            close(listeners->list[i].file);
        if (listeners->list[i].unix_path != NULL)
            unlink(listeners->list[i].unix_path);
    }
    listeners->count = 0;
}
