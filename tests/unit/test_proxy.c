/* What is said to a proxy, answered in pieces of every length, wrongly, and not
 * to the end. */
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "failing_memory.h"
#include "transport/http_connect.h"
#include "transport/proxy.h"
#include "transport/proxy_stream.h"
#include "transport/socket.h"
#include "unit.h"

enum {
    TURNS_MAX = 3,
    NEVER = 1 << 20
};

typedef struct octets {
    const char *data;
    size_t length;
} octets;

#define OCTETS(literal)                \
    {                                  \
        (literal), sizeof(literal) - 1 \
    }

typedef struct dialogue {
    const char *url;
    const char *host;
    uint16_t port;
    octets turns[TURNS_MAX][2]; /* what is said to the proxy; its answer */
    const char *part;           /* of the error; NULL: it goes well */
    bool early; /* the error may come before the answer's last octet */
} dialogue;

#define ASK_NAME                \
    OCTETS("\x05\x01\0\x03\x06" \
           "m.test\x02\x4b")
#define GRANTED "\x05\0\0\x01\0\0\0\0\0\0"
#define AT "m.test", 587
#define HTTP_ASK "CONNECT m.test:587 HTTP/1.1\r\nHost: m.test:587\r\n"
#define HTTP_OK OCTETS("HTTP/1.1 200 OK\r\n\r\n")

static const dialogue GOOD[] = {
    /* RFC 1928 3, RFC 1928 4, RFC 1928 6 */
    {.url = "socks5://p",
     AT,
     {{OCTETS("\x05\x01\0"), OCTETS("\x05\0")}, {ASK_NAME, OCTETS(GRANTED)}}},
    {.url = "socks5h://p",
     AT,
     {{OCTETS("\x05\x01\0"), OCTETS("\x05\0")},
      {ASK_NAME, OCTETS("\x05\0\0\x03\x03"
                        "abc\0\x19")}}},
    /* RFC 1928 5 */
    {.url = "socks5://p",
     "192.0.2.1",
     25,
     {{OCTETS("\x05\x01\0"), OCTETS("\x05\0")},
      {OCTETS("\x05\x01\0\x01\xc0\0\x02\x01\0\x19"),
       OCTETS("\x05\0\0\x04"
              "0123456789abcdef\0\0")}}},
    {.url = "socks5://p",
     "2001:db8::1",
     25,
     {{OCTETS("\x05\x01\0"), OCTETS("\x05\0")},
      {OCTETS("\x05\x01\0\x04\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\0"
              "\x19"),
       OCTETS(GRANTED)}}},
    /* RFC 1929 2 */
    {.url = "socks5://ann:p%20w@p",
     AT,
     {{OCTETS("\x05\x02\0\x02"), OCTETS("\x05\x02")},
      {OCTETS("\x01\x03"
              "ann\x03p w"),
       OCTETS("\x01\0")},
      {ASK_NAME, OCTETS(GRANTED)}}},
    {.url = "socks5://ann:pw@p",
     AT,
     {{OCTETS("\x05\x02\0\x02"), OCTETS("\x05\0")},
      {ASK_NAME, OCTETS(GRANTED)}}},
    /* RFC 9110 9.3.6, RFC 9112 3.2.3 */
    {.url = "http://p", AT, {{OCTETS(HTTP_ASK "\r\n"), HTTP_OK}}},
    {.url = "http://p",
     "2001:db8::1",
     25,
     {{OCTETS("CONNECT [2001:db8::1]:25 HTTP/1.1\r\n"
              "Host: [2001:db8::1]:25\r\n\r\n"),
       HTTP_OK}}},
    /* RFC 7617 2 */
    {.url = "http://Aladdin:open%20sesame@p",
     AT,
     {{OCTETS(HTTP_ASK "Proxy-Authorization: Basic "
                       "QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n"),
       HTTP_OK}}},
    /* fields do not matter (RFC 9110 9.3.6), nor does 1xx (RFC 9110 15.2) */
    {.url = "http://p",
     AT,
     {{OCTETS(HTTP_ASK "\r\n"),
       OCTETS("HTTP/1.0 299 x\r\nContent-Length: 7\r\nA:\r\n\r\n")}}},
    {.url = "http://p",
     AT,
     {{OCTETS(HTTP_ASK "\r\n"),
       OCTETS("HTTP/1.1 100\r\n\r\nHTTP/1.1 103 x\r\nA: b\r\n\r\n"
              "HTTP/1.1 200 \r\n\r\n")}}},
    /* RFC 9112 2.2 */
    {.url = "http://p",
     AT,
     {{OCTETS(HTTP_ASK "\r\n"), OCTETS("HTTP/1.1 200 OK\nA: b\n\n")}}},
};

