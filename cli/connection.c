#include "cli/connection.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/secret.h"
#include "base/span.h"
#include "cli/ca_file.h"
#include "cli/exit.h"
#include "cli/hint.h"

const pn_option PN_CONNECTION_OPTIONS[] = {
    PN_OPTION_HEADING("Where to:"),
    {"host", PN_OPTION_HOST, "HOST",
     "name, address, or path of a Unix socket\n(absolute); HOST:PORT as well "
     "[localhost]"},
    {"port", PN_OPTION_PORT, "PORT",
     "[25; 465 with --tls implicit; 24 with --lmtp]"},
    {"lmtp", PN_OPTION_LMTP, NULL, "speak LMTP"},
    {"helo", PN_OPTION_HELO, "NAME", "say this name [this host's]"},
    {"timeout", PN_OPTION_TIMEOUT, "SECONDS", "for each answer [as RFC 5321]"},
    {"deadline", PN_OPTION_DEADLINE, "SECONDS", "for everything [none]"},
    {"no-pipelining", PN_OPTION_NO_PIPELINING, NULL, "one command at a time"},
    PN_OPTION_HEADING("Protection:"),
    {"tls", PN_OPTION_TLS, "MODE",
     "auto, none, optional, starttls, implicit [auto]"},
    {"ca-file", PN_OPTION_CA_FILE, "FILE",
     "trust these CAs (PEM), not the system's"},
    PN_OPTION_HEADING("Credentials (the password from one source):"),
    {"user", PN_OPTION_USER, "NAME", "log in; asks for the password if it can"},
    {"password-env", PN_OPTION_PASSWORD_ENV, "VAR",
     "take it from this environment variable"},
    {"password-file", PN_OPTION_PASSWORD_FILE, "FILE",
     "take it from the first line of FILE"},
    {"password-command", PN_OPTION_PASSWORD_COMMAND, "CMD",
     "take it from what CMD prints first"},
    {"mechanism", PN_OPTION_MECHANISM, "NAME",
     "this SASL mechanism [the strongest]"},
    {"allow-cleartext-auth", PN_OPTION_CLEARTEXT_AUTH, NULL,
     "log in over an unprotected line, too"},
    PN_OPTION_END};

const pn_option PN_OUTPUT_OPTIONS[] = {
    PN_OPTION_HEADING("Output:"),
    {"verbose", 'v', NULL, "show the dialogue on standard error"},
    {"quiet", 'q', NULL, "say nothing about success"},
    {"json", PN_OPTION_JSON, NULL, "the result as one JSON object"},
    PN_OPTION_HELP,
    PN_OPTION_END};

static int bad_value(const char *option, const char *value, const char *wanted,
                     pn_problem *problem)
{
    return pn_problem_set(problem, PN_EXIT_USAGE, PNEU_INVALID,
                          "%s cannot be \"%.100s\": %s", option, value, wanted);
}

static int take_port(const char *value, const char *option, uint16_t *port,
                     pn_problem *problem)
{
    uint64_t number = 0;
    if (!pn_span_number(pn_span_of(value), &number) || number < 1 ||
        number > UINT16_MAX)
        return bad_value(option, value, "a port is a number from 1 to 65535",
                         problem);
    *port = (uint16_t)number;
    return PN_EXIT_OK;
}

static int take_seconds(const char *value, const char *option, int64_t *ms,
                        pn_problem *problem)
{
    static const char DIGITS[] = "0123456789.";
    bool is_plain = strspn(value, DIGITS) == strlen(value) &&
                    strpbrk(value, "123456789") != NULL &&
                    strchr(value, '.') == strrchr(value, '.');
    double seconds = is_plain ? strtod(value, NULL) : 0;
    if (!(seconds > 0 && seconds <= 1e9))
        return bad_value(option, value,
                         "give seconds, more than 0, such as 30 or 2.5",
                         problem);
    *ms = (int64_t)(seconds * 1000);
    if (*ms < 1)
        *ms = 1;
    return PN_EXIT_OK;
}

static int take_tls(const char *value, pneu_tls_mode *mode, pn_problem *problem)
{
    static const char *const MODES[] = {[PNEU_TLS_AUTO] = "auto",
                                        [PNEU_TLS_NONE] = "none",
                                        [PNEU_TLS_OPTIONAL] = "optional",
                                        [PNEU_TLS_STARTTLS] = "starttls",
                                        [PNEU_TLS_IMPLICIT] = "implicit"};
    for (size_t i = 0; i < sizeof(MODES) / sizeof(MODES[0]); i++) {
        if (strcmp(value, MODES[i]) == 0) {
            *mode = (pneu_tls_mode)i;
            return PN_EXIT_OK;
        }
    }
    return bad_value("--tls", value,
                     "choose auto, none, optional, starttls or implicit",
                     problem);
}

