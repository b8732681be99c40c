/* A TLS stream between two ends of a socket pair: what it says it has taken
 * arrives, once and in order, also when the line is full and the next write
 * is of other octets; its binding is the server's, and its end is said. */
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transport/socket.h"
#include "transport/tls.h"
#include "unit.h"

enum {
    BLOCK = 10000,
    TAKEN_MAX = 4 * 1024 * 1024
};

typedef struct line {
    pn_stream *client;
    SSL_CTX *context;
    SSL *server;
    int far;
} line;

static SSL_CTX *server_context(void)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    assert_int_equal(SSL_CTX_use_certificate(context, certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(context, key), 1);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return context;
}

static line connect_line(int newest)
{
    int ends[2];
    line it = {0};
    pneu_error error;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    pn_tls_options options = {.host = "localhost", .verify = false};
    assert_status(pn_tls_stream(&it.client, pn_socket_stream(ends[0], false),
                                &options, &error),
                  PNEU_OK);
    it.far = ends[1];
    it.context = server_context();
    SSL_CTX_set_max_proto_version(it.context, newest);
    it.server = SSL_new(it.context);
    SSL_set_fd(it.server, it.far);
    pn_io result;
    do {
        result = pn_tls_handshake(it.client);
        assert_int_not_equal(result, PN_IO_FAILED);
        SSL_accept(it.server);
    } while (result != PN_IO_DONE || !SSL_is_init_finished(it.server));
    return it;
}

static void close_line(line *it)
{
    pn_stream_free(it->client);
    SSL_free(it->server);
    SSL_CTX_free(it->context);
    close(it->far);
}

/* Writes a block of one letter; true if any of it was taken. */
static bool write_block(pn_stream *stream, char letter, char *taken,
                        size_t *count)
{
    static char block[BLOCK];
    memset(block, letter, sizeof(block));
    struct iovec pieces[] = {{block, BLOCK / 3}, {block, BLOCK - BLOCK / 3}};
    size_t written = 0;
    pn_io result = pn_stream_write(stream, pieces, 2, &written);
    assert_int_not_equal(result, PN_IO_FAILED);
    assert_true(*count + written <= TAKEN_MAX);
    memset(taken + *count, letter, written);
    *count += written;
    return result == PN_IO_DONE && written > 0;
}

static size_t read_all(SSL *server, char *got, size_t count)
{
    size_t length = 0;
    while (SSL_read_ex(server, got + count, TAKEN_MAX - count, &length) == 1)
        count += length;
    return count;
}

static void what_was_taken_arrives(void **state)
{
    static char taken[TAKEN_MAX];
    static char got[TAKEN_MAX];
    (void)state;
    size_t count = 0;
    size_t arrived = 0;
    line it = connect_line(0);
    for (char letter = 'a'; letter < 'a' + 6; letter++) {
        while (write_block(it.client, letter, taken, &count))
            continue;
        /* full: other octets must not pass for those that wait */
        assert_false(write_block(it.client, 'Z', taken, &count));
        arrived = read_all(it.server, got, arrived);
    }
    while (pn_stream_flush(it.client) == PN_IO_AGAIN)
        arrived = read_all(it.server, got, arrived);
    arrived = read_all(it.server, got, arrived);
    assert_true(count > 6 * BLOCK);
    assert_int_equal(arrived, count);
    assert_int_equal(memcmp(got, taken, count), 0);
    close_line(&it);
}

/* RFC 8446 5.1: a record holds no more than 2^14 octets. */
static void a_record_at_a_time(void **state)
{
    static char block[40000];
    struct iovec piece = {block, sizeof(block)};
    size_t written = 0;
    (void)state;
    line it = connect_line(0);
    assert_int_equal(pn_stream_write(it.client, &piece, 1, &written),
                     PN_IO_DONE);
    assert_int_equal(written, 16384);
    close_line(&it);
}

/* RFC 9266 4.2, RFC 5929 3.1: both ends have the same binding. */
static void channel_binding(void **state)
{
    static const char LABEL[] = "EXPORTER-Channel-Binding";
    (void)state;
    for (int newest = TLS1_2_VERSION; newest <= TLS1_3_VERSION; newest++) {
        unsigned char mine[PN_TLS_BINDING_MAX];
        unsigned char theirs[PN_TLS_BINDING_MAX];
        bool is_exporter = newest == TLS1_2_VERSION;
        line it = connect_line(newest);
        size_t length = pn_tls_binding(it.client, &is_exporter, mine);
        assert_int_equal(is_exporter, newest == TLS1_3_VERSION);
        if (is_exporter) {
            assert_int_equal(length, 32);
            assert_int_equal(
                SSL_export_keying_material(it.server, theirs, length, LABEL,
                                           sizeof(LABEL) - 1, NULL, 0, 1),
                1);
        } else {
            assert_int_equal(length, SSL_get_peer_finished(it.server, theirs,
                                                           sizeof(theirs)));
        }
        assert_true(length > 0);
        assert_memory_equal(mine, theirs, length);
        close_line(&it);
    }
}

/* RFC 8314 3.4: the end of TLS is said, and is missed where it was not. */
static void the_end_is_said(void **state)
{
    char octet;
    size_t length;
    (void)state;
    line it = connect_line(0);
    pn_stream_free(it.client);
    it.client = NULL;
    assert_int_equal(SSL_read_ex(it.server, &octet, 1, &length), 0);
    assert_int_equal(SSL_get_error(it.server, 0), SSL_ERROR_ZERO_RETURN);
    close_line(&it);
    for (int said = 0; said < 2; said++) {
        it = connect_line(0);
        if (said)
            SSL_shutdown(it.server);
        shutdown(it.far, SHUT_WR);
        assert_int_equal(pn_stream_read(it.client, &octet, 1, &length),
                         said ? PN_IO_END : PN_IO_FAILED);
        if (!said)
            assert_status(pn_stream_error(it.client)->status, PNEU_LOST);
        close_line(&it);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_taken_arrives),
        cmocka_unit_test(a_record_at_a_time),
        cmocka_unit_test(channel_binding),
        cmocka_unit_test(the_end_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
