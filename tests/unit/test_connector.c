/* Connecting on loopback: from a certain near end, to addresses of both
 * families, and what a loop that waits for one descriptor is told. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transport/clock.h"
#include "transport/connector.h"
#include "transport/local_name.h"
#include "transport/source.h"
#include "unit.h"

static int listen_at(const char *text, unsigned port, unsigned *bound)
{
    pn_address address;
    int on = 1;
    struct sockaddr_in taken = {0};
    socklen_t length = sizeof(struct sockaddr_storage);
    struct sockaddr_storage storage;
    assert_true(pn_address_of_digits(&address, text, port));
    int descriptor = socket(address.storage.ss_family, SOCK_STREAM, 0);
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    assert_int_equal(bind(descriptor, (const struct sockaddr *)&address.storage,
                          address.length),
                     0);
    assert_int_equal(listen(descriptor, 4), 0);
    getsockname(descriptor, (struct sockaddr *)&storage, &length);
    memcpy(&taken, &storage, sizeof(taken));
    *bound = ntohs(taken.sin_port);
    return descriptor;
}

/* Steps until the end, as a loop that waits for the newest alone. */
static pn_io finish(pn_connector *it, int *descriptor)
{
    pn_io result;
    while ((result = pn_connector_step(it, pn_clock_now_ms(), descriptor)) ==
           PN_IO_AGAIN) {
        int64_t now = pn_clock_now_ms();
        int64_t next = pn_connector_newest_next_ms(it, now);
        struct pollfd newest = {pn_connector_newest(it), POLLOUT, 0};
        assert_true(newest.fd >= 0 || next >= 0);
        poll(&newest, 1, next < 0 ? 5000 : next > now ? (int)(next - now) : 0);
    }
    return result;
}

typedef struct near_end {
    char address[64];
    unsigned port;
} near_end;

static near_end peer_of(int listener)
{
    near_end it = {0};
    struct sockaddr_storage storage;
    struct sockaddr_in v4;
    socklen_t length = sizeof(storage);
    int accepted = accept(listener, (struct sockaddr *)&storage, &length);
    assert_true(accepted >= 0);
    pn_address address = {.storage = storage, .length = length};
    memcpy(&v4, &storage, sizeof(v4));
    it.port = ntohs(v4.sin_port);
    memset(&v4.sin_port, 0, sizeof(v4.sin_port));
    memcpy(&address.storage, &v4, sizeof(v4));
    pn_source_text(&address, it.address, sizeof(it.address));
    close(accepted);
    return it;
}

static unsigned free_port(void)
{
    unsigned port;
    close(listen_at("127.0.0.1", 0, &port));
    return port;
}

/* Every address of 127/8 is this machine's. */
static void from_an_address(void **state)
{
    const struct {
        const char *source;
        unsigned port;
        const char *seen;
    } ROWS[] = {
        {"127.0.0.1", 0, "127.0.0.1"},
        {"127.0.0.77", 0, "127.0.0.77"},
        {"127.0.0.78", free_port(), "127.0.0.78"},
        {NULL, free_port(), "127.0.0.1"},
        {NULL, 0, "127.0.0.1"},
    };
    (void)state;
    unsigned port;
    int listener = listen_at("127.0.0.1", 0, &port);
    pn_addresses addresses = {.count = 0};
    assert_true(pn_addresses_append(&addresses, "127.0.0.1", port));
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        pn_address source;
        pn_connector it;
        int descriptor = -1;
        assert_status(pn_source_parse(&source, ROWS[i].source,
                                      (uint16_t)ROWS[i].port, NULL),
                      PNEU_OK);
        pn_connector_init(&it, &addresses);
        pn_connector_set_source(&it, &source);
        assert_int_equal(finish(&it, &descriptor), PN_IO_DONE);
        near_end seen = peer_of(listener);
        assert_string_equal(seen.address, ROWS[i].seen);
        if (ROWS[i].port != 0)
            assert_int_equal(seen.port, ROWS[i].port);
        close(descriptor);
        pn_connector_finish(&it);
    }
    close(listener);
}

