#include "transport/proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/fail.h"
#include "base/memory.h"
#include "base/secret.h"
#include "base/span.h"

enum {
    HOST_MAX = 255,
    SOCKS_TEXT_MAX = 255, /* RFC 1929 2 */
    HTTP_TEXT_MAX = 2048
};

/* How an URL is cut up. */
typedef struct parts {
    pn_span user;
    pn_span password;
    pn_span host;
    pn_span port;
    bool has_user;
    bool has_port;
    bool is_bracketed;
} parts;

static pneu_status invalid(pneu_error *error, const char *what)
{
    return pn_fail(error, PNEU_INVALID, "the proxy's URL: %s", what);
}

/* Cuts rest at the first c: what is before it goes to before, and rest is what
 * follows. */
static bool cut_at(pn_span *rest, char c, pn_span *before)
{
    const char *at =
        rest->length > 0 ? memchr(rest->data, c, rest->length) : NULL;
    if (at == NULL)
        return false;
    size_t length = (size_t)(at - rest->data);
    *before = (pn_span){rest->data, length};
    *rest = (pn_span){at + 1, rest->length - length - 1};
    return true;
}

static pneu_status read_scheme(pn_proxy *proxy, pn_span *rest,
                               pneu_error *error)
{
    static const struct {
        pn_span scheme;
        pn_proxy_kind kind;
        uint16_t port;
    } KNOWN[] = {
        {{"socks5://", 9}, PN_PROXY_SOCKS5, 1080},
        {{"socks5h://", 10}, PN_PROXY_SOCKS5, 1080},
        {{"http://", 7}, PN_PROXY_HTTP, 3128},
    };
    for (size_t i = 0; i < sizeof(KNOWN) / sizeof(KNOWN[0]); i++) {
        if (!pn_span_starts_nocase(*rest, KNOWN[i].scheme))
            continue;
        proxy->kind = KNOWN[i].kind;
        proxy->port = KNOWN[i].port;
        rest->data += KNOWN[i].scheme.length;
        rest->length -= KNOWN[i].scheme.length;
        return PNEU_OK;
    }
    return invalid(error, "it must begin with socks5://, socks5h:// or "
                          "http://");
}

/* What stands before the path, of which there is none but "/". */
static pneu_status read_authority(pn_span *rest, pneu_error *error)
{
    size_t length = 0;
    while (length < rest->length && strchr("/?#", rest->data[length]) == NULL)
        length++;
    if (length + 1 < rest->length ||
        (length < rest->length && rest->data[length] != '/'))
        return invalid(error,
                       "nothing may follow the port (and /, ? and # in a "
                       "user or password are written %2F, %3F and %23)");
    rest->length = length;
    return PNEU_OK;
}

/* The last @ ends the password, so that one with a bare @ is still meant
 * well. */
static void read_user(pn_span *rest, parts *found)
{
    size_t end = 0;
    for (size_t i = 0; i < rest->length; i++) {
        if (rest->data[i] == '@')
            end = i + 1;
    }
    if (end == 0)
        return;
    pn_span before = {rest->data, end - 1};
    *rest = (pn_span){rest->data + end, rest->length - end};
    found->has_user = true;
    if (cut_at(&before, ':', &found->user))
        found->password = before;
    else
        found->user = before;
}

static pneu_status read_host(pn_span rest, parts *found, pneu_error *error)
{
    found->is_bracketed = rest.length > 0 && rest.data[0] == '[';
    if (found->is_bracketed) {
        rest = (pn_span){rest.data + 1, rest.length - 1};
        if (!cut_at(&rest, ']', &found->host) ||
            (rest.length > 0 && rest.data[0] != ':'))
            return invalid(error, "the bracket of its address is not closed, "
                                  "or something follows that is no port");
        found->has_port = rest.length > 0;
        if (found->has_port)
            found->port = (pn_span){rest.data + 1, rest.length - 1};
        return PNEU_OK;
    }
    found->has_port = cut_at(&rest, ':', &found->host);
    if (!found->has_port)
        found->host = rest;
    else
        found->port = rest;
    if (found->has_port && memchr(rest.data, ':', rest.length) != NULL)
        return invalid(error, "an IPv6 address stands in brackets");
    return PNEU_OK;
}

static bool is_name(pn_span host)
{
    for (size_t i = 0; i < host.length; i++) {
        char c = host.data[i];
        if (!pn_ascii_is_alnum(c) && c != '-' && c != '.' && c != '_')
            return false;
    }
    return host.length > 0 && host.length <= HOST_MAX;
}

