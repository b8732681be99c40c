#include "cli/verify.h"

#include <getopt.h>
#include <stdio.h>
#include <time.h>

#include <pneu/client.h>

#include "base/memory.h"
#include "cli/answers.h"
#include "cli/connection.h"
#include "cli/connection_options.h"
#include "cli/exit.h"
#include "cli/result.h"
#include "cli/signals.h"
#include "cli/terminal.h"

enum {
    EXPAND = PN_OPTION_OWN
};

static const pn_option QUESTION_OPTIONS[] = {
    PN_OPTION_HEADING("What to ask:"),
    {"expand", EXPAND, "LIST",
     "who is on this mailing list (EXPN); again\nfor each"},
    PN_OPTION_END};

static const pn_option *const TABLES[] = {
    QUESTION_OPTIONS, PN_CONNECTION_OPTIONS, PN_OUTPUT_OPTIONS, NULL};

static const pn_usage USAGE = {
    .command = "pneu verify",
    .synopsis = "[options] ADDRESS... [--expand LIST]...",
    .purpose = "Ask a server whether it knows mailboxes (VRFY).",
    .tables = TABLES,
    .examples = "  pneu verify --host mail.example.com postmaster dhellmann\n"
                "  pneu verify --host [::1]:2525 --json bob@example.com\n"
                "  pneu verify --expand staff\n"};

typedef struct asking {
    pn_connection connection;
    pn_list lists; /* of --expand */
    pn_answer *answers;
    size_t count;
    int width; /* of the longest name */
    int64_t began_ms;
    pn_problem worst; /* the failure that decides the exit status */
} asking;

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int take(void *context, int id, const char *value, pn_problem *problem)
{
    asking *all = context;
    if (id != EXPAND)
        return pn_connection_take(&all->connection, id, value, problem);
    int exit = pn_value_word("--expand", value, problem);
    return exit == PN_EXIT_OK ? pn_list_add(&all->lists, value, problem) : exit;
}

static void set_question(asking *all, size_t i, const char *name, bool is_list)
{
    int width = pn_terminal_width(name);
    all->answers[i].address = name;
    all->answers[i].is_list = is_list;
    all->width = width > all->width ? width : all->width;
}

static int take_names(asking *all, char **names, size_t count)
{
    pn_problem *problem = &all->worst;
    size_t total = count + all->lists.count;
    if (total == 0)
        return pn_problem_set(problem, PN_EXIT_USAGE, PNEU_INVALID,
                              "which ADDRESS? Give one or more");
    all->answers = pn_memory_new(total, sizeof(*all->answers));
    if (all->answers == NULL)
        return pn_problem_no_memory(problem);
    all->count = total;
    for (size_t i = 0; i < count; i++)
        set_question(all, i, names[i], false);
    for (size_t i = count; i < total; i++)
        set_question(all, i, all->lists.items[i - count], true);
    return PN_EXIT_OK;
}

static int check_names(const asking *all, pn_problem *problem)
{
    int exit = PN_EXIT_OK;
    for (size_t i = 0; i < all->count && exit == PN_EXIT_OK; i++) {
        const char *name = all->answers[i].address;
        if (name[0] == '\0')
            return pn_problem_set(problem, PN_EXIT_DATA, PNEU_BAD_ADDRESS,
                                  "an ADDRESS is empty");
        exit = pn_options_check_line("ADDRESS", name, PN_EXIT_DATA, problem);
    }
    return exit;
}

/* A refusal for good outweighs one for now; anything else ends the asking. */
static void note_failure(asking *all, const pneu_client *client)
{
    const pneu_error *error = pneu_client_error(client);
    pn_problem problem = {0};
    pn_connection_problem(&all->connection, client, pn_exit_status(error, NULL),
                          &problem);
    if (all->worst.exit == PN_EXIT_OK || problem.exit == PN_EXIT_REFUSED ||
        error->status != PNEU_REFUSED)
        all->worst = problem;
}

