#include "transport/socks5.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/fail.h"

enum {
    VERSION = 5,
    LOGIN_VERSION = 1, /* RFC 1929 2 */
    METHOD_NONE = 0,
    METHOD_PASSWORD = 2,
    METHOD_REFUSED = 255,
    COMMAND_CONNECT = 1,
    TYPE_IPV4 = 1,
    TYPE_NAME = 3,
    TYPE_IPV6 = 4,
    REQUEST_MAX = 4 + 1 + 255 + 2,
    LOGIN_MAX = 3 + 255 + 255,
    SHOWN_OCTETS = 32
};

static pneu_status add_octet(pn_buffer *to, size_t octet)
{
    return pn_buffer_append_char(to, (char)(unsigned char)octet);
}

/* A text of at most 255 octets, after its length. */
static pneu_status add_counted(pn_buffer *to, const char *text)
{
    size_t length = strlen(text);
    if (length > 255)
        return PNEU_TOO_LARGE;
    pneu_status status = add_octet(to, length);
    return status == PNEU_OK ? pn_buffer_append_text(to, text) : status;
}

/* RFC 1929 2 */
static pneu_status make_login(pn_buffer *to, const pn_proxy *proxy)
{
    pneu_status status = add_octet(to, LOGIN_VERSION);
    if (status == PNEU_OK)
        status = add_counted(to, proxy->user);
    if (status == PNEU_OK)
        status = add_counted(to, proxy->password);
    return status;
}

/* RFC 1928 5: a name is sent as it is, for the proxy to look up. */
static pneu_status add_host(pn_buffer *to, const char *host)
{
    char address[sizeof(struct in6_addr)];
    bool is_v4 = inet_pton(AF_INET, host, address) == 1;
    bool is_v6 = !is_v4 && inet_pton(AF_INET6, host, address) == 1;
    pneu_status status = add_octet(to, is_v4   ? TYPE_IPV4
                                       : is_v6 ? TYPE_IPV6
                                               : TYPE_NAME);
    if (status != PNEU_OK)
        return status;
    if (!is_v4 && !is_v6)
        return add_counted(to, host);
    return pn_buffer_append(
        to, (pn_span){address, is_v4 ? sizeof(struct in_addr)
                                     : sizeof(struct in6_addr)});
}

/* RFC 1928 4 */
static pneu_status make_request(pn_buffer *to, const char *host, uint16_t port)
{
    static const char START[] = {VERSION, COMMAND_CONNECT, 0};
    pneu_status status = pn_buffer_append(to, (pn_span){START, sizeof(START)});
    if (status == PNEU_OK)
        status = add_host(to, host);
    if (status == PNEU_OK)
        status = add_octet(to, port >> 8);
    if (status == PNEU_OK)
        status = add_octet(to, port & 255U);
    return status;
}

pneu_status pn_socks5_begin(pn_socks5 *socks, const pn_proxy *proxy,
                            const char *host, uint16_t port, pn_buffer *out)
{
    /* RFC 1928 3 */
    static const char WITHOUT[] = {VERSION, 1, METHOD_NONE};
    static const char WITH[] = {VERSION, 2, METHOD_NONE, METHOD_PASSWORD};
    *socks = (pn_socks5){.step = PN_SOCKS5_METHOD};
    pn_buffer_init(&socks->login, LOGIN_MAX);
    pn_buffer_init(&socks->request, REQUEST_MAX);
    pn_span greeting = {WITHOUT, sizeof(WITHOUT)};
    pneu_status status = make_request(&socks->request, host, port);
    if (status == PNEU_OK && proxy->user != NULL) {
        greeting = (pn_span){WITH, sizeof(WITH)};
        status = make_login(&socks->login, proxy);
    }
    return status == PNEU_OK ? pn_buffer_append(out, greeting) : status;
}

void pn_socks5_finish(pn_socks5 *socks)
{
    pn_buffer_finish(&socks->login);
    pn_buffer_finish(&socks->request);
}

/* Sends what has been made ready. */
static pn_io send_next(pn_socks5 *socks, pn_buffer *ready, pn_socks5_step next,
                       pn_buffer *out, pneu_error *error)
{
    pneu_status status = pn_buffer_append(out, pn_buffer_span(ready));
    pn_buffer_finish(ready);
    if (status != PNEU_OK) {
        pn_fail(error, status, "no memory to talk to it");
        return PN_IO_FAILED;
    }
    socks->step = next;
    return PN_IO_AGAIN;
}

static pn_io fail(pneu_error *error, const char *what)
{
    pn_fail(error, PNEU_PROXY, "%s", what);
    return PN_IO_FAILED;
}