#define METHOD                                 \
    {                                          \
        OCTETS("\x05\x01\0"), OCTETS("\x05\0") \
    }
#define SOCKS_REFUSAL(answer, words)                                   \
    {                                                                  \
        .url = "socks5://p", AT, {METHOD, {ASK_NAME, OCTETS(answer)}}, \
        .part = words, .early = true                                   \
    }
#define HTTP_REFUSAL(answer, words)                                         \
    {                                                                       \
        .url = "http://p", AT, {{OCTETS(HTTP_ASK "\r\n"), OCTETS(answer)}}, \
        .part = words, .early = true                                        \
    }

static const dialogue BAD[] = {
    {.url = "socks5://p",
     AT,
     {{OCTETS("\x05\x01\0"), OCTETS("\x05\xff")}},
     .part = "it asks for a user and a password"},
    {.url = "socks5://ann:pw@p",
     AT,
     {{OCTETS("\x05\x02\0\x02"), OCTETS("\x05\xff")}},
     .part = "it accepts no user and password"},
    {.url = "socks5://p",
     AT,
     {{OCTETS("\x05\x01\0"), OCTETS("\x05\x02")}},
     .part = "it asks for a user and a password"},
    {.url = "socks5://p",
     AT,
     {{OCTETS("\x05\x01\0"), OCTETS("\x05\x01")}},
     .part = "was not offered"},
    {.url = "socks5://p",
     AT,
     {{OCTETS("\x05\x01\0"), OCTETS("HTTP/1.1 400 Bad\r\n")}},
     .part = "it does not speak SOCKS5: it said \"H",
     .early = true},
    {.url = "socks5://ann:pw@p",
     AT,
     {{OCTETS("\x05\x02\0\x02"), OCTETS("\x05\x02")},
      {OCTETS("\x01\x03"
              "ann\x02pw"),
       OCTETS("\x01\x01")}},
     .part = "it refused the user or the password"},
    {.url = "socks5://ann:pw@p",
     AT,
     {{OCTETS("\x05\x02\0\x02"), OCTETS("\x05\x02")},
      {OCTETS("\x01\x03"
              "ann\x02pw"),
       OCTETS("\x05\0")}},
     .part = "it does not speak SOCKS5",
     .early = true},
    SOCKS_REFUSAL("\x05\x01\0\x01\0\0\0\0\0\0", "(SOCKS reply 1)"),
    SOCKS_REFUSAL("\x05\x02\0\x01\0\0\0\0\0\0", "its rules do not allow it"),
    SOCKS_REFUSAL("\x05\x03\0\x01\0\0\0\0\0\0", "the network cannot be"),
    SOCKS_REFUSAL("\x05\x04\0\x01\0\0\0\0\0\0", "the host cannot be reached"),
    SOCKS_REFUSAL("\x05\x05\0\x01\0\0\0\0\0\0", "the host refused it"),
    SOCKS_REFUSAL("\x05\x06\0\x01\0\0\0\0\0\0", "too long"),
    SOCKS_REFUSAL("\x05\x07\0\x01\0\0\0\0\0\0", "CONNECT"),
    SOCKS_REFUSAL("\x05\x08", "kind of address"),
    SOCKS_REFUSAL("\x05\x63", "no reason that is known (SOCKS reply 99)"),
    SOCKS_REFUSAL("\x05\0\0\x02\0\0\0\0\0\0", "address of an unknown kind"),
    SOCKS_REFUSAL("220 hello\r\n", "it does not speak SOCKS5"),
    HTTP_REFUSAL("HTTP/1.1 403 For\033bidden\r\nA: b\r\n\r\nno",
                 "it refused: it said \"HTTP/1.1 403 For\\x1bbidden\""),
    HTTP_REFUSAL("HTTP/1.1 301 Moved\r\n\r\n", "301 Moved"),
    HTTP_REFUSAL("HTTP/1.1 407 Who\r\n\r\n",
                 "it asks for a user and a password: it said \"HTTP/1.1 407"),
    HTTP_REFUSAL("220 mail.example.com ESMTP\r\n", "it does not speak HTTP"),
    HTTP_REFUSAL("HTTP/2 200 OK\r\n\r\n", "it does not speak HTTP"),
    HTTP_REFUSAL("HTTP/1.1 2000 OK\r\n\r\n", "its answer is not HTTP"),
    HTTP_REFUSAL("HTTP/1.1\r\n\r\n", "its answer is not HTTP"),
    HTTP_REFUSAL("HTTP/1.1 101 Switching\r\n\r\n", "its answer is not HTTP"),
    HTTP_REFUSAL("HTTP/1.1 099 x\r\n\r\n", "its answer is not HTTP"),
    {.url = "http://ann:pw@p",
     AT,
     {{OCTETS(HTTP_ASK "Proxy-Authorization: Basic YW5uOnB3\r\n\r\n"),
       OCTETS("HTTP/1.1 407 Who\r\n\r\n")}},
     .part = "it refused the user or the password"},
};

