/* What a client is told about its host and itself, and what it says to a wrong
 * one; and strings that are missing or cannot go out. */
#include <string.h>

#include "client/client.h"
#include "mail_server.h"
#include "pneu/client.h"
#include "unit.h"

static pneu_status try_host(const char *host, uint16_t port, char *to,
                            unsigned *number)
{
    pneu_client *client = NULL;
    pneu_error error = {.status = PNEU_OK};
    pneu_status status = pneu_client_new(
        &client, PNEU_CLIENT_OPTIONS(.host = host, .port = port), &error);
    assert_status(error.status, status);
    if (status != PNEU_OK)
        return status;
    assert_true(strlen(client->settings.host) < 100);
    memcpy(to, client->settings.host, strlen(client->settings.host) + 1);
    *number = client->settings.port;
    pneu_client_free(client);
    return PNEU_OK;
}

static void takes_hosts_apart(void **state)
{
    static const struct {
        const char *given;
        uint16_t port;
        const char *host;
        unsigned number;
    } CASES[] = {
        {"mail.example", 0, "mail.example", 25},
        {"mail.example:587", 0, "mail.example", 587},
        {"mail.example:65535", 0, "mail.example", 65535},
        {"[::1]:2525", 0, "::1", 2525},
        {"[::1]", 0, "::1", 25},
        {"[::1]", 26, "::1", 26},
        {"::1", 0, "::1", 25},
        {"", 0, "localhost", 25},
        {"b\303\274cher.example:26", 0, "xn--bcher-kva.example", 26},
        {"/run/lmtp:26", 0, "/run/lmtp:26", 25},
    };
    char host[100];
    unsigned port = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        assert_status(try_host(CASES[i].given, CASES[i].port, host, &port),
                      PNEU_OK);
        assert_string_equal(host, CASES[i].host);
        assert_int_equal(port, CASES[i].number);
    }
}

static void refuses_what_is_no_host_and_port(void **state)
{
    static const char *const CASES[] = {
        "mail.example:",
        "mail.example:0",
        "mail.example:65536",
        "mail.example:99999",
        ":25",
        "mail.example:2x",
        "mail.example:-1",
        "[::1",
        "[::1]x",
        "[::1]x:25",
        "[]",
        "[]:25",
        "[::1]:",
        "[::1]:0",
    };
    char host[100];
    unsigned port = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++)
        assert_status(try_host(CASES[i], 0, host, &port), PNEU_INVALID);
    assert_status(try_host("a\r\nb", 0, host, &port), PNEU_LINE_BREAK);
}

/* Neither would have any effect there. */
static void a_unix_socket_has_no_source_and_no_proxy(void **state)
{
    pneu_client *client = NULL;
    pneu_error error;
    (void)state;
    assert_status(pneu_client_new(&client,
                                  PNEU_CLIENT_OPTIONS(.host = "/run/lmtp",
                                                      .source = "127.0.0.1"),
                                  &error),
                  PNEU_INVALID);
    assert_non_null(strstr(error.message, "source"));
    assert_status(
        pneu_client_new(&client,
                        PNEU_CLIENT_OPTIONS(.host = "/run/lmtp",
                                            .proxy = "socks5://localhost"),
                        &error),
        PNEU_INVALID);
    assert_non_null(strstr(error.message, "proxy"));
}

static void its_own_name_goes_out_whole_or_not_at_all(void **state)
{
    char name[300];
    pneu_client *client = NULL;
    pneu_error error;
    (void)state;
    memset(name, 'a', sizeof(name));
    name[256] = '\0';
    assert_status(pneu_client_new(
                      &client, PNEU_CLIENT_OPTIONS(.local_name = name), &error),
                  PNEU_INVALID);
    name[255] = '\0';
    assert_status(pneu_client_new(
                      &client, PNEU_CLIENT_OPTIONS(.local_name = name), &error),
                  PNEU_OK);
    pneu_client_free(client);
}

/* Each call says so, and the connection stays as it was. */
static void a_string_that_is_missing_is_invalid(void **state)
{
    pneu_client *client = NULL;
    pneu_error error;
    mail_server server = mail_server_start(NULL);
    (void)state;
    assert_status(pneu_client_new(&client,
                                  PNEU_CLIENT_OPTIONS(.host = "127.0.0.1",
                                                      .port = server.port),
                                  &error),
                  PNEU_OK);
    assert_status(pneu_client_open(client), PNEU_OK);
    assert_status(pneu_client_mail(client, NULL, NULL, NULL), PNEU_OK);
    assert_int_not_equal(pneu_client_rcpt(client, NULL, NULL, NULL), PNEU_OK);
    assert_int_not_equal(pneu_client_verify(client, NULL, NULL), PNEU_OK);
    assert_int_not_equal(pneu_client_expand(client, NULL, NULL), PNEU_OK);
    assert_int_not_equal(pneu_client_command(client, NULL, NULL), PNEU_OK);
    assert_int_not_equal(pneu_client_etrn(client, NULL, NULL), PNEU_OK);
    assert_int_not_equal(pneu_client_xclient(client, NULL, NULL), PNEU_OK);
    assert_status(pneu_client_login(client, NULL, "secret", NULL),
                  PNEU_INVALID);
    assert_status(pneu_client_auth(client, NULL, NULL), PNEU_INVALID);
    assert_status(pneu_client_add_address(client, NULL), PNEU_INVALID);
    assert_false(pneu_client_has_extension(client, NULL));
    assert_status(pneu_client_sendmail(client, NULL, NULL, NULL), PNEU_INVALID);
    assert_status(pneu_client_noop(client, NULL), PNEU_OK);
    pneu_client_free(client);
    mail_server_stop(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_hosts_apart),
        cmocka_unit_test(refuses_what_is_no_host_and_port),
        cmocka_unit_test(a_unix_socket_has_no_source_and_no_proxy),
        cmocka_unit_test(its_own_name_goes_out_whole_or_not_at_all),
        cmocka_unit_test(a_string_that_is_missing_is_invalid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
