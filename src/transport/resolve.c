#include "transport/resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/fail.h"
#include "transport/lookup.h"

static pneu_status tell_failure(pneu_error *error, const char *host, int code,
                                int system_error)
{
    char shown[160];
    pneu_status status = PNEU_HOST_UNKNOWN;
    pn_escape(pn_span_of(host), "\\n", shown, sizeof(shown));
    if (code == PN_LOOKUP_TOO_LATE)
        return pn_fail(error, PNEU_TIMEOUT,
                       "the host \"%s\" could not be looked up in time", shown);
    if (code == EAI_SYSTEM)
        return pn_fail_system(error, PNEU_SYSTEM, system_error,
                              "the host \"%s\" could not be looked up", shown);
    if (code == EAI_AGAIN || code == EAI_FAIL)
        status = PNEU_LOOKUP;
    if (code == EAI_MEMORY)
        status = PNEU_NO_MEMORY;
    pn_fail(error, status, "the host \"%s\" could not be found: %s", shown,
            gai_strerror(code));
    if (error != NULL)
        error->system_error = code;
    return status;
}

/* The n-th result of a family (or, if other, of the other families). */
static const struct addrinfo *nth(const struct addrinfo *results, int family,
                                  bool other, size_t n)
{
    for (const struct addrinfo *it = results; it != NULL; it = it->ai_next) {
        if ((it->ai_family == family) == other)
            continue;
        if (n-- == 0)
            return it;
    }
    return NULL;
}

static void take(pn_addresses *addresses, const struct addrinfo *result)
{
    if (result == NULL || addresses->count == PN_ADDRESSES_MAX ||
        result->ai_addrlen > sizeof(struct sockaddr_storage))
        return;
    pn_address *address = &addresses->list[addresses->count++];
    memcpy(&address->storage, result->ai_addr, result->ai_addrlen);
    address->length = result->ai_addrlen;
}

static void interleave(pn_addresses *addresses, const struct addrinfo *results)
{
    int family = results->ai_family;
    const struct addrinfo *one;
    const struct addrinfo *two;
    size_t n = 0;
    do {
        one = nth(results, family, false, n);
        two = nth(results, family, true, n);
        take(addresses, one);
        take(addresses, two);
        n++;
    } while (one != NULL || two != NULL);
}

/* An address in digits is looked up without asking anybody. */
static int look_up(const char *host, const char *service, int64_t end_ms,
                   struct addrinfo **results, int *system_error)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICSERV | AI_NUMERICHOST};
    int code = getaddrinfo(host, service, &hints, results);
    if (code == EAI_NONAME && end_ms >= 0)
        return pn_lookup(host, service, end_ms, results, system_error);
    if (code == EAI_NONAME) {
        hints.ai_flags = AI_NUMERICSERV;
        code = getaddrinfo(host, service, &hints, results);
    }
    *system_error = errno;
    return code;
}

pneu_status pn_resolve(const char *host, unsigned port, int64_t end_ms,
                       pn_addresses *addresses, pneu_error *error)
{
    char service[8];
    int system_error = 0;
    struct addrinfo *results = NULL;
    addresses->count = 0;
    snprintf(service, sizeof(service), "%u", port & 0xffffU);
    int code = look_up(host, service, end_ms, &results, &system_error);
    if (code != 0)
        return tell_failure(error, host, code, system_error);
    interleave(addresses, results);
    freeaddrinfo(results);
    return PNEU_OK;
}

/* getaddrinfo() also takes what inet_aton() does: "1", "0x7f.1", which
 * is no address to a person. */
static bool looks_like_digits(const char *text)
{
    unsigned char v4[sizeof(struct in_addr)];
    return strchr(text, ':') != NULL || inet_pton(AF_INET, text, v4) == 1;
}

bool pn_address_of_digits(pn_address *address, const char *text, unsigned port)
{
    char service[8];
    struct addrinfo *result = NULL;
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICSERV | AI_NUMERICHOST};
    if (!looks_like_digits(text))
        return false;
    snprintf(service, sizeof(service), "%u", port & 0xffffU);
    if (getaddrinfo(text, service, &hints, &result) != 0)
        return false;
    bool fits = result->ai_addrlen <= sizeof(address->storage);
    if (fits) {
        *address = (pn_address){.length = result->ai_addrlen};
        memcpy(&address->storage, result->ai_addr, result->ai_addrlen);
    }
    freeaddrinfo(result);
    return fits;
}

bool pn_address_is_literal(const char *text)
{
    pn_address address;
    return pn_address_of_digits(&address, text, 0);
}

bool pn_addresses_append(pn_addresses *addresses, const char *text,
                         unsigned port)
{
    return addresses->count < PN_ADDRESSES_MAX &&
           pn_address_of_digits(&addresses->list[addresses->count], text,
                                port) &&
           ++addresses->count > 0;
}