/* A connection to a proxy that is played by the test. */
typedef struct play {
    pneu_status made;
    pneu_error error;
    pn_stream *stream;
    int far;
    pn_io result;
} play;

static play begin(const char *url, const char *host, uint16_t port)
{
    int ends[2];
    pn_proxy proxy;
    play it = {.result = PN_IO_AGAIN};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    it.far = ends[1];
    assert_status(pn_proxy_parse(&proxy, url, &it.error), PNEU_OK);
    it.made = pn_proxy_stream(&it.stream, pn_socket_stream(ends[0], false),
                              &proxy, host, port, &it.error);
    pn_proxy_finish(&proxy);
    return it;
}

static void end(play *it)
{
    pn_stream_free(it->stream);
    if (it->far >= 0)
        close(it->far);
}

static void go(play *it)
{
    if (it->result == PN_IO_AGAIN)
        it->result = pn_proxy_handshake(it->stream);
}

static void assert_said(const play *it, octets wanted)
{
    char said[4096];
    ssize_t length = recv(it->far, said, sizeof(said), 0);
    assert_int_equal(length, wanted.length);
    assert_memory_equal(said, wanted.data, wanted.length);
}

static void say(play *it, const char *data, size_t length)
{
    if (length > 0 && it->result == PN_IO_AGAIN)
        assert_int_equal(send(it->far, data, length, MSG_NOSIGNAL), length);
    go(it);
}

/* Plays a dialogue, with a pause before the octet `pause` of all answers; with
 * each octet alone if it is NEVER. Returns the octets answered. */
static size_t run(play *it, const dialogue *row, size_t pause)
{
    size_t count = 0;
    for (size_t i = 0; i < TURNS_MAX && row->turns[i][0].length > 0; i++) {
        octets answer = row->turns[i][1];
        go(it);
        if (it->result != PN_IO_AGAIN)
            break;
        assert_said(it, row->turns[i][0]);
        size_t first = answer.length;
        if (pause >= count && pause < count + answer.length)
            first = pause - count;
        if (pause == NEVER)
            for (size_t j = 0; j < answer.length; j++)
                say(it, answer.data + j, 1);
        else
            say(it, answer.data, first);
        if (pause != NEVER && first < answer.length)
            say(it, answer.data + first, answer.length - first);
        count += answer.length;
    }
    return count;
}

