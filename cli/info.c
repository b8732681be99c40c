#include "cli/info.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include <pneu/client.h>

#include "base/memory.h"
#include "cli/binding.h"
#include "cli/connection.h"
#include "cli/connection_options.h"
#include "cli/exit.h"
#include "cli/extension.h"
#include "cli/result.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "cli/tls_facts.h"

enum {
    TOPIC = PN_OPTION_OWN,
    NAME_COLUMNS = 12
};

static const pn_option QUESTION_OPTIONS[] = {
    PN_OPTION_HEADING("What to ask beside:"),
    {"topic", TOPIC, "TOPIC", "what HELP says of TOPIC; '' for all"},
    PN_OPTION_END};

static const pn_option *const TABLES[] = {
    QUESTION_OPTIONS, PN_CONNECTION_OPTIONS, PN_OUTPUT_OPTIONS, NULL};

static const pn_usage USAGE = {
    .command = "pneu info",
    .synopsis = "[options] [HOST]",
    .purpose = "Show what a server says of itself: its greeting, its TLS "
               "certificate,\nand what it offers.",
    .tables = TABLES,
    .examples = "  pneu info mail.example.com:587\n"
                "  pneu info --tls optional --json localhost:2525\n"};

/* A reply that outlives the next call. */
typedef struct words {
    int code; /* 0: none */
    char *text;
} words;

typedef struct looking {
    pn_connection connection;
    const char *topic;
    words greeting;
    words hello;
    words help;
    pneu_client *client;
    pn_problem problem;
} looking;

static int take(void *context, int id, const char *value, pn_problem *problem)
{
    static const pn_binding BINDINGS[] = {
        PN_BINDING(TOPIC, PN_BIND_LINE, "--topic", looking, topic),
        PN_BINDING_END};
    looking *all = context;
    bool found = false;
    int exit = pn_binding_take(BINDINGS, all, id, value, &found, problem);
    if (found)
        return exit;
    return pn_connection_take(&all->connection, id, value, problem);
}

static int take_host(looking *all, char **hosts, int count)
{
    pn_problem *problem = &all->problem;
    if (count == 0)
        return PN_EXIT_OK;
    if (count > 1)
        return pn_problem_set(problem, PN_EXIT_USAGE, PNEU_INVALID,
                              "what is \"%.100s\" for? One HOST is asked",
                              hosts[1]);
    if (all->connection.host != NULL)
        return pn_problem_set(problem, PN_EXIT_USAGE, PNEU_INVALID,
                              "give HOST or --host, not both");
    all->connection.host = hosts[0];
    return pn_value_word("HOST", hosts[0], problem);
}

static bool keep(looking *all, words *kept, const pneu_reply *reply)
{
    if (reply == NULL)
        return true;
    kept->code = reply->code;
    kept->text = pn_memory_copy_text(reply->text, reply->text_length);
    if (kept->text == NULL)
        pn_problem_no_memory(&all->problem);
    return kept->text != NULL;
}

static void note_failure(looking *all)
{
    const pneu_error *error = pneu_client_error(all->client);
    pn_connection_problem(&all->connection, all->client,
                          pn_exit_status(error, NULL), &all->problem);
}

static void ask_help(looking *all)
{
    const pneu_reply *reply = NULL;
    const char *topic = all->topic[0] != '\0' ? all->topic : NULL;
    if (pneu_client_help(all->client, topic, &reply) != PNEU_OK)
        note_failure(all);
    keep(all, &all->help, reply);
}

static void ask(looking *all)
{
    const pneu_reply *reply = NULL;
    pneu_status status = pneu_client_connect(all->client, &reply);
    if (!keep(all, &all->greeting, reply))
        return;
    if (status == PNEU_OK)
        status = pn_connection_open(&all->connection, all->client);
    if (status != PNEU_OK)
        note_failure(all);
    if (keep(all, &all->hello, pneu_client_hello_reply(all->client)) &&
        status == PNEU_OK && all->topic != NULL)
        ask_help(all);
}

/* For a program, and for a person. */
static const struct {
    const char *token;
    const char *text;
} PROTECTIONS[] = {
    [PNEU_PROTECTION_NONE] = {"none", "none"},
    [PNEU_PROTECTION_LOCAL] = {"local",
                               "none, and the line stays on this machine"},
    [PNEU_PROTECTION_TLS_UNVERIFIED] = {"tls-unverified", "TLS, not verified"},
    [PNEU_PROTECTION_TLS] = {"tls", "TLS, verified"}};

/* The first line of the answer to EHLO; the others are what it offers. */
static void print_hello(const words *said)
{
    if (said->code == 0)
        return;
    char *line = pn_memory_copy_text(said->text, strcspn(said->text, "\n"));
    char *text = line != NULL ? pn_terminal_escape(line, "") : NULL;
    printf("%-*s  %03d %s\n", NAME_COLUMNS, "hello", said->code,
           text != NULL ? text : "");
    pn_memory_free(text);
    pn_memory_free(line);
}

