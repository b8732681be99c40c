/* What a program can ask of TLS: the names, versions and ciphers, where they
 * help and where they stop, against a real server; and what it is told. */
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "failing_memory.h"
#include "tls_server.h"
#include "unit.h"

/* RFC 9525 6.3: only subjectAltName counts; RFC 6125 6.4.3: a wildcard is a
 * whole label. */
static void names(void **state)
{
    static const struct {
        const char *host;
        const char *name;
        bool good;
    } ROWS[] = {
        {"mail.example.com", NULL, true},
        {"MAIL.example.com.", NULL, true},
        {"a.example.net", NULL, true},
        {"a.b.example.net", NULL, false},
        {"example.net", NULL, false},
        {"good", NULL, false}, /* the common name */
        {"192.0.2.1", NULL, true},
        {"192.0.2.2", NULL, false},
        {"2001:db8::1", NULL, true},
        {"2001:db8:0:0::1", NULL, true},
        {"2001:db8::2", NULL, false},
        {"fe80::1%lo", NULL, false}, /* RFC 4007 11: no zone */
        {"198.51.100.7", "mail.example.com", true},
        {"mail.example.com", "elsewhere.example", false},
        {"elsewhere.example", "192.0.2.1", true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        const pneu_tls_options *settings =
            PNEU_TLS_OPTIONS(.ca_file = world.ca_file, .name = ROWS[i].name);
        connection it =
            server_connect(world.server, &(pn_tls_options){.host = ROWS[i].host,
                                                           .settings = settings,
                                                           .verify = true});
        assert_status(it.error.status, ROWS[i].good ? PNEU_OK : PNEU_UNTRUSTED);
        if (!ROWS[i].good)
            assert_contains(it.error.message,
                            "it is for mail.example.com, *.example.net, "
                            "192.0.2.1, 2001:db8::1, and not for \"");
        server_close(&it);
    }
}

/* What can be told before there is any connection, and is told again by the
 * stream. */
static void options_that_are_none(void **state)
{
    static const char A[] =
        "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    static const char *const BAD[][1] = {
        {NULL},
        {""},
        {"sha256//"},
        {"sha1//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},
        {A}, /* its padding is missing */
        {"sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="},
        {"sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA!="},
    };
    const struct {
        const pneu_tls_options *settings;
        const char *part;
    } ROWS[] = {
        {PNEU_TLS_OPTIONS(.pin_count = 1), "pins is missing"},
        {PNEU_TLS_OPTIONS(.ciphers = "HIGH:NO-SUCH"), "\"NO-SUCH\""},
        {PNEU_TLS_OPTIONS(.ciphers = ""), "option ciphers"},
        {PNEU_TLS_OPTIONS(.ciphersuites = "TLS_AES_128_GCM_SHA256:X"), "\"X\""},
        {PNEU_TLS_OPTIONS(.ciphersuites =
                              "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
         "option ciphersuites"},
        {PNEU_TLS_OPTIONS(.minimum = (pneu_tls_version)7), "option minimum"},
        {PNEU_TLS_OPTIONS(.name = "two words"), "option name"},
        {PNEU_TLS_OPTIONS(.name = ""), "option name"},
        {PNEU_TLS_OPTIONS(.name = "b\xc3\xa4r.example"), "option name"},
        {PNEU_TLS_OPTIONS(.sni = "a\r\nb"), "a\\x0d\\nb"},
        {PNEU_TLS_OPTIONS(.sni = "192.0.2.1"), "is an address"},
        {PNEU_TLS_OPTIONS(.key_file = "x"), "certificate_file"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(ROWS) + COUNT(BAD); i++) {
        pneu_error error;
        bool is_pin = i >= COUNT(ROWS);
        const pneu_tls_options *settings =
            is_pin
                ? PNEU_TLS_OPTIONS(.pins = BAD[i - COUNT(ROWS)], .pin_count = 1)
                : ROWS[i].settings;
        assert_status(pn_tls_check_options(settings, &error), PNEU_INVALID);
        connection it = world_reach(world.server, settings);
        assert_status(it.made, PNEU_INVALID);
        assert_contains(it.error.message, is_pin ? "pin" : ROWS[i].part);
        server_close(&it);
    }
    assert_status(pn_tls_check_options(NULL, NULL), PNEU_OK);
}

static void versions_and_ciphers(void **state)
{
    const struct {
        int server_most;
        const pneu_tls_options *settings;
        const char *version; /* NULL: it fails */
        const char *cipher;
    } ROWS[] = {
        {0, PNEU_TLS_OPTIONS(.minimum = PNEU_TLS_1_3), "TLSv1.3", NULL},
        {TLS1_2_VERSION, PNEU_TLS_OPTIONS(.minimum = PNEU_TLS_1_2), "TLSv1.2",
         NULL},
        {TLS1_2_VERSION, PNEU_TLS_OPTIONS(.minimum = PNEU_TLS_1_3), NULL,
         "versions of TLS"},
        {TLS1_1_VERSION, PNEU_TLS_OPTIONS(.minimum = PNEU_TLS_1_2), NULL,
         "versions of TLS"}, /* RFC 8997 */
        {TLS1_2_VERSION,
         PNEU_TLS_OPTIONS(.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256:!RC4:@"
                                     "STRENGTH"),
         "TLSv1.2", "ECDHE-ECDSA-AES128-GCM-SHA256"},
        {TLS1_2_VERSION,
         PNEU_TLS_OPTIONS(.ciphers = "ECDHE-RSA-AES128-GCM-SHA256"), NULL,
         "versions and ciphers"},
        {0, PNEU_TLS_OPTIONS(.ciphersuites = "TLS_CHACHA20_POLY1305_SHA256"),
         "TLSv1.3", "TLS_CHACHA20_POLY1305_SHA256"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        SSL_CTX *server = server_context(&world.good);
        SSL_CTX_set_cipher_list(server, "ALL:@SECLEVEL=0");
        SSL_CTX_set_min_proto_version(server, TLS1_VERSION);
        SSL_CTX_set_max_proto_version(server, ROWS[i].server_most);
        pneu_tls_options settings = *ROWS[i].settings;
        settings.ca_pem = world.ca_pem;
        connection it = world_reach(server, &settings);
        assert_status(it.made, PNEU_OK);
        if (ROWS[i].version == NULL) {
            assert_status(it.error.status, PNEU_TLS);
            assert_contains(it.error.message, ROWS[i].cipher);
            assert_true(it.error.tls_error != 0);
        } else {
            assert_status(it.error.status, PNEU_OK);
            const pneu_tls_info *info = pn_tls_info(it.client);
            assert_string_equal(info->version, ROWS[i].version);
            if (ROWS[i].cipher != NULL)
                assert_string_equal(info->cipher, ROWS[i].cipher);
        }
        server_close(&it);
        SSL_CTX_free(server);
    }
}

/* RFC 6066 3 */
static void server_name_indication(void **state)
{
    static const struct {
        const char *host;
        const char *name;
        const char *sni;
        const char *sent; /* NULL: nothing */
    } ROWS[] = {
        {"mail.example.com", NULL, NULL, "mail.example.com"},
        {"mail.example.com.", NULL, NULL, "mail.example.com"},
        {"mail.example.com", NULL, "", NULL},
        {"mail.example.com", NULL, "other.example.", "other.example"},
        {"192.0.2.1", NULL, NULL, NULL},
        {"2001:db8::1", NULL, NULL, NULL},
        {"192.0.2.1", NULL, "other.example", "other.example"},
        {"192.0.2.1", "mail.example.com", NULL, "mail.example.com"},
        {"mail.example.com", "192.0.2.1", NULL, NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        const pneu_tls_options *settings =
            PNEU_TLS_OPTIONS(.ca_file = world.ca_file, .name = ROWS[i].name,
                             .sni = ROWS[i].sni);
        connection it =
            server_connect(world.server, &(pn_tls_options){.host = ROWS[i].host,
                                                           .settings = settings,
                                                           .verify = true});
        assert_status(it.error.status, PNEU_OK);
        const char *sent =
            SSL_get_servername(it.server, TLSEXT_NAMETYPE_host_name);
        assert_string_equal(sent != NULL ? sent : "nothing",
                            ROWS[i].sent != NULL ? ROWS[i].sent : "nothing");
        server_close(&it);
    }
}

static void information(void **state)
{
    (void)state;
    connection it =
        world_reach(world.server, PNEU_TLS_OPTIONS(.ca_file = world.ca_file));
    assert_status(it.error.status, PNEU_OK);
    const pneu_tls_info *info = pn_tls_info(it.client);
    assert_true(info->is_verified);
    assert_true(pn_tls_is_verified(it.client));
    assert_string_equal(info->unverified_because, "");
    assert_string_equal(info->subject, "CN=good,O=Pneu");
    assert_string_equal(info->issuer, "CN=Test Authority,O=Pneu");
    assert_string_equal(
        info->names, "mail.example.com, *.example.net, 192.0.2.1, 2001:db8::1");
    assert_int_equal(strlen(info->not_before), strlen("2026-11-22T00:00:00Z"));
    assert_true(strcmp(info->not_before, info->not_after) < 0);
    assert_int_equal(info->not_after[19], 'Z');
    unsigned char *der = NULL;
    int length = i2d_X509(world.good.certificate, &der);
    unsigned char hash[PNEU_SHA256_SIZE];
    EVP_Digest(der, (size_t)length, hash, NULL, EVP_sha256(), NULL);
    assert_int_equal(info->certificate_length, length);
    assert_memory_equal(info->certificate, der, (size_t)length);
    assert_memory_equal(info->sha256, hash, sizeof(hash));
    OPENSSL_free(der);
    server_close(&it);
}

/* Any allocation of ours may fail: an error, or a connection that tells less.
 */
static void memory_that_is_short(void **state)
{
    (void)state;
    char *pin = identity_pin(&world.good);
    const char *list[] = {pin};
    const pneu_tls_options *settings =
        PNEU_TLS_OPTIONS(.ca_file = world.ca_file, .pins = list, .pin_count = 1,
                         .ciphers = "HIGH",
                         .certificate_file = world_path("client.pem"),
                         .key_file = world_path("client.key"));
    size_t failures = 0;
    for (int wrong = 0; wrong < 2; wrong++) {
        bool has_failed = true;
        for (size_t n = 1; has_failed; n++) {
            pn_tls_options options = {.host = wrong ? "x.example" : WORLD_HOST,
                                      .settings = settings,
                                      .verify = true};
            /* the first allocation is the test's own, of the socket */
            failing_memory_start(n + 1);
            connection it = server_connect(world.server, &options);
            has_failed = failing_memory_stop();
            failures += has_failed;
            if (it.made != PNEU_OK)
                assert_status(it.made, PNEU_NO_MEMORY);
            else if (wrong)
                assert_status(it.error.status, PNEU_UNTRUSTED);
            else
                assert_status(it.error.status, PNEU_OK);
            if (it.made == PNEU_OK && !wrong)
                assert_true(pn_tls_is_verified(it.client));
            server_close(&it);
        }
    }
    assert_true(failures > 8);
    free(pin);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(options_that_are_none),
        cmocka_unit_test(versions_and_ciphers),
        cmocka_unit_test(server_name_indication),
        cmocka_unit_test(information),
        cmocka_unit_test(memory_that_is_short),
    };
    return cmocka_run_group_tests(tests, world_set_up, world_tear_down);
}