/* A port may be used again although the connection before is not forgotten. */
static void from_the_same_port_again(void **state)
{
    (void)state;
    unsigned port;
    unsigned mine = free_port();
    int listener = listen_at("127.0.0.1", 0, &port);
    for (int i = 0; i < 2; i++) {
        /* to another address: the pair of both ends must differ */
        pn_addresses addresses = {.count = 0};
        pn_address source;
        pn_connector it;
        int descriptor = -1;
        unsigned other = 0;
        int second = i == 0 ? -1 : listen_at("127.0.0.1", 0, &other);
        pn_addresses_append(&addresses, "127.0.0.1", i == 0 ? port : other);
        pn_source_parse(&source, "127.0.0.1", (uint16_t)mine, NULL);
        pn_connector_init(&it, &addresses);
        pn_connector_set_source(&it, &source);
        assert_int_equal(finish(&it, &descriptor), PN_IO_DONE);
        close(descriptor); /* first: TIME_WAIT is here */
        assert_int_equal(peer_of(i == 0 ? listener : second).port, mine);
        if (second >= 0)
            close(second);
        pn_connector_finish(&it);
    }
    close(listener);
}

static void addresses_of_another_family(void **state)
{
    (void)state;
    unsigned port;
    int listener = listen_at("127.0.0.1", 0, &port);
    pn_addresses addresses = {.count = 0};
    pn_address source;
    pn_connector it;
    pneu_error error;
    int descriptor = -1;
    pn_addresses_append(&addresses, "127.0.0.1", port);
    pn_source_parse(&source, "::1", 0, NULL);
    pn_connector_init(&it, &addresses);
    pn_connector_set_source(&it, &source);
    assert_int_equal(finish(&it, &descriptor), PN_IO_FAILED);
    assert_status(pn_connector_tell(&it, "mail.example.com", &error),
                  PNEU_CONNECT);
    assert_non_null(strstr(error.message, "no address of \"mail.example.com\" "
                                          "can be reached from ::1"));
    pn_connector_finish(&it);
    /* the one that fits is found among others */
    addresses.count = 0;
    pn_addresses_append(&addresses, "::1", port);
    pn_addresses_append(&addresses, "127.0.0.1", port);
    pn_source_parse(&source, "127.0.0.5", 0, NULL);
    pn_connector_init(&it, &addresses);
    pn_connector_set_source(&it, &source);
    assert_int_equal(finish(&it, &descriptor), PN_IO_DONE);
    assert_int_equal(it.winner, 1);
    assert_string_equal(peer_of(listener).address, "127.0.0.5");
    close(descriptor);
    pn_connector_finish(&it);
    close(listener);
}

static void sources_that_cannot_be_had(void **state)
{
    (void)state;
    unsigned port;
    int listener = listen_at("127.0.0.1", 0, &port);
    unsigned taken = port; /* is listened at: not to be had */
    const struct {
        const char *source;
        unsigned port;
        int number;
        const char *part;
    } ROWS[] = {
        {"192.0.2.1", 0, EADDRNOTAVAIL, "can be made from 192.0.2.1: "},
        {"127.0.0.1", taken, EADDRINUSE, "can be made from 127.0.0.1 port "},
        {NULL, taken, EADDRINUSE, "can be made from port "},
    };
    pn_addresses addresses = {.count = 0};
    pn_addresses_append(&addresses, "127.0.0.1", port);
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        pn_address source;
        pn_connector it;
        pneu_error error;
        int descriptor = -1;
        pn_source_parse(&source, ROWS[i].source, (uint16_t)ROWS[i].port, NULL);
        pn_connector_init(&it, &addresses);
        pn_connector_set_source(&it, &source);
        assert_int_equal(finish(&it, &descriptor), PN_IO_FAILED);
        assert_status(pn_connector_tell(&it, "x", &error), PNEU_CONNECT);
        assert_int_equal(error.system_error, ROWS[i].number);
        assert_non_null(strstr(error.message, ROWS[i].part));
        pn_connector_finish(&it);
    }
    close(listener);
}

static void nobody_there(void **state)
{
    (void)state;
    pn_addresses addresses = {.count = 0};
    pn_connector it;
    pneu_error error;
    int descriptor = -1;
    pn_addresses_append(&addresses, "127.0.0.1", free_port());
    pn_connector_init(&it, &addresses);
    assert_int_equal(pn_connector_newest(&it), -1);
    assert_int_equal(finish(&it, &descriptor), PN_IO_FAILED);
    assert_int_equal(pn_connector_newest(&it), -1);
    assert_status(pn_connector_tell(&it, "x", &error), PNEU_CONNECT);
    assert_int_equal(error.system_error, ECONNREFUSED);
    assert_non_null(strstr(error.message, "no connection could be made: "));
    pn_connector_finish(&it);
}