static bool is_late(asking *all)
{
    int64_t deadline = all->connection.deadline_ms;
    if (deadline == 0 || now_ms() - all->began_ms < deadline)
        return false;
    pn_problem_set(&all->worst, PN_EXIT_TRY_AGAIN, PNEU_DEADLINE,
                   "the deadline passed before all were asked");
    return true;
}

/* Returns false if there is no point in going on. */
static bool ask_one(asking *all, pneu_client *client, pn_answer *answer)
{
    const pneu_reply *reply = NULL;
    if (is_late(all))
        return false;
    pneu_status status =
        answer->is_list ? pneu_client_expand(client, answer->address, &reply)
                        : pneu_client_verify(client, answer->address, &reply);
    if (reply != NULL &&
        pn_answer_set(answer, reply, &all->worst) != PN_EXIT_OK)
        return false;
    if (reply != NULL && !all->connection.json &&
        !(all->connection.quiet && status == PNEU_OK))
        pn_answer_print(answer, all->width);
    if (status == PNEU_OK)
        return true;
    note_failure(all, client);
    return status == PNEU_REFUSED && pneu_client_is_connected(client);
}

static void ask_all(asking *all, pneu_client *client)
{
    all->began_ms = now_ms();
    if (pn_connection_open(&all->connection, client) != PNEU_OK) {
        note_failure(all, client);
        return;
    }
    for (size_t i = 0; i < all->count; i++) {
        if (!ask_one(all, client, &all->answers[i]))
            break;
    }
}

/* RFC 5321 3.5.3 */
static void explain_252(const asking *all)
{
    bool any = false;
    for (size_t i = 0; i < all->count; i++)
        any = any || all->answers[i].code == 252;
    if (any && !all->connection.quiet)
        fprintf(stderr,
                "%s: 252 means that the server does not tell, but takes mail "
                "for the address\n",
                USAGE.command);
}

static bool was_answered(const asking *all)
{
    for (size_t i = 0; i < all->count; i++) {
        if (all->answers[i].code == 0)
            return false;
    }
    return all->count > 0;
}

/* Refusals are in the answers; what kept one from being asked is not. */
static int finish(asking *all)
{
    const pn_problem *worst = &all->worst;
    bool json = all->connection.json && worst->exit != PN_EXIT_USAGE;
    if (json)
        pn_answers_json(all->answers, all->count, worst);
    int reason = pn_result_flush();
    if (!json && worst->exit != PN_EXIT_OK && !was_answered(all))
        pn_problem_print(worst, USAGE.command);
    else if (!json)
        pn_problem_print_hint(worst);
    if (!json)
        explain_252(all);
    return pn_result_end(USAGE.command, worst->exit, reason);
}

static int run(asking *all, char **names, size_t count)
{
    pneu_client *client = NULL;
    pn_problem *problem = &all->worst;
    int exit = take_names(all, names, count);
    if (exit == PN_EXIT_OK)
        exit = check_names(all, problem);
    if (exit == PN_EXIT_OK)
        exit = pn_connection_check(&all->connection, problem);
    if (exit == PN_EXIT_OK)
        exit = pn_connection_client(&all->connection, USAGE.command, &client,
                                    problem);
    if (exit == PN_EXIT_OK) {
        pn_signals_set_client(client);
        ask_all(all, client);
        pn_signals_note(problem);
    }
    exit = finish(all);
    if (client != NULL && pneu_client_is_connected(client))
        pneu_client_quit(client, NULL);
    pn_signals_set_client(NULL);
    pneu_client_free(client);
    return exit;
}

int pn_verify_main(int argc, char **argv)
{
    asking all = {0};
    int exit = PN_EXIT_OK;
    pn_signals_install(USAGE.command);
    if (pn_options_parse(&USAGE, argc, argv, take, &all, &exit))
        exit = run(&all, argv + optind, (size_t)(argc - optind));
    for (size_t i = 0; i < all.count; i++)
        pn_memory_free(all.answers[i].text);
    pn_memory_free(all.answers);
    pn_list_finish(&all.lists);
    pn_connection_finish(&all.connection);
    return exit;
}
