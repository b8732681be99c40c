/* Whose certificate is taken: the server's, by trust stores, dates and pins,
 * with the sentence that says why not; and the client's own. */
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tls_server.h"
#include "unit.h"

static void trust_stores(void **state)
{
    (void)state;
    char hashed[32];
    char junk[8192];
    snprintf(hashed, sizeof(hashed), "%08lx.0",
             X509_subject_name_hash(world.authority.certificate));
    identity_write_certificate(&world.authority, world.folder, hashed);
    snprintf(junk, sizeof(junk), "%s-----BEGIN CERTIFICATE-----\nAAAA\n",
             world.ca_pem);
    const struct {
        const pneu_tls_options *settings;
        pneu_status made;
        pneu_status status;
        const char *part;
    } ROWS[] = {
        {PNEU_TLS_OPTIONS(.ca_file = world.ca_file), PNEU_OK, PNEU_OK, ""},
        {PNEU_TLS_OPTIONS(.ca_folder = world.folder), PNEU_OK, PNEU_OK, ""},
        {PNEU_TLS_OPTIONS(.ca_pem = world.ca_pem), PNEU_OK, PNEU_OK, ""},
        {NULL, PNEU_OK, PNEU_UNTRUSTED,
         "its issuer \"CN=Test Authority,O=Pneu\" is not trusted here"},
        {PNEU_TLS_OPTIONS(.ca_file = "/no/such.pem"), PNEU_INVALID, PNEU_OK,
         "\"/no/such.pem\" cannot be used: No such file or directory"},
        {PNEU_TLS_OPTIONS(.ca_file = world_path("other.key")), PNEU_INVALID,
         PNEU_OK, "cannot be used: no certificate"},
        {PNEU_TLS_OPTIONS(.ca_folder = "/no/such"), PNEU_INVALID, PNEU_OK,
         "\"/no/such\" cannot be used: No such file or directory"},
        {PNEU_TLS_OPTIONS(.ca_folder = world.ca_file), PNEU_INVALID, PNEU_OK,
         "cannot be used: Not a directory"},
        {PNEU_TLS_OPTIONS(.ca_pem = "nothing"), PNEU_INVALID, PNEU_OK,
         "ca_pem cannot be used: no start line"},
        {PNEU_TLS_OPTIONS(.ca_pem = junk), PNEU_INVALID, PNEU_OK,
         "ca_pem cannot be used"},
    };
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        connection it = world_reach(world.server, ROWS[i].settings);
        assert_status(it.made, ROWS[i].made);
        if (it.made == PNEU_OK)
            assert_status(it.error.status, ROWS[i].status);
        assert_contains(it.error.message, ROWS[i].part);
        server_close(&it);
    }
    unlink(world_path(hashed));
}

/* Each reason in words, the same where it stops and where it is only told. */
static void distrust(void **state)
{
    identity none = identity_issue(&world.authority, "n", NULL, -DAY, DAY);
    identity odd = identity_issue(&world.authority, "o\033[2J",
                                  "DNS:a\nb.example", -DAY, DAY);
    identity own = identity_issue(NULL, "own", WORLD_NAMES, -DAY, DAY);
    identity old =
        identity_issue(&world.authority, "old", WORLD_NAMES, -3 * DAY, -DAY);
    identity young =
        identity_issue(&world.authority, "young", WORLD_NAMES, DAY, 2 * DAY);
    const struct {
        const identity *server;
        const char *part;
    } ROWS[] = {
        {&none, "there is no name in it (subjectAltName), so that it cannot "
                "be for \"mail.example.com\""},
        {&odd, "it is for a\\nb.example, and not for"},
        {&own, "it is signed by itself alone"},
        {&old, "it expired on 20"},
        {&young, "it is not valid before 20"},
    };
    (void)state;
    for (size_t i = 0; i < 2 * COUNT(ROWS); i++) {
        bool verify = i % 2 == 0;
        SSL_CTX *server = server_context(ROWS[i / 2].server);
        connection it = server_connect(
            server, &(pn_tls_options){
                        .host = WORLD_HOST,
                        .settings = PNEU_TLS_OPTIONS(.ca_file = world.ca_file),
                        .verify = verify});
        assert_status(it.error.status, verify ? PNEU_UNTRUSTED : PNEU_OK);
        assert_false(pn_tls_is_verified(it.client));
        const char *said = it.error.message;
        if (!verify) {
            assert_false(pn_tls_info(it.client)->is_verified);
            said = pn_tls_info(it.client)->unverified_because;
        } else {
            assert_contains(said, "the certificate of mail.example.com cannot "
                                  "be trusted: ");
            assert_true(it.error.tls_error != 0);
            assert_null(pn_tls_info(it.client));
        }
        assert_contains(said, ROWS[i / 2].part);
        server_close(&it);
        SSL_CTX_free(server);
    }
    identity_free(&none);
    identity_free(&odd);
    identity_free(&own);
    identity_free(&old);
    identity_free(&young);
}