static const char **text_field(pn_connection *connection, int id)
{
    pn_credentials *credentials = &connection->credentials;
    switch (id) {
    case PN_OPTION_HOST:
        return &connection->host;
    case PN_OPTION_HELO:
        return &connection->local_name;
    case PN_OPTION_CA_FILE:
        return &connection->ca_file;
    case PN_OPTION_USER:
        return &credentials->user;
    case PN_OPTION_PASSWORD_ENV:
        return &credentials->password_env;
    case PN_OPTION_PASSWORD_FILE:
        return &credentials->password_file;
    case PN_OPTION_PASSWORD_COMMAND:
        return &credentials->password_command;
    case PN_OPTION_MECHANISM:
        return &connection->mechanism;
    default:
        return NULL;
    }
}

static bool *switch_field(pn_connection *connection, int id)
{
    switch (id) {
    case PN_OPTION_LMTP:
        return &connection->lmtp;
    case PN_OPTION_NO_PIPELINING:
        return &connection->no_pipelining;
    case PN_OPTION_CLEARTEXT_AUTH:
        return &connection->allow_cleartext_auth;
    case PN_OPTION_JSON:
        return &connection->json;
    case 'v':
        return &connection->verbose;
    case 'q':
        return &connection->quiet;
    default:
        return NULL;
    }
}

int pn_connection_take(pn_connection *connection, int id, const char *value,
                       pn_problem *problem)
{
    const char **text = text_field(connection, id);
    bool *flag = switch_field(connection, id);
    if (text != NULL)
        *text = value;
    else if (flag != NULL)
        *flag = true;
    else if (id == PN_OPTION_PORT)
        return take_port(value, "--port", &connection->port, problem);
    else if (id == PN_OPTION_TIMEOUT)
        return take_seconds(value, "--timeout", &connection->timeout_ms,
                            problem);
    else if (id == PN_OPTION_DEADLINE)
        return take_seconds(value, "--deadline", &connection->deadline_ms,
                            problem);
    else if (id == PN_OPTION_TLS)
        return take_tls(value, &connection->tls, problem);
    return PN_EXIT_OK;
}

/* Where the host ends in host:port or [host]:port; NULL if there is no port.
 * More than one colon without brackets is an IPv6 address. */
static const char *port_colon(const char *host)
{
    const char *colon = strrchr(host, ':');
    if (colon == NULL || host[0] == '/')
        return NULL;
    if (host[0] == '[')
        return colon > host && colon[-1] == ']' ? colon : NULL;
    return strchr(host, ':') == colon ? colon : NULL;
}

/* More than one colon: with a zone ("fe80::1%eth0") or without. */
static bool is_ipv6(pn_span text)
{
    char address[INET6_ADDRSTRLEN];
    struct in6_addr parsed;
    const char *zone = memchr(text.data, '%', text.length);
    size_t length = zone != NULL ? (size_t)(zone - text.data) : text.length;
    if (length >= sizeof(address))
        return false;
    memcpy(address, text.data, length);
    address[length] = '\0';
    return inet_pton(AF_INET6, address, &parsed) == 1;
}

static int check_host_form(const char *host, pn_problem *problem)
{
    if (host[0] == '/')
        return PN_EXIT_OK;
    if (strstr(host, "://") != NULL)
        return bad_value("--host", host,
                         "give a host and not a URL, such as "
                         "mail.example.com:25",
                         problem);
    const char *close = strchr(host, ']');
    bool is_closed = close != NULL && (close[1] == '\0' || close[1] == ':') &&
                     strchr(close + 1, ']') == NULL &&
                     strrchr(close, ':') <= close + 1;
    if (host[0] == '[' ? !is_closed : strpbrk(host, "[]") != NULL)
        return bad_value("--host", host,
                         "brackets go around an address, as in [::1]:25",
                         problem);
    const char *colon = strchr(host, ':');
    if (host[0] != '[' && colon != NULL && strchr(colon + 1, ':') != NULL &&
        !is_ipv6(pn_span_of(host)))
        return bad_value("--host", host,
                         "it has more than one colon, and is no IPv6 address",
                         problem);
    return PN_EXIT_OK;
}