/* What is said through the proxy's connection arrives, both ways. */
static void assert_passes(play *it)
{
    char octet;
    char got[16];
    size_t length;
    size_t count = 0;
    struct iovec piece = {(void *)(uintptr_t) "EHLO", 4};
    send(it->far, " ready", 6, 0);
    while (pn_stream_read(it->stream, &octet, 1, &length) == PN_IO_DONE)
        got[count++] = octet;
    assert_int_equal(pn_stream_waits(it->stream), POLLIN);
    assert_int_equal(count, 9);
    assert_memory_equal(got, "220 ready", 9);
    assert_int_equal(pn_stream_write(it->stream, &piece, 1, &length),
                     PN_IO_DONE);
    assert_int_equal(pn_stream_flush(it->stream), PN_IO_DONE);
    assert_said(it, (octets){"EHLO", 4});
    close(it->far);
    it->far = -1;
    assert_int_equal(pn_stream_read(it->stream, &octet, 1, &length), PN_IO_END);
}

static void connections_at_every_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(GOOD); i++) {
        size_t total = NEVER;
        for (size_t pause = 0; pause <= total; pause++) {
            play it = begin(GOOD[i].url, GOOD[i].host, GOOD[i].port);
            assert_status(it.made, PNEU_OK);
            total = run(&it, &GOOD[i], pause < total ? pause : NEVER);
            assert_int_equal(it.result, PN_IO_DONE);
            send(it.far, "220", 3, 0);
            assert_passes(&it);
            end(&it);
        }
    }
}

/* What comes in one run with the answer is the host's. */
static void octets_behind_the_answer(void **state)
{
    (void)state;
    play it = begin("socks5://p", AT);
    go(&it);
    say(&it, "\x05\0", 2);
    say(&it, GRANTED "220", sizeof(GRANTED) - 1 + 3);
    assert_int_equal(it.result, PN_IO_DONE);
    char said[64];
    assert_true(recv(it.far, said, sizeof(said), 0) > 0);
    assert_passes(&it);
    end(&it);
    it = begin("http://p", AT);
    go(&it);
    say(&it, "HTTP/1.1 200\r\n\r\n220", 19);
    assert_int_equal(it.result, PN_IO_DONE);
    assert_true(recv(it.far, said, sizeof(said), 0) > 0);
    assert_passes(&it);
    end(&it);
}

/* Also what is no status line (RFC 9112 4). */
static void refusals_at_every_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(BAD); i++) {
        size_t total = NEVER;
        for (size_t pause = 0; pause <= total; pause++) {
            play it = begin(BAD[i].url, BAD[i].host, BAD[i].port);
            total = run(&it, &BAD[i], pause < total ? pause : NEVER);
            assert_int_equal(it.result, PN_IO_FAILED);
            const pneu_error *error = pn_stream_error(it.stream);
            assert_status(error->status, PNEU_PROXY);
            bool is_told = strstr(error->message, BAD[i].part) != NULL;
            /* what has not come cannot be told */
            if (!is_told && (pause == 0 || !BAD[i].early))
                fail_msg("\"%s\" is not in \"%s\"", BAD[i].part,
                         error->message);
            assert_non_null(strstr(error->message, "the proxy p port "));
            assert_null(strstr(error->message, "pw"));
            /* and it stays so */
            assert_int_equal(pn_proxy_handshake(it.stream), PN_IO_FAILED);
            end(&it);
        }
    }
}

/* The proxy goes away after each octet that it might have said. */
static void proxy_that_goes_away(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(GOOD); i++) {
        octets answer = GOOD[i].turns[0][1];
        for (size_t count = 0; count < answer.length; count++) {
            char said[512];
            play it = begin(GOOD[i].url, GOOD[i].host, GOOD[i].port);
            go(&it);
            recv(it.far, said, sizeof(said), 0);
            say(&it, answer.data, count);
            assert_int_equal(it.result, PN_IO_AGAIN);
            close(it.far);
            it.far = -1;
            go(&it);
            assert_int_equal(it.result, PN_IO_FAILED);
            assert_status(pn_stream_error(it.stream)->status, PNEU_PROXY);
            assert_non_null(strstr(pn_stream_error(it.stream)->message,
                                   "it closed the connection"));
            end(&it);
        }
    }
}

