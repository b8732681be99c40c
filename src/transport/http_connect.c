#include "transport/http_connect.h"

#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/escape.h"
#include "base/fail.h"

enum {
    AUTHORITY_MAX = 300,
    CREDENTIALS_MAX = 2 * 2048 + 1, /* as proxy.c allows them */
    INTERIM_MAX = 10,
    LINE_SHOWN = 100
};

/* RFC 7617 2 */
static pneu_status add_credentials(pn_buffer *out, const pn_proxy *proxy)
{
    pn_buffer pair;
    pn_buffer_init(&pair, CREDENTIALS_MAX);
    pneu_status status = pn_buffer_append_text(&pair, proxy->user);
    if (status == PNEU_OK)
        status = pn_buffer_append_char(&pair, ':');
    if (status == PNEU_OK)
        status = pn_buffer_append_text(&pair, proxy->password);
    if (status == PNEU_OK)
        status = pn_buffer_append_text(out, "Proxy-Authorization: Basic ");
    if (status == PNEU_OK)
        status = pn_base64_encode(out, pn_buffer_span(&pair));
    if (status == PNEU_OK)
        status = pn_buffer_append_text(out, "\r\n");
    pn_buffer_finish(&pair);
    return status;
}

pneu_status pn_http_connect_begin(pn_http_connect *http, const pn_proxy *proxy,
                                  const char *host, uint16_t port,
                                  pn_buffer *out)
{
    char authority[AUTHORITY_MAX];
    char request[2 * AUTHORITY_MAX + 64];
    bool is_v6 = strchr(host, ':') != NULL;
    *http = (pn_http_connect){.has_user = proxy->user != NULL};
    snprintf(authority, sizeof(authority), "%s%s%s:%u", is_v6 ? "[" : "", host,
             is_v6 ? "]" : "", port);
    /* RFC 9110 9.3.6, RFC 9112 3.2.3 */
    snprintf(request, sizeof(request), "CONNECT %s HTTP/1.1\r\nHost: %s\r\n",
             authority, authority);
    pneu_status status = pn_buffer_append_text(out, request);
    if (status == PNEU_OK && proxy->user != NULL)
        status = add_credentials(out, proxy);
    if (status == PNEU_OK)
        status = pn_buffer_append_text(out, "\r\n");
    return status;
}

static pn_io fail_line(pneu_error *error, const char *what, pn_span line)
{
    char shown[4 * LINE_SHOWN + 1];
    if (line.length > LINE_SHOWN)
        line.length = LINE_SHOWN;
    while (line.length > 0 && line.data[line.length - 1] == '\r')
        line.length--;
    pn_escape(line, "\\n", shown, sizeof(shown));
    pn_fail(error, PNEU_PROXY, "%s: it said \"%s\"", what, shown);
    return PN_IO_FAILED;
}

/* The octets up to the first line end, or all. */
static pn_span first_line(pn_span came)
{
    const char *end =
        came.length > 0 ? memchr(came.data, '\n', came.length) : NULL;
    if (end != NULL)
        came.length = (size_t)(end - came.data);
    return came;
}

/* RFC 9112 4: "HTTP/1.1 200 Connection established". -1: it is none. */
static int status_code(pn_span line)
{
    enum {
        VERSION = 8, /* octets of "HTTP/1.1" */
        CODE = 3
    };
    uint64_t code = 0;
    if (line.length > 0 && line.data[line.length - 1] == '\r')
        line.length--;
    if (line.length < VERSION + 1 + CODE ||
        !pn_ascii_is_digit(line.data[VERSION - 1]) ||
        line.data[VERSION] != ' ' ||
        (line.length > VERSION + 1 + CODE &&
         line.data[VERSION + 1 + CODE] != ' ') ||
        !pn_span_number((pn_span){line.data + VERSION + 1, CODE}, &code))
        return -1;
    return (int)code;
}

static bool is_http(pn_span came)
{
    static const pn_span START = {"HTTP/1.", 7};
    size_t length = came.length < START.length ? came.length : START.length;
    return length == 0 || memcmp(came.data, START.data, length) == 0;
}

/* The length of the header with the empty line that ends it; 0: it is not all
 * there. A line may end with LF alone (RFC 9112 2.2). */
static size_t header_length(pn_http_connect *http, pn_span came)
{
    for (size_t i = http->scanned; i < came.length; i++) {
        size_t next = i + 1;
        if (came.data[i] != '\n')
            continue;
        if (next < came.length && came.data[next] == '\r')
            next++;
        if (next < came.length && came.data[next] == '\n')
            return next + 1;
        if (next >= came.length) {
            http->scanned = i;
            return 0;
        }
    }
    http->scanned = came.length;
    return 0;
}

/* What a whole header says. AGAIN: it was an interim one (RFC 9110 15.2). */
static pn_io judge(pn_http_connect *http, pn_span line, pneu_error *error)
{
    int code = status_code(line);
    if (code < 100 || code > 599 || code == 101)
        return fail_line(error, "its answer is not HTTP", line);
    if (code < 200 && ++http->interim > INTERIM_MAX)
        return fail_line(error, "it comes to no answer", line);
    if (code < 200)
        return PN_IO_AGAIN;
    if (code < 300)
        return PN_IO_DONE;
    if (code != 407)
        return fail_line(error, "it refused", line);
    return fail_line(error,
                     http->has_user ? "it refused the user or the password"
                                    : "it asks for a user and a password",
                     line);
}

pn_io pn_http_connect_go(pn_http_connect *http, pn_buffer *in,
                         pneu_error *error)
{
    for (;;) {
        pn_span came = pn_buffer_span(in);
        pn_span line = first_line(came);
        size_t length = header_length(http, came);
        if (!is_http(came))
            return fail_line(error, "it does not speak HTTP", line);
        if (length == 0 && came.length >= PN_HTTP_HEADER_MAX)
            return fail_line(error, "its answer is too long", line);
        if (length == 0)
            return PN_IO_AGAIN;
        pn_io result = judge(http, line, error);
        pn_buffer_consume(in, length);
        http->scanned = 0;
        if (result != PN_IO_AGAIN)
            return result;
    }
}