static int split_host(pn_connection *connection, pn_problem *problem)
{
    const char *host = connection->host;
    const char *colon = port_colon(host);
    size_t length = colon != NULL ? (size_t)(colon - host) : strlen(host);
    int exit = check_host_form(host, problem);
    if (exit != PN_EXIT_OK)
        return exit;
    if (colon != NULL && connection->port != 0)
        return pn_problem_set(problem, PN_EXIT_USAGE, PNEU_INVALID,
                              "two ports: \"%.100s\" names one, and --port "
                              "another",
                              host);
    if (colon != NULL) {
        exit = take_port(colon + 1, "the port in --host", &connection->port,
                         problem);
        if (exit != PN_EXIT_OK)
            return exit;
    }
    if (length > 2 && host[0] == '[' && host[length - 1] == ']') {
        host++;
        length -= 2;
    }
    if (length == 0)
        return bad_value("--host", connection->host, "the host is missing",
                         problem);
    connection->bare_host = pn_memory_copy_text(host, length);
    return connection->bare_host != NULL ? PN_EXIT_OK
                                         : pn_problem_no_memory(problem);
}

static int check_texts(const pn_connection *connection, pn_problem *problem)
{
    const struct {
        const char *option;
        const char *value;
    } texts[] = {
        {"--host", connection->host},
        {"--helo", connection->local_name},
        {"--mechanism", connection->mechanism},
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const char *value = texts[i].value;
        if (value != NULL && value[0] == '\0')
            return pn_problem_set(problem, PN_EXIT_USAGE, PNEU_INVALID,
                                  "the value of %s is empty", texts[i].option);
        int exit = pn_options_check_line(texts[i].option, value, PN_EXIT_USAGE,
                                         problem);
        if (exit != PN_EXIT_OK)
            return exit;
    }
    return PN_EXIT_OK;
}

int pn_connection_check(pn_connection *connection, pn_problem *problem)
{
    int exit = check_texts(connection, problem);
    if (exit == PN_EXIT_OK)
        exit = pn_credentials_check(&connection->credentials, problem);
    if (exit == PN_EXIT_OK && connection->host != NULL)
        exit = split_host(connection, problem);
    return exit;
}

static unsigned hint_facts(const pn_connection *connection)
{
    const char *host = connection->bare_host;
    return (connection->credentials.user != NULL ? PN_HINT_USER : 0U) |
           (host != NULL && host[0] == '/' ? PN_HINT_SOCKET : 0U);
}

int pn_connection_problem(const pn_connection *connection,
                          const pneu_client *client, int exit,
                          pn_problem *problem)
{
    pneu_protection protection = pneu_client_protection(client);
    unsigned facts = hint_facts(connection);
    if (protection == PNEU_PROTECTION_TLS ||
        protection == PNEU_PROTECTION_TLS_UNVERIFIED)
        facts |= PN_HINT_TLS;
    return pn_problem_from(problem, exit, pneu_client_error(client), facts);
}

int pn_connection_client(pn_connection *connection, const char *command,
                         pneu_client **client, pn_problem *problem)
{
    char *password = NULL;
    pneu_error error = {0};
    int exit = pn_ca_file_check(connection->ca_file, problem);
    if (exit == PN_EXIT_OK)
        exit = pn_credentials_password(&connection->credentials, command,
                                       &password, problem);
    if (exit != PN_EXIT_OK)
        return exit;
    pn_log_init(&connection->log, connection->verbose);
    const pneu_client_options *options = PNEU_CLIENT_OPTIONS(
            .host = connection->bare_host, .port = connection->port,
            .lmtp = connection->lmtp, .local_name = connection->local_name,
            .tls = connection->tls, .ca_file = connection->ca_file,
            .user = connection->credentials.user, .password = password,
            .mechanism = connection->mechanism,
            .allow_cleartext_auth = connection->allow_cleartext_auth,
            .no_pipelining = connection->no_pipelining,
            .timeout_ms = connection->timeout_ms,
            .deadline_ms = connection->deadline_ms, .log = pn_log_line,
            .log_context = &connection->log, );
    pneu_status status = pneu_client_new(client, options, &error);
    pn_secret_free_text(password);
    if (status == PNEU_OK)
        return PN_EXIT_OK;
    return pn_problem_from(problem, pn_exit_status(&error, NULL), &error,
                           hint_facts(connection));
}

void pn_connection_finish(pn_connection *connection)
{
    pn_memory_free(connection->bare_host);
    connection->bare_host = NULL;
}