static void line_that_breaks(void **state)
{
    (void)state;
    play it = begin("socks5://p", AT);
    close(it.far);
    it.far = -1;
    go(&it);
    assert_int_equal(it.result, PN_IO_FAILED);
    assert_status(pn_stream_error(it.stream)->status, PNEU_PROXY);
    assert_true(pn_stream_error(it.stream)->system_error != 0);
    end(&it);
}

static void endless_answers(void **state)
{
    static const char *const STARTS[] = {"HTTP/1.1 200 OK", "HTTP/1.1 100\r\n\r"
                                                            "\n"};
    static const char *const MORE[] = {"x", "HTTP/1.1 100\r\n\r\n"};
    (void)state;
    for (size_t i = 0; i < COUNT(STARTS); i++) {
        size_t count = 0;
        play it = begin("http://p", AT);
        say(&it, STARTS[i], strlen(STARTS[i]));
        while (it.result == PN_IO_AGAIN && count++ < PN_HTTP_HEADER_MAX)
            say(&it, MORE[i], strlen(MORE[i]));
        assert_int_equal(it.result, PN_IO_FAILED);
        assert_status(pn_stream_error(it.stream)->status, PNEU_PROXY);
        assert_true(i == 0 ? count > PN_HTTP_HEADER_MAX - 100 : count < 20);
        end(&it);
    }
}

/* Nothing of a host becomes a line, or another host, for the proxy. */
static void hosts_that_are_none(void **state)
{
    static const char *const URLS[] = {"http://p", "socks5://p"};
    static const char *const HOSTS[] = {
        "", "a\r\nX: y", "a b", "a:25", "a/b", "a@b", "b\xc3\xa4r", "[::1]",
    };
    char long_host[300];
    (void)state;
    memset(long_host, 'a', 256);
    long_host[256] = '\0';
    for (size_t i = 0; i < COUNT(URLS); i++) {
        for (size_t j = 0; j <= COUNT(HOSTS); j++) {
            play it =
                begin(URLS[i], j < COUNT(HOSTS) ? HOSTS[j] : long_host, 25);
            assert_status(it.made, PNEU_INVALID);
            assert_null(it.stream);
            end(&it);
        }
        long_host[255] = '\0';
        play it = begin(URLS[i], long_host, 25);
        assert_status(it.made, PNEU_OK);
        go(&it);
        assert_int_equal(it.result, PN_IO_AGAIN);
        end(&it);
        long_host[255] = 'a';
    }
}

/* Any allocation may fail: an error, and no leak. */
static void memory_that_is_short(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(GOOD); i++) {
        bool has_failed = true;
        for (size_t n = 1; has_failed; n++) {
            int ends[2];
            pn_proxy proxy;
            pneu_error error;
            play it = {.result = PN_IO_AGAIN};
            assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
            fcntl(ends[0], F_SETFL, O_NONBLOCK);
            it.far = ends[1];
            pn_stream *below = pn_socket_stream(ends[0], false);
            failing_memory_start(n);
            it.made = pn_proxy_parse(&proxy, GOOD[i].url, &error);
            if (it.made == PNEU_OK)
                it.made = pn_proxy_stream(&it.stream, below, &proxy,
                                          GOOD[i].host, GOOD[i].port, &error);
            else
                pn_stream_free(below);
            if (it.made == PNEU_OK)
                run(&it, &GOOD[i], 1);
            has_failed = failing_memory_stop();
            if (it.made != PNEU_OK)
                assert_status(it.made, PNEU_NO_MEMORY);
            else if (has_failed)
                assert_status(pn_stream_error(it.stream)->status,
                              PNEU_NO_MEMORY);
            else
                assert_int_equal(it.result, PN_IO_DONE);
            pn_proxy_finish(&proxy);
            end(&it);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connections_at_every_split),
        cmocka_unit_test(octets_behind_the_answer),
        cmocka_unit_test(refusals_at_every_split),
        cmocka_unit_test(proxy_that_goes_away),
        cmocka_unit_test(line_that_breaks),
        cmocka_unit_test(endless_answers),
        cmocka_unit_test(hosts_that_are_none),
        cmocka_unit_test(memory_that_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