static pneu_status take_host(pn_proxy *proxy, const parts *found,
                             pneu_error *error)
{
    unsigned char v6[sizeof(struct in6_addr)];
    if (found->host.length == 0)
        return invalid(error, "it names no host");
    if (!found->is_bracketed && !is_name(found->host))
        return invalid(error, "its host is no name in ASCII and no address");
    proxy->host = pn_memory_copy_text(found->host.data, found->host.length);
    if (proxy->host == NULL)
        return pn_fail(error, PNEU_NO_MEMORY, "no memory for the proxy");
    if (found->is_bracketed && inet_pton(AF_INET6, proxy->host, v6) != 1)
        return invalid(error, "what stands in brackets is no IPv6 address");
    return PNEU_OK;
}

static pneu_status take_port(pn_proxy *proxy, const parts *found,
                             pneu_error *error)
{
    uint64_t port = 0;
    if (!found->has_port)
        return PNEU_OK;
    if (!pn_span_number(found->port, &port) || port == 0 || port > 65535)
        return invalid(error, "its port is no number from 1 to 65535");
    proxy->port = (uint16_t)port;
    return PNEU_OK;
}

static int hex_value(char c)
{
    static const char DIGITS[] = "0123456789abcdef";
    const char *at = c != '\0' ? strchr(DIGITS, pn_ascii_lower(c)) : NULL;
    return at != NULL ? (int)(at - DIGITS) : -1;
}

/* RFC 3986 2.1. Writes to where it reads, since it never gets longer; false
 * for a % that is none, and for control characters, which neither protocol
 * can carry. */
static bool decode(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        int c = (unsigned char)*from;
        if (c == '%') {
            int high = hex_value(from[1]);
            int low = high >= 0 ? hex_value(from[2]) : -1;
            if (low < 0)
                return false;
            c = high * 16 + low;
            from += 2;
        }
        if (c < 32 || c == 127)
            return false;
        *to++ = (char)c;
    }
    *to = '\0';
    return true;
}

/* Wiped in full length: decoding has made it shorter. */
static void free_secret(char *text, size_t length)
{
    pn_secret_wipe(text, length);
    pn_memory_free(text);
}

static pneu_status take_text(const pn_proxy *proxy, char **to, pn_span from,
                             pneu_error *error)
{
    size_t most =
        proxy->kind == PN_PROXY_SOCKS5 ? SOCKS_TEXT_MAX : HTTP_TEXT_MAX;
    char *text =
        pn_memory_copy_text(from.length > 0 ? from.data : "", from.length);
    if (text == NULL)
        return pn_fail(error, PNEU_NO_MEMORY, "no memory for the proxy");
    bool is_decoded = decode(text);
    if (is_decoded && strlen(text) <= most) {
        *to = text;
        return PNEU_OK;
    }
    free_secret(text, from.length);
    return invalid(error, is_decoded
                              ? "its user or password is too long"
                              : "in its user and password a % is written "
                                "%25, and there are no control characters");
}

static pneu_status take_user(pn_proxy *proxy, const parts *found,
                             pneu_error *error)
{
    if (!found->has_user)
        return PNEU_OK;
    pneu_status status = take_text(proxy, &proxy->user, found->user, error);
    if (status == PNEU_OK)
        status = take_text(proxy, &proxy->password, found->password, error);
    if (status != PNEU_OK)
        return status;
    if (proxy->user[0] == '\0')
        return invalid(error, "there is no user before the @");
    /* RFC 7617 2 */
    if (proxy->kind == PN_PROXY_HTTP && strchr(proxy->user, ':') != NULL)
        return invalid(error, "a user of an HTTP proxy has no colon");
    return PNEU_OK;
}

pneu_status pn_proxy_parse(pn_proxy *proxy, const char *url, pneu_error *error)
{
    parts found = {0};
    pn_span rest = pn_span_of(url);
    *proxy = (pn_proxy){0};
    pneu_status status = read_scheme(proxy, &rest, error);
    if (status == PNEU_OK)
        status = read_authority(&rest, error);
    if (status == PNEU_OK) {
        read_user(&rest, &found);
        status = read_host(rest, &found, error);
    }
    if (status == PNEU_OK)
        status = take_host(proxy, &found, error);
    if (status == PNEU_OK)
        status = take_port(proxy, &found, error);
    if (status == PNEU_OK)
        status = take_user(proxy, &found, error);
    if (status != PNEU_OK)
        pn_proxy_finish(proxy);
    return status;
}

void pn_proxy_finish(pn_proxy *proxy)
{
    pn_memory_free(proxy->host);
    pn_secret_free_text(proxy->user);
    pn_secret_free_text(proxy->password);
    *proxy = (pn_proxy){0};
}