/* Attempts that stay open are stood for by what the test puts in their place:
 * no network is needed that swallows packets. */
static void the_newest_attempt(void **state)
{
    (void)state;
    pn_addresses addresses = {.count = 0};
    pn_connector it;
    for (int i = 0; i < 3; i++)
        pn_addresses_append(&addresses, "127.0.0.1", 1);
    pn_connector_init(&it, &addresses);
    it.begun = 2;
    it.open = 2;
    it.descriptors[0] = dup(0);
    it.descriptors[1] = dup(0);
    it.next_ms = 1250;
    assert_int_equal(pn_connector_newest(&it), it.descriptors[1]);
    /* two are open: the older one is looked at, though nobody waits for it */
    int64_t next = pn_connector_newest_next_ms(&it, 1000);
    assert_true(next > 1000 && next < 1250);
    assert_int_equal(pn_connector_newest_next_ms(&it, 1249), 1250);
    it.begun = 3;
    it.descriptors[2] = -1;
    assert_int_equal(pn_connector_newest(&it), it.descriptors[1]);
    assert_true(pn_connector_newest_next_ms(&it, 5000) > 5000);
    close(it.descriptors[1]);
    it.descriptors[1] = -1;
    it.open = 1;
    assert_int_equal(pn_connector_newest(&it), it.descriptors[0]);
    assert_int_equal(pn_connector_newest_next_ms(&it, 5000), -1);
    pn_connector_finish(&it);
}

static void addresses_in_digits(void **state)
{
    static const struct {
        const char *text;
        bool is_one;
    } ROWS[] = {
        {"192.0.2.1", true},      {"2001:db8::1", true},  {"::", true},
        {"::ffff:1.2.3.4", true}, {"fe80::1%lo", true},   {"", false},
        {"localhost", false},     {"1", false},           {"127.1", false},
        {"0x7f.0.0.1", false},    {"192.0.2.256", false}, {"[::1]", false},
        {"::1:x", false},         {"192.0.2.1 ", false},  {"1.2.3.4:25", false},
    };
    (void)state;
    pn_addresses addresses = {.count = 0};
    size_t count = 0;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        pneu_error error;
        pn_address source;
        bool is_one = ROWS[i].is_one;
        assert_int_equal(pn_address_is_literal(ROWS[i].text), is_one);
        assert_int_equal(pn_addresses_append(&addresses, ROWS[i].text, 25),
                         is_one);
        count += is_one;
        assert_int_equal(addresses.count, count);
        assert_status(pn_source_parse(&source, ROWS[i].text, 0, &error),
                      is_one ? PNEU_OK : PNEU_INVALID);
        if (!is_one)
            assert_non_null(strstr(error.message, "is no address"));
    }
    while (addresses.count < PN_ADDRESSES_MAX)
        assert_true(pn_addresses_append(&addresses, "::1", 25));
    assert_false(pn_addresses_append(&addresses, "::1", 25));
}

/* RFC 5321 4.1.3: an address in brackets, where this host has no full name. */
static void the_name_of_this_side(void **state)
{
    static const char *const TEXTS[][2] = {{"127.0.0.1", "[127.0.0.1]"},
                                           {"::1", "[IPv6:::1]"}};
    (void)state;
    for (size_t i = 0; i < COUNT(TEXTS); i++) {
        char host[256] = "";
        char name[256];
        unsigned port;
        int listener = listen_at(TEXTS[i][0], 0, &port);
        gethostname(host, sizeof(host) - 1);
        pn_local_name(listener, name, sizeof(name));
        assert_string_equal(name,
                            strchr(host, '.') != NULL ? host : TEXTS[i][1]);
        close(listener);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_an_address),
        cmocka_unit_test(from_the_same_port_again),
        cmocka_unit_test(addresses_of_another_family),
        cmocka_unit_test(sources_that_cannot_be_had),
        cmocka_unit_test(nobody_there),
        cmocka_unit_test(the_newest_attempt),
        cmocka_unit_test(addresses_in_digits),
        cmocka_unit_test(the_name_of_this_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