/* A cipher without a certificate is asked for by name alone, and still no
 * way around verification. */
static void no_certificate_at_all(void **state)
{
    (void)state;
    SSL_CTX *server = server_context(NULL);
    SSL_CTX_set_max_proto_version(server, TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(server, "aNULL@SECLEVEL=0");
    SSL_CTX_set_dh_auto(server, 1);
    for (int i = 0; i < 2; i++) {
        connection it = server_connect(
            server,
            &(pn_tls_options){
                .host = WORLD_HOST,
                .settings = PNEU_TLS_OPTIONS(.ciphers = "aNULL:@SECLEVEL=0"),
                .verify = i == 0});
        assert_status(it.error.status, i == 0 ? PNEU_UNTRUSTED : PNEU_OK);
        assert_false(pn_tls_is_verified(it.client));
        if (i == 1)
            assert_string_equal(pn_tls_info(it.client)->unverified_because,
                                "the server showed no certificate");
        server_close(&it);
    }
    SSL_CTX_free(server);
}

static void pins(void **state)
{
    char *right = identity_pin(&world.good);
    char *wrong = identity_pin(&world.client);
    const char *both[] = {wrong, right};
    (void)state;
    const struct {
        size_t count; /* of both */
        bool trusted;
        bool verify;
        pneu_status status;
    } ROWS[] = {
        {2, true, true, PNEU_OK},          {1, true, true, PNEU_UNTRUSTED},
        {1, false, false, PNEU_UNTRUSTED}, {2, false, false, PNEU_OK},
        {2, false, true, PNEU_UNTRUSTED}, /* a pin is no trust */
    };
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        const pneu_tls_options *settings =
            PNEU_TLS_OPTIONS(.ca_file = ROWS[i].trusted ? world.ca_file : NULL,
                             .pins = both, .pin_count = ROWS[i].count);
        connection it = server_connect(
            world.server, &(pn_tls_options){.host = WORLD_HOST,
                                            .settings = settings,
                                            .verify = ROWS[i].verify});
        assert_status(it.made, PNEU_OK);
        assert_status(it.error.status, ROWS[i].status);
        if (ROWS[i].count == 1) /* the pin that was seen is told */
            assert_contains(it.error.message, right);
        if (it.result == PN_IO_DONE)
            assert_string_equal(pn_tls_info(it.client)->pin, right);
        server_close(&it);
    }
    free(right);
    free(wrong);
}