static pn_io fail_no_socks(pneu_error *error, pn_span came)
{
    char shown[4 * SHOWN_OCTETS + 1];
    if (came.length > SHOWN_OCTETS)
        came.length = SHOWN_OCTETS;
    pn_escape(came, "\\n", shown, sizeof(shown));
    pn_fail(error, PNEU_PROXY, "it does not speak SOCKS5: it said \"%s\"",
            shown);
    return PN_IO_FAILED;
}

static unsigned octet_at(pn_span span, size_t i)
{
    return (unsigned char)span.data[i];
}

static pn_io take_method(pn_socks5 *socks, pn_buffer *in, pn_buffer *out,
                         pneu_error *error)
{
    pn_span came = pn_buffer_span(in);
    bool has_login = pn_buffer_length(&socks->login) > 0;
    if (came.length > 0 && octet_at(came, 0) != VERSION)
        return fail_no_socks(error, came);
    if (came.length < 2)
        return PN_IO_AGAIN;
    unsigned method = octet_at(came, 1);
    pn_buffer_consume(in, 2);
    if (method == METHOD_NONE)
        return send_next(socks, &socks->request, PN_SOCKS5_REPLY, out, error);
    if (method == METHOD_PASSWORD && has_login)
        return send_next(socks, &socks->login, PN_SOCKS5_LOGIN, out, error);
    if (method != METHOD_REFUSED && method != METHOD_PASSWORD)
        return fail(error, "it chose a way to log in that was not offered");
    return fail(error, has_login ? "it accepts no user and password"
                                 : "it asks for a user and a password");
}

static pn_io take_login(pn_socks5 *socks, pn_buffer *in, pn_buffer *out,
                        pneu_error *error)
{
    pn_span came = pn_buffer_span(in);
    if (came.length > 0 && octet_at(came, 0) != LOGIN_VERSION)
        return fail_no_socks(error, came);
    if (came.length < 2)
        return PN_IO_AGAIN;
    bool is_accepted = octet_at(came, 1) == 0;
    pn_buffer_consume(in, 2);
    if (!is_accepted)
        return fail(error, "it refused the user or the password");
    return send_next(socks, &socks->request, PN_SOCKS5_REPLY, out, error);
}

/* RFC 1928 6 */
static pn_io fail_refused(pneu_error *error, unsigned reply)
{
    static const char *const REASONS[] = {
        "",
        "something went wrong",
        "its rules do not allow it",
        "the network cannot be reached",
        "the host cannot be reached",
        "the host refused it",
        "the host took too long (TTL expired)",
        "it does not know the command CONNECT",
        "it does not know this kind of address",
    };
    const char *reason = reply < sizeof(REASONS) / sizeof(REASONS[0])
                             ? REASONS[reply]
                             : "it gave no reason that is known";
    pn_fail(error, PNEU_PROXY, "%s (SOCKS reply %u)", reason, reply);
    return PN_IO_FAILED;
}

/* How long the whole reply is, as far as that can be told; 0: there is no such
 * kind of address. */
static size_t reply_length(pn_span came)
{
    enum {
        BEFORE = 4,
        PORT = 2
    };
    if (came.length < BEFORE + 1)
        return BEFORE + 1;
    switch (octet_at(came, 3)) {
    case TYPE_IPV4:
        return BEFORE + sizeof(struct in_addr) + PORT;
    case TYPE_NAME:
        return BEFORE + 1 + octet_at(came, BEFORE) + PORT;
    case TYPE_IPV6:
        return BEFORE + sizeof(struct in6_addr) + PORT;
    default:
        return 0;
    }
}

static pn_io take_reply(pn_socks5 *socks, pn_buffer *in, pneu_error *error)
{
    pn_span came = pn_buffer_span(in);
    if (came.length > 0 && octet_at(came, 0) != VERSION)
        return fail_no_socks(error, came);
    if (came.length > 1 && octet_at(came, 1) != 0)
        return fail_refused(error, octet_at(came, 1));
    size_t length = reply_length(came);
    if (length == 0)
        return fail(error, "its reply has an address of an unknown kind");
    if (came.length < length)
        return PN_IO_AGAIN;
    pn_buffer_consume(in, length);
    socks->step = PN_SOCKS5_OVER;
    return PN_IO_DONE;
}

pn_io pn_socks5_go(pn_socks5 *socks, pn_buffer *in, pn_buffer *out,
                   pneu_error *error)
{
    switch (socks->step) {
    case PN_SOCKS5_METHOD:
        return take_method(socks, in, out, error);
    case PN_SOCKS5_LOGIN:
        return take_login(socks, in, out, error);
    case PN_SOCKS5_REPLY:
        return take_reply(socks, in, error);
    default:
        return PN_IO_DONE;
    }
}
