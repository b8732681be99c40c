#include "transport/connector.h"

#include <errno.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/fail.h"
#include "transport/socket.h"
#include "transport/source.h"

enum {
    ATTEMPT_DELAY_MS = 250, /* RFC 8305 5 */
    BACKLOG_DELAY_MS = 50,
    LOOK_DELAY_MS = 100 /* at what nobody waits for */
};

void pn_connector_init(pn_connector *connector, const pn_addresses *addresses)
{
    *connector = (pn_connector){.addresses = addresses};
    for (size_t i = 0; i < PN_ADDRESSES_MAX; i++)
        connector->descriptors[i] = -1;
}

void pn_connector_set_source(pn_connector *connector, const pn_address *source)
{
    connector->source = source;
}

static void drop(pn_connector *connector, size_t i)
{
    if (connector->descriptors[i] < 0)
        return;
    close(connector->descriptors[i]);
    connector->descriptors[i] = -1;
    connector->open--;
}

void pn_connector_finish(pn_connector *connector)
{
    for (size_t i = 0; i < PN_ADDRESSES_MAX; i++)
        drop(connector, i);
}

/* Hands a connected socket out. */
static pn_io win(pn_connector *connector, size_t i, int *descriptor)
{
    *descriptor = connector->descriptors[i];
    connector->descriptors[i] = -1;
    connector->open--;
    connector->winner = i;
    pn_connector_finish(connector);
    return PN_IO_DONE;
}

static void note_errno(pn_connector *connector, int number, bool is_bind)
{
    connector->last_errno = number;
    connector->is_bind = is_bind;
}

/* Is the attempt over? errno is 0 for success. */
static bool is_settled(int descriptor)
{
    struct pollfd poll_one = {.fd = descriptor, .events = POLLOUT};
    int error = 0;
    socklen_t length = sizeof(error);
    if (poll(&poll_one, 1, 0) <= 0)
        return false;
    if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
        error = errno;
    errno = error;
    return true;
}

/* A socket at the source, if one is wanted; -1 if there is none. */
static int open_socket(pn_connector *connector, int family)
{
    const pn_address *source = connector->source;
    if (source != NULL && !pn_source_fits(source, family)) {
        connector->unfit++;
        return -1;
    }
    int descriptor = pn_socket_open(family);
    if (descriptor < 0) {
        note_errno(connector, errno, false);
        return -1;
    }
    if (source == NULL || pn_source_bind(source, descriptor, family))
        return descriptor;
    note_errno(connector, errno, true);
    close(descriptor);
    return -1;
}

static int connect_to(int descriptor, const pn_address *address)
{
    int result;
    do
        result = connect(descriptor, (const struct sockaddr *)&address->storage,
                         address->length);
    while (result < 0 && errno == EINTR);
    return result;
}

static bool begin_next(pn_connector *connector, int64_t now_ms)
{
    size_t i = connector->begun++;
    const pn_address *address = &connector->addresses->list[i];
    int descriptor = open_socket(connector, address->storage.ss_family);
    if (descriptor < 0)
        return false;
    int result = connect_to(descriptor, address);
    if (result < 0 && errno == EAGAIN &&
        address->storage.ss_family == AF_UNIX) {
        /* the server's backlog is full: it is there, and busy */
        close(descriptor);
        connector->begun--;
        connector->is_busy = true;
        connector->next_ms = now_ms + BACKLOG_DELAY_MS;
        return false;
    }
    if (result < 0 && errno != EINPROGRESS && errno != EALREADY &&
        errno != EISCONN) {
        note_errno(connector, errno, false);
        close(descriptor);
        return false;
    }
    connector->descriptors[i] = descriptor;
    connector->open++;
    connector->next_ms = now_ms + ATTEMPT_DELAY_MS;
    return true;
}

/* Looks at the attempts under way; DONE if one of them is connected. */
static pn_io look(pn_connector *connector, int *descriptor)
{
    for (size_t i = 0; i < connector->begun; i++) {
        if (connector->descriptors[i] < 0 ||
            !is_settled(connector->descriptors[i]))
            continue;
        if (errno == 0)
            return win(connector, i, descriptor);
        note_errno(connector, errno, false);
        drop(connector, i);
        connector->next_ms = 0; /* the next need not wait */
    }
    return PN_IO_AGAIN;
}

pn_io pn_connector_step(pn_connector *connector, int64_t now_ms,
                        int *descriptor)
{
    if (look(connector, descriptor) == PN_IO_DONE)
        return PN_IO_DONE;
    while (connector->begun < connector->addresses->count &&
           ((connector->open == 0 && !connector->is_busy) ||
            now_ms >= connector->next_ms)) {
        connector->is_busy = false;
        if (begin_next(connector, now_ms) &&
            look(connector, descriptor) == PN_IO_DONE)
            return PN_IO_DONE;
    }
    return connector->open > 0 || connector->is_busy ? PN_IO_AGAIN
                                                     : PN_IO_FAILED;
}

size_t pn_connector_polls(const pn_connector *connector,
                          struct pollfd polls[PN_ADDRESSES_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < connector->begun; i++) {
        if (connector->descriptors[i] >= 0)
            polls[count++] = (struct pollfd){.fd = connector->descriptors[i],
                                             .events = POLLOUT};
    }
    return count;
}

int64_t pn_connector_next_ms(const pn_connector *connector)
{
    return connector->begun < connector->addresses->count ? connector->next_ms
                                                          : -1;
}

int pn_connector_newest(const pn_connector *connector)
{
    for (size_t i = connector->begun; i > 0; i--) {
        if (connector->descriptors[i - 1] >= 0)
            return connector->descriptors[i - 1];
    }
    return -1;
}

int64_t pn_connector_newest_next_ms(const pn_connector *connector,
                                    int64_t now_ms)
{
    int64_t next = pn_connector_next_ms(connector);
    int64_t look = now_ms + LOOK_DELAY_MS;
    if (connector->open < 2 || (next >= 0 && next < look))
        return next;
    return look;
}

pneu_status pn_connector_tell(const pn_connector *connector, const char *host,
                              pneu_error *error)
{
    char shown[160];
    char source[80];
    if (connector->source != NULL)
        pn_source_text(connector->source, source, sizeof(source));
    pn_escape(pn_span_of(host), "\\n", shown, sizeof(shown));
    if (connector->source != NULL &&
        connector->unfit == connector->addresses->count)
        return pn_fail(error, PNEU_CONNECT,
                       "no address of \"%s\" can be reached from %s: they "
                       "are of another family (IPv4, IPv6)",
                       shown, source);
    if (connector->is_bind)
        return pn_fail_system(error, PNEU_CONNECT, connector->last_errno,
                              "no connection can be made from %s", source);
    return pn_fail_system(error, PNEU_CONNECT, connector->last_errno,
                          "no connection could be made");
}