static void client_certificate(void **state)
{
    char *certificate = world_path("client.pem");
    char *locked = world_path("locked.key");
    (void)state;
    char key[128];
    snprintf(key, sizeof(key), "%s/client.key", world.folder);
    const struct {
        const pneu_tls_options *settings;
        const char *part; /* NULL: it is accepted */
    } ROWS[] = {
        {PNEU_TLS_OPTIONS(.certificate_file = certificate, .key_file = key),
         NULL},
        {PNEU_TLS_OPTIONS(.certificate_file = certificate, .key_file = locked,
                          .key_password = "open it"),
         NULL},
        {PNEU_TLS_OPTIONS(.certificate_file = certificate, .key_file = locked),
         "locked.key\" cannot be used: it is encrypted, and there is no "
         "password"},
        {PNEU_TLS_OPTIONS(.certificate_file = certificate, .key_file = locked,
                          .key_password = "close it"),
         "locked.key\" cannot be used: its password is wrong"},
        {PNEU_TLS_OPTIONS(.certificate_file = certificate,
                          .key_file = world_path("other.key")),
         "other.key\" cannot be used: it does not belong to"},
        {PNEU_TLS_OPTIONS(.certificate_file = certificate),
         "client.pem\" cannot be used: there is none in it"},
        {PNEU_TLS_OPTIONS(.certificate_file = "/no/such.pem"),
         "\"/no/such.pem\" cannot be used: No such file or directory"},
        {PNEU_TLS_OPTIONS(.certificate_file = certificate,
                          .key_file = "/no/such.key"),
         "\"/no/such.key\" cannot be used: No such file or directory"},
        {PNEU_TLS_OPTIONS(.certificate_file = world.ca_file, .key_file = key),
         "it does not belong to the client certificate"},
    };
    SSL_CTX *server = server_context(&world.good);
    SSL_CTX_set_verify(server,
                       SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_load_verify_file(server, world.ca_file);
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        pneu_tls_options settings = *ROWS[i].settings;
        settings.ca_file = world.ca_file;
        connection it = world_reach(server, &settings);
        assert_status(it.made, ROWS[i].part == NULL ? PNEU_OK : PNEU_INVALID);
        if (ROWS[i].part != NULL) {
            assert_contains(it.error.message, ROWS[i].part);
            assert_null(strstr(it.error.message, "close it"));
        } else {
            assert_true(SSL_is_init_finished(it.server));
            X509 *seen = SSL_get1_peer_certificate(it.server);
            assert_int_equal(X509_cmp(seen, world.client.certificate), 0);
            X509_free(seen);
        }
        server_close(&it);
    }
    SSL_CTX_free(server);
}

/* TLS 1.2 says no within the handshake, TLS 1.3 after it (RFC 8446 4.4.2.4).
 */
static void client_certificate_that_is_missed(void **state)
{
    (void)state;
    identity stranger = identity_issue(NULL, "stranger", NULL, -DAY, DAY);
    identity_write_certificate(&stranger, world.folder, "stranger.pem");
    identity_write_key(&stranger, world.folder, "stranger.key", NULL);
    for (int i = 0; i < 4; i++) {
        char octet;
        size_t length;
        bool given = i >= 2;
        pneu_tls_options settings = {.size = sizeof(settings),
                                     .ca_file = world.ca_file};
        if (given) {
            settings.certificate_file = world_path("stranger.pem");
            settings.key_file = world_path("stranger.key");
        }
        SSL_CTX *server = server_context(&world.good);
        SSL_CTX_set_max_proto_version(server, i % 2 == 0 ? TLS1_2_VERSION
                                                         : TLS1_3_VERSION);
        SSL_CTX_set_verify(
            server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        connection it = world_reach(server, &settings);
        if (it.result == PN_IO_DONE)
            it.result = pn_stream_read(it.client, &octet, 1, &length);
        assert_int_equal(it.result, PN_IO_FAILED);
        const pneu_error *error = pn_stream_error(it.client);
        assert_status(error->status, PNEU_TLS);
        assert_contains(error->message,
                        given ? "does not accept the client certificate"
                              : "asks for a client certificate, and none");
        server_close(&it);
        SSL_CTX_free(server);
    }
    identity_free(&stranger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trust_stores),
        cmocka_unit_test(distrust),
        cmocka_unit_test(no_certificate_at_all),
        cmocka_unit_test(pins),
        cmocka_unit_test(client_certificate),
        cmocka_unit_test(client_certificate_that_is_missed),
    };
    return cmocka_run_group_tests(tests, world_set_up, world_tear_down);
}