/* Lines after the first stand under it. */
static void print_words(const char *name, const words *said)
{
    char indent[NAME_COLUMNS + 8];
    if (said->code == 0)
        return;
    snprintf(indent, sizeof(indent), "\n%*s", NAME_COLUMNS + 6, "");
    char *text = pn_terminal_escape(said->text, indent);
    printf("%-*s  %03d %s\n", NAME_COLUMNS, name, said->code,
           text != NULL ? text : "");
    pn_memory_free(text);
}

static void print_offer(const pneu_client *client)
{
    size_t count = pneu_client_extension_count(client);
    for (size_t i = 0; i < count; i++) {
        const char *parameters = NULL;
        const char *keyword = pneu_client_extension_at(client, i, &parameters);
        const char *meaning = pn_extension_meaning(keyword);
        char *name = pn_terminal_escape(keyword, "\\n");
        char *rest = pn_terminal_escape(parameters, "\\n");
        printf("%-*s  %-20s", NAME_COLUMNS, i == 0 ? "offers" : "",
               name != NULL ? name : "?");
        if (meaning != NULL)
            printf("  %s%s", meaning,
                   rest != NULL && rest[0] != '\0' ? ": " : "");
        else if (rest != NULL && rest[0] != '\0')
            fputs("  ", stdout);
        printf("%s\n", rest != NULL ? rest : "?");
        pn_memory_free(name);
        pn_memory_free(rest);
    }
}

static void print_all(const looking *all)
{
    const pneu_client *client = all->client;
    const pneu_tls_info *info = pneu_client_tls_info(client);
    print_words("greeting", &all->greeting);
    print_hello(&all->hello);
    if (all->hello.code != 0)
        printf("%-*s  %s\n", NAME_COLUMNS, "protection",
               PROTECTIONS[pneu_client_protection(client)].text);
    if (info != NULL)
        pn_tls_facts_print(info, NAME_COLUMNS, stdout);
    if (pneu_client_mechanism(client) != NULL)
        printf("%-*s  %s\n", NAME_COLUMNS, "logged in by",
               pneu_client_mechanism(client));
    print_offer(client);
    print_words("help", &all->help);
}

static void write_words(pn_json *json, const char *name, const words *said)
{
    if (said->code == 0) {
        pn_json_null(json, name);
        return;
    }
    pn_json_open(json, name, '{');
    pn_json_number(json, "code", said->code);
    pn_json_text(json, "text", said->text);
    pn_json_close(json, '}');
}

static void write_all(const looking *all)
{
    const pneu_client *client = all->client;
    pn_json json = {.out = stdout};
    pn_json_open(&json, NULL, '{');
    pn_json_text(&json, "status", pneu_status_name(all->problem.error.status));
    pn_json_number(&json, "exit", all->problem.exit);
    write_words(&json, "greeting", &all->greeting);
    write_words(&json, "hello", &all->hello);
    pn_json_text(&json, "protection",
                 client != NULL
                     ? PROTECTIONS[pneu_client_protection(client)].token
                     : NULL);
    pn_tls_facts_json(client != NULL ? pneu_client_tls_info(client) : NULL,
                      &json);
    pn_json_text(&json, "mechanism",
                 client != NULL ? pneu_client_mechanism(client) : NULL);
    pn_json_open(&json, "extensions", '{');
    size_t count = client != NULL ? pneu_client_extension_count(client) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *parameters = NULL;
        const char *keyword = pneu_client_extension_at(client, i, &parameters);
        pn_json_text(&json, keyword, parameters);
    }
    pn_json_close(&json, '}');
    write_words(&json, "help", &all->help);
    pn_result_error(&json, &all->problem);
    pn_json_close(&json, '}');
    putchar('\n');
}

static int finish(const looking *all)
{
    const pn_problem *problem = &all->problem;
    bool json = all->connection.json && problem->exit != PN_EXIT_USAGE;
    if (json)
        write_all(all);
    else if (all->client != NULL && !all->connection.quiet)
        print_all(all);
    int reason = pn_result_flush();
    if (!json && problem->exit != PN_EXIT_OK)
        pn_problem_print(problem, USAGE.command);
    return pn_result_end(USAGE.command, problem->exit, reason);
}

static int run(looking *all, char **hosts, int count)
{
    pn_problem *problem = &all->problem;
    int exit = take_host(all, hosts, count);
    if (exit == PN_EXIT_OK)
        exit = pn_connection_check(&all->connection, problem);
    if (exit == PN_EXIT_OK)
        exit = pn_connection_client(&all->connection, USAGE.command,
                                    &all->client, problem);
    if (exit == PN_EXIT_OK) {
        pn_signals_set_client(all->client);
        ask(all);
        pn_signals_note(problem);
    }
    exit = finish(all);
    if (all->client != NULL && pneu_client_is_connected(all->client))
        pneu_client_quit(all->client, NULL);
    return exit;
}

int pn_info_main(int argc, char **argv)
{
    looking all = {0};
    int exit = PN_EXIT_OK;
    pn_signals_install(USAGE.command);
    if (pn_options_parse(&USAGE, argc, argv, take, &all, &exit))
        exit = run(&all, argv + optind, argc - optind);
    pn_signals_set_client(NULL);
    pneu_client_free(all.client);
    pn_memory_free(all.greeting.text);
    pn_memory_free(all.hello.text);
    pn_memory_free(all.help.text);
    pn_connection_finish(&all.connection);
    return exit;
}
