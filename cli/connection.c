#include "cli/connection.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/memory.h"
#include "cli/exit.h"
#include "cli/hint.h"
#include "cli/host.h"
#include "cli/phases.h"
#include "cli/proxy.h"
#include "cli/tls_facts.h"

static bool is_address(const char *text)
{
    struct in6_addr six;
    struct in_addr four;
    size_t length = strcspn(text, "%"); /* a zone may follow */
    char bare[INET6_ADDRSTRLEN];
    if (length >= sizeof(bare))
        return false;
    memcpy(bare, text, length);
    bare[length] = '\0';
    return inet_pton(AF_INET, text, &four) == 1 ||
           inet_pton(AF_INET6, bare, &six) == 1;
}

static int check_source(pn_connection *connection, pn_problem *problem)
{
    const char *source = connection->source;
    if (source == NULL)
        return PN_EXIT_OK;
    if (connection->bare_host != NULL && connection->bare_host[0] == '/')
        return pn_problem_set(problem, PN_EXIT_USAGE, PNEU_INVALID,
                              "--source has no meaning for a Unix socket");
    int exit =
        pn_host_split("--source", source, "--source", &connection->bare_source,
                      &connection->source_port, problem);
    if (exit == PN_EXIT_OK && !is_address(connection->bare_source))
        exit = pn_value_refuse("--source", source,
                               "give an address in digits, such as 192.0.2.1",
                               problem);
    return exit;
}

int pn_connection_check(pn_connection *connection, pn_problem *problem)
{
    int exit = pn_account_check(&connection->account, problem);
    if (exit == PN_EXIT_OK)
        exit = pn_tls_choice_check(&connection->tls, problem);
    if (exit == PN_EXIT_OK && connection->host != NULL)
        exit =
            pn_host_split("--host", connection->host, "--port",
                          &connection->bare_host, &connection->port, problem);
    if (exit == PN_EXIT_OK)
        exit = check_source(connection, problem);
    if (exit == PN_EXIT_OK)
        exit = pn_proxy_find(&connection->proxy, connection->proxy_variable,
                             problem);
    if (exit == PN_EXIT_OK)
        exit = pn_phases_parse(&connection->timeouts,
                               &connection->phase_timeouts, problem);
    return exit;
}

static unsigned hint_facts(const pn_connection *connection)
{
    const char *host = connection->bare_host;
    unsigned facts = 0;
    if (pn_account_are_given(&connection->account))
        facts |= PN_HINT_USER;
    if (pn_secret_is_given(&connection->account.token))
        facts |= PN_HINT_TOKEN;
    if (host != NULL && host[0] == '/')
        facts |= PN_HINT_SOCKET;
    if (connection->tls.pins.count > 0)
        facts |= PN_HINT_PIN;
    if (connection->proxy != NULL)
        facts |= PN_HINT_PROXY;
    if (connection->source != NULL)
        facts |= PN_HINT_SOURCE;
    if (pn_account_is_anonymous(&connection->account))
        facts |= PN_HINT_ANONYMOUS;
    if (connection->account.authorization != NULL)
        facts |= PN_HINT_AUTHORIZE;
    return facts;
}

int pn_connection_explain(const pn_connection *connection,
                          const pneu_client *client, const pneu_error *error,
                          int exit, pn_problem *problem)
{
    pneu_protection protection = pneu_client_protection(client);
    unsigned facts = hint_facts(connection);
    if (protection == PNEU_PROTECTION_TLS ||
        protection == PNEU_PROTECTION_TLS_UNVERIFIED)
        facts |= PN_HINT_TLS;
    else if (pneu_client_has_extension(client, "STARTTLS"))
        facts |= PN_HINT_STARTTLS;
    return pn_problem_from(problem, exit, error, facts);
}

int pn_connection_problem(const pn_connection *connection,
                          const pneu_client *client, int exit,
                          pn_problem *problem)
{
    const pn_problem *no_token = &connection->account.no_token;
    if (no_token->exit != PN_EXIT_OK) {
        *problem = *no_token;
        return problem->exit;
    }
    return pn_connection_explain(connection, client, pneu_client_error(client),
                                 exit, problem);
}

static pneu_status new_client(pn_connection *connection, pneu_client **client,
                              pneu_error *error)
{
    pn_account *account = &connection->account;
    bool has_token = pn_secret_is_given(&account->token);
    const pneu_tls_options tls = pn_tls_choice_options(&connection->tls);
    const pneu_client_options *options =
        PNEU_CLIENT_OPTIONS(.host = connection->bare_host,
                            .port = connection->port, .lmtp = connection->lmtp,
                            .local_name = connection->local_name,
                            .source = connection->bare_source,
                            .source_port = connection->source_port,
                            .proxy = connection->proxy,
                            .tls = (pneu_tls_mode)connection->tls.mode,
                            .tls_options = &tls, .user = account->user,
                            .password = has_token ? NULL : account->fetched,
                            .authorization = account->authorization,
                            .mechanisms = account->mechanism_line,
                            .auth_policy = (pneu_auth_policy)account->policy,
                            .no_initial_response = account->no_initial_response,
                            .token = has_token ? pn_account_token : NULL,
                            .token_context = account,
                            .allow_cleartext_auth = account->allow_cleartext,
                            .no_pipelining = connection->no_pipelining,
                            .no_chunking = connection->no_chunking,
                            .timeout_ms = connection->timeout_ms,
                            .timeouts = &connection->timeouts,
                            .deadline_ms = connection->deadline_ms,
                            .log = pn_log_line, .log_context = &connection->log,
                            .progress = connection->progress,
                            .progress_context = connection->progress_context);
    return pneu_client_new(client, options, error);
}

int pn_connection_client(pn_connection *connection, const char *command,
                         pneu_client **client, pn_problem *problem)
{
    pneu_error error = {0};
    int exit = pn_tls_choice_fetch(&connection->tls, command, problem);
    if (exit == PN_EXIT_OK)
        exit = pn_account_fetch(&connection->account, command, problem);
    if (exit != PN_EXIT_OK)
        return exit;
    pn_log_init(&connection->log, connection->verbose);
    if (new_client(connection, client, &error) != PNEU_OK)
        return pn_problem_from(problem, pn_exit_status(&error, NULL), &error,
                               hint_facts(connection));
    pneu_client_set_debug_level(*client, (int)connection->debug.value);
    return PN_EXIT_OK;
}

pneu_status pn_connection_open(pn_connection *connection, pneu_client *client)
{
    pneu_status status = pneu_client_open(client);
    const pneu_tls_info *info = pneu_client_tls_info(client);
    if (info != NULL && connection->verbose)
        pn_tls_facts_log(info, &connection->log);
    return status;
}

void pn_connection_finish(pn_connection *connection)
{
    pn_account_finish(&connection->account);
    pn_tls_choice_finish(&connection->tls);
    pn_list_finish(&connection->phase_timeouts);
    pn_memory_free(connection->bare_host);
    pn_memory_free(connection->bare_source);
    connection->bare_host = NULL;
    connection->bare_source = NULL;
}
