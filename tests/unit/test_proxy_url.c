/* The URLs of proxies, and what is none: the reason is told, and no secret. */
#include <stdlib.h>
#include <string.h>

#include "failing_memory.h"
#include "transport/proxy.h"
#include "unit.h"

/* RFC 3986 2.1: what is percent-encoded is decoded. */
static void urls(void **state)
{
    static const struct {
        const char *url;
        pn_proxy_kind kind;
        const char *host;
        uint16_t port;
        const char *user;
        const char *password;
    } ROWS[] = {
        {"socks5://p.example", PN_PROXY_SOCKS5, "p.example", 1080, NULL, NULL},
        {"SOCKS5H://p.example/", PN_PROXY_SOCKS5, "p.example", 1080, NULL,
         NULL},
        {"http://p.example", PN_PROXY_HTTP, "p.example", 3128, NULL, NULL},
        {"http://p:8080", PN_PROXY_HTTP, "p", 8080, NULL, NULL},
        {"socks5://[2001:db8::1]", PN_PROXY_SOCKS5, "2001:db8::1", 1080, NULL,
         NULL},
        {"http://[::1]:1/", PN_PROXY_HTTP, "::1", 1, NULL, NULL},
        {"socks5://ann:pw@192.0.2.1:65535", PN_PROXY_SOCKS5, "192.0.2.1", 65535,
         "ann", "pw"},
        {"socks5://ann@p", PN_PROXY_SOCKS5, "p", 1080, "ann", ""},
        {"http://ann:a:b@c@p", PN_PROXY_HTTP, "p", 3128, "ann", "a:b@c"},
        {"http://a%40b:%c3%a4%2F%3a%25@p", PN_PROXY_HTTP, "p", 3128, "a@b",
         "\xc3\xa4/:%"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        pn_proxy proxy;
        pneu_error error;
        assert_status(pn_proxy_parse(&proxy, ROWS[i].url, &error), PNEU_OK);
        assert_int_equal(proxy.kind, ROWS[i].kind);
        assert_string_equal(proxy.host, ROWS[i].host);
        assert_int_equal(proxy.port, ROWS[i].port);
        if (ROWS[i].user == NULL) {
            assert_null(proxy.user);
            assert_null(proxy.password);
        } else {
            assert_string_equal(proxy.user, ROWS[i].user);
            assert_string_equal(proxy.password, ROWS[i].password);
        }
        pn_proxy_finish(&proxy);
    }
}

static void urls_that_are_none(void **state)
{
    static const struct {
        const char *url;
        const char *part;
    } ROWS[] = {
        {"", "must begin with"},
        {"p.example:1080", "must begin with"},
        {"https://secret:secret@p", "must begin with"},
        {"socks4://p", "must begin with"},
        {"http://", "no host"},
        {"http://:3128", "no host"},
        {"http://secret:secret@:1", "no host"},
        {"http://secret:secret@p:x", "its port"},
        {"http://p:", "its port"},
        {"http://p:0", "its port"},
        {"http://p:65536", "its port"},
        {"http://p:-1", "its port"},
        {"http://2001:db8::1", "in brackets"},
        {"http://[2001:db8::1", "bracket"},
        {"http://[::1]x", "bracket"},
        {"http://[p.example]", "no IPv6 address"},
        {"http://two words", "no name"},
        {"http://b\xc3\xa4r.example", "no name"},
        {"http://p\r\nX: y", "no name"},
        {"http://p/path", "nothing may follow"},
        {"http://p?q", "nothing may follow"},
        {"http://secret:se/cret@p", "%2F"},
        {"http://secret:%zz@p", "%25"},
        {"http://secret:secret%0@p", "%25"},
        {"http://secret:secret%@p", "%25"},
        {"http://secret:secret%00@p", "control"},
        {"http://secret:secret%0d%0aX@p", "control"},
        {"http://secret:secret\n@p", "control"},
        {"http://:secret@p", "no user"},
        {"http://sec%3Aret:secret@p", "no colon"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        pn_proxy proxy;
        pneu_error error;
        assert_status(pn_proxy_parse(&proxy, ROWS[i].url, &error),
                      PNEU_INVALID);
        assert_non_null(strstr(error.message, ROWS[i].part));
        assert_null(strstr(error.message, "secret"));
        assert_null(proxy.host);
        assert_null(proxy.user);
        assert_null(proxy.password);
    }
}

/* RFC 1929 2: a length is one octet. */
static void credentials_too_long(void **state)
{
    (void)state;
    for (size_t length = 255; length <= 256; length++) {
        pn_proxy proxy;
        pneu_error error;
        char url[600] = "socks5://ann:";
        memset(url + strlen(url), 'x', length);
        memcpy(url + strlen("socks5://ann:") + length, "@p", 3);
        pneu_status status = pn_proxy_parse(&proxy, url, &error);
        assert_status(status, length == 255 ? PNEU_OK : PNEU_INVALID);
        if (status != PNEU_OK)
            assert_non_null(strstr(error.message, "too long"));
        pn_proxy_finish(&proxy);
    }
}

/* Any allocation may fail: an error, and nothing is left. */
static void memory_that_is_short(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 3; n++) {
        pn_proxy proxy;
        failing_memory_start(n);
        pneu_status status = pn_proxy_parse(&proxy, "http://ann:pw@p:1", NULL);
        assert_true(failing_memory_stop());
        assert_status(status, PNEU_NO_MEMORY);
        assert_null(proxy.host);
        assert_null(proxy.user);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls),
        cmocka_unit_test(urls_that_are_none),
        cmocka_unit_test(credentials_too_long),
        cmocka_unit_test(memory_that_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
