#include "cli/host.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/span.h"
#include "cli/exit.h"
#include "cli/value.h"

/* Where the host ends in host:port or [host]:port; NULL if there is no port.
 * More than one colon without brackets is an IPv6 address. */
static const char *port_colon(const char *host)
{
    const char *colon = strrchr(host, ':');
    if (colon == NULL || host[0] == '/')
        return NULL;
    if (host[0] == '[')
        return colon > host && colon[-1] == ']' ? colon : NULL;
    return strchr(host, ':') == colon ? colon : NULL;
}

/* More than one colon: with a zone ("fe80::1%eth0") or without. */
static bool is_ipv6(pn_span text)
{
    char address[INET6_ADDRSTRLEN];
    struct in6_addr parsed;
    const char *zone = memchr(text.data, '%', text.length);
    size_t length = zone != NULL ? (size_t)(zone - text.data) : text.length;
    if (length >= sizeof(address))
        return false;
    memcpy(address, text.data, length);
    address[length] = '\0';
    return inet_pton(AF_INET6, address, &parsed) == 1;
}

static int check_form(const char *option, const char *host, pn_problem *problem)
{
    if (host[0] == '/')
        return PN_EXIT_OK;
    if (strstr(host, "://") != NULL)
        return pn_value_refuse(option, host,
                               "give a host and not a URL, such as "
                               "mail.example.com:25",
                               problem);
    const char *close = strchr(host, ']');
    bool is_closed = close != NULL && (close[1] == '\0' || close[1] == ':') &&
                     strchr(close + 1, ']') == NULL &&
                     strrchr(close, ':') <= close + 1;
    if (host[0] == '[' ? !is_closed : strpbrk(host, "[]") != NULL)
        return pn_value_refuse(option, host,
                               "brackets go around an address, as in "
                               "[::1]:25",
                               problem);
    const char *colon = strchr(host, ':');
    if (host[0] != '[' && colon != NULL && strchr(colon + 1, ':') != NULL &&
        !is_ipv6(pn_span_of(host)))
        return pn_value_refuse(option, host,
                               "it has more than one colon, and is no IPv6 "
                               "address",
                               problem);
    return PN_EXIT_OK;
}

static int take_port(const char *option, const char *value, const char *text,
                     const char *port_option, uint16_t *port,
                     pn_problem *problem)
{
    char name[48];
    if (*port != 0)
        return pn_problem_set(problem, PN_EXIT_USAGE, PNEU_INVALID,
                              "two ports: \"%.100s\" names one, and %s "
                              "another",
                              value, port_option);
    snprintf(name, sizeof(name), "the port in %s", option);
    return pn_value_port(name, text, port, problem);
}

int pn_host_split(const char *option, const char *value,
                  const char *port_option, char **bare, uint16_t *port,
                  pn_problem *problem)
{
    const char *colon = port_colon(value);
    const char *start = value;
    size_t length = colon != NULL ? (size_t)(colon - value) : strlen(value);
    int exit = check_form(option, value, problem);
    if (exit == PN_EXIT_OK && colon != NULL)
        exit = take_port(option, value, colon + 1, port_option, port, problem);
    if (exit != PN_EXIT_OK)
        return exit;
    if (length > 2 && start[0] == '[' && start[length - 1] == ']') {
        start++;
        length -= 2;
    }
    if (length == 0)
        return pn_value_refuse(option, value, "the host is missing", problem);
    *bare = pn_memory_copy_text(start, length);
    return *bare != NULL ? PN_EXIT_OK : pn_problem_no_memory(problem);
}
