#include "transport/source.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/fail.h"
#include "transport/socket.h"

/* The unspecified family stands for any address, with a certain port. The
 * port is at the same place in both families' addresses. */
static void set_port(struct sockaddr_storage *storage, uint16_t port)
{
    struct sockaddr_in any;
    memcpy(&any, storage, sizeof(any));
    any.sin_port = htons(port);
    memcpy(storage, &any, sizeof(any));
}

static uint16_t get_port(const struct sockaddr_storage *storage)
{
    struct sockaddr_in any;
    memcpy(&any, storage, sizeof(any));
    return ntohs(any.sin_port);
}

_Static_assert(offsetof(struct sockaddr_in, sin_port) ==
                   offsetof(struct sockaddr_in6, sin6_port),
               "the port is at one place");

pneu_status pn_source_parse(pn_address *source, const char *address,
                            uint16_t port, pneu_error *error)
{
    char shown[160];
    *source = (pn_address){.storage.ss_family = AF_UNSPEC};
    if (address == NULL)
        set_port(&source->storage, port);
    if (address == NULL || pn_address_of_digits(source, address, port))
        return PNEU_OK;
    pn_escape(pn_span_of(address), "\\n", shown, sizeof(shown));
    return pn_fail(error, PNEU_INVALID,
                   "the source \"%s\" is no address: it is written in "
                   "digits, as 192.0.2.1 or 2001:db8::1",
                   shown);
}

bool pn_source_fits(const pn_address *source, int family)
{
    if (source->storage.ss_family == AF_UNSPEC)
        return family == AF_INET || family == AF_INET6;
    return source->storage.ss_family == family;
}

bool pn_source_bind(const pn_address *source, int descriptor, int family)
{
    pn_address near = *source;
    int on = 1;
    uint16_t port = get_port(&near.storage);
    if (near.storage.ss_family == AF_UNSPEC) {
        if (port == 0)
            return true;
        near.storage.ss_family = (sa_family_t)family;
        near.length = family == AF_INET ? sizeof(struct sockaddr_in)
                                        : sizeof(struct sockaddr_in6);
    }
    /* a certain port may still be waiting for the end of the connection
     * before */
    if (port != 0 &&
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0)
        return false;
    return bind(descriptor, (const struct sockaddr *)&near.storage,
                near.length) == 0;
}

void pn_source_text(const pn_address *source, char *text, size_t size)
{
    char address[64] = "";
    uint16_t port = get_port(&source->storage);
    bool is_any = source->storage.ss_family == AF_UNSPEC;
    if (!is_any)
        pn_socket_address_text((const struct sockaddr *)&source->storage,
                               address, sizeof(address));
    if (port == 0 && !is_any)
        snprintf(text, size, "%s", address);
    else
        snprintf(text, size, "%s%sport %u", address, is_any ? "" : " ", port);
}
