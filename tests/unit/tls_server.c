#include "tls_server.h"

#include <dirent.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transport/socket.h"
#include "unit.h"

static void add_extension(X509 *to, X509 *issuer, int kind, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, to, NULL, NULL, 0);
    X509_EXTENSION *it = X509V3_EXT_conf_nid(NULL, &context, kind, value);
    assert_non_null(it);
    assert_int_equal(X509_add_ext(to, it, -1), 1);
    X509_EXTENSION_free(it);
}

static identity begin(const char *name, long from, long to)
{
    static long serial;
    identity it = {X509_new(), EVP_EC_gen("P-256")};
    X509_set_version(it.certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(it.certificate), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(it.certificate), from);
    X509_gmtime_adj(X509_getm_notAfter(it.certificate), to);
    X509_set_pubkey(it.certificate, it.key);
    X509_NAME *subject = X509_get_subject_name(it.certificate);
    X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_UTF8,
                               (const unsigned char *)"Pneu", -1, -1, 0);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                               (const unsigned char *)name, -1, -1, 0);
    return it;
}

static void sign(identity *it, const identity *issuer)
{
    X509_set_issuer_name(it->certificate,
                         X509_get_subject_name(issuer->certificate));
    assert_true(X509_sign(it->certificate, issuer->key, EVP_sha256()) > 0);
}

identity identity_authority(const char *name)
{
    identity it = begin(name, -DAY, DAY);
    add_extension(it.certificate, it.certificate, NID_basic_constraints,
                  "critical,CA:TRUE");
    add_extension(it.certificate, it.certificate, NID_key_usage,
                  "critical,keyCertSign");
    sign(&it, &it);
    return it;
}

identity identity_issue(const identity *issuer, const char *name,
                        const char *names, long from, long to)
{
    identity it = begin(name, from, to);
    if (issuer == NULL)
        issuer = &it;
    if (names != NULL)
        add_extension(it.certificate, issuer->certificate, NID_subject_alt_name,
                      names);
    sign(&it, issuer);
    return it;
}

void identity_free(identity *it)
{
    X509_free(it->certificate);
    EVP_PKEY_free(it->key);
}

/* RFC 7469 2.4, by another way than the library's: from the key, and not from
 * the certificate. */
char *identity_pin(const identity *it)
{
    unsigned char *der = NULL;
    unsigned char hash[PNEU_SHA256_SIZE];
    char *pin = calloc(1, 64);
    int length = i2d_PUBKEY(it->key, &der);
    assert_true(length > 0);
    assert_int_equal(
        EVP_Digest(der, (size_t)length, hash, NULL, EVP_sha256(), NULL), 1);
    OPENSSL_free(der);
    memcpy(pin, "sha256//", 8);
    EVP_EncodeBlock((unsigned char *)pin + 8, hash, sizeof(hash));
    return pin;
}

char *identity_pem(const identity *it)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    PEM_write_bio_X509(bio, it->certificate);
    long length = BIO_get_mem_data(bio, &text);
    char *pem = calloc(1, (size_t)length + 1);
    memcpy(pem, text, (size_t)length);
    BIO_free(bio);
    return pem;
}

static FILE *open_file(const char *folder, const char *name)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    return file;
}

void identity_write_certificate(const identity *it, const char *folder,
                                const char *name)
{
    FILE *file = open_file(folder, name);
    assert_int_equal(PEM_write_X509(file, it->certificate), 1);
    fclose(file);
}

void identity_write_key(const identity *it, const char *folder,
                        const char *name, const char *password)
{
    FILE *file = open_file(folder, name);
    const EVP_CIPHER *cipher = password != NULL ? EVP_aes_128_cbc() : NULL;
    int length = password != NULL ? (int)strlen(password) : 0;
    assert_int_equal(PEM_write_PKCS8PrivateKey(file, it->key, cipher, password,
                                               length, NULL, NULL),
                     1);
    fclose(file);
}

SSL_CTX *server_context(const identity *it)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    assert_non_null(context);
    if (it == NULL)
        return context;
    assert_int_equal(SSL_CTX_use_certificate(context, it->certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(context, it->key), 1);
    return context;
}

static void take_turns(connection *it)
{
    for (int i = 0; i < 1000; i++) {
        it->result = pn_tls_handshake(it->client);
        SSL_accept(it->server);
        if (it->result == PN_IO_FAILED ||
            (it->result == PN_IO_DONE && SSL_want(it->server) != SSL_READING))
            return;
    }
}

connection server_connect(SSL_CTX *context, const pn_tls_options *options)
{
    int ends[2];
    connection it = {.result = PN_IO_FAILED};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    it.far = ends[1];
    it.made = pn_tls_stream(&it.client, pn_socket_stream(ends[0], false),
                            options, &it.error);
    if (it.made != PNEU_OK) {
        assert_null(it.client);
        return it;
    }
    it.server = SSL_new(context);
    SSL_set_fd(it.server, it.far);
    take_turns(&it);
    it.error = *pn_stream_error(it.client);
    return it;
}

void server_close(connection *it)
{
    pn_stream_free(it->client);
    SSL_free(it->server);
    close(it->far);
}

tls_world world;

char *world_path(const char *name)
{
    static char paths[4][320];
    static size_t next;
    char *path = paths[next++ % COUNT(paths)];
    snprintf(path, sizeof(paths[0]), "%s/%s", world.folder, name);
    return path;
}

int world_set_up(void **state)
{
    (void)state;
    snprintf(world.folder, sizeof(world.folder), "/tmp/pneu-test-XXXXXX");
    if (mkdtemp(world.folder) == NULL)
        return -1;
    world.authority = identity_authority("Test Authority");
    world.good =
        identity_issue(&world.authority, "good", WORLD_NAMES, -DAY, DAY);
    world.client = identity_issue(&world.authority, "client", NULL, -DAY, DAY);
    world.server = server_context(&world.good);
    world.ca_pem = identity_pem(&world.authority);
    snprintf(world.ca_file, sizeof(world.ca_file), "%s/ca.pem", world.folder);
    identity_write_certificate(&world.authority, world.folder, "ca.pem");
    identity_write_certificate(&world.client, world.folder, "client.pem");
    identity_write_key(&world.client, world.folder, "client.key", NULL);
    identity_write_key(&world.client, world.folder, "locked.key", "open it");
    identity_write_key(&world.good, world.folder, "other.key", NULL);
    return 0;
}

int world_tear_down(void **state)
{
    (void)state;
    DIR *files = opendir(world.folder);
    for (struct dirent *file; (file = readdir(files)) != NULL;) {
        if (file->d_name[0] != '.')
            remove(world_path(file->d_name));
    }
    closedir(files);
    rmdir(world.folder);
    free(world.ca_pem);
    SSL_CTX_free(world.server);
    identity_free(&world.authority);
    identity_free(&world.good);
    identity_free(&world.client);
    return 0;
}

void assert_contains(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", part, text);
}

connection world_reach(SSL_CTX *context, const pneu_tls_options *settings)
{
    return server_connect(context, &(pn_tls_options){.host = WORLD_HOST,
                                                     .settings = settings,
                                                     .verify = true});
}
