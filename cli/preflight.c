#include "cli/preflight.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/memory.h"
#include "cli/exit.h"
#include "cli/result.h"
#include "cli/signals.h"
#include "cli/tls_facts.h"

static void no_memory(const pn_preflight *preflight)
{
    pn_problem problem = {0};
    pn_problem_no_memory(&problem);
    pn_problem_print(&problem, preflight->command);
}

static bool add_error(const pn_preflight *preflight, const pneu_client *client,
                      const pneu_error *error)
{
    pn_problem problem = {0};
    pn_connection_explain(preflight->connection, client, error,
                          pn_exit_status(error, NULL), &problem);
    return pn_problem_list_add(preflight->problems, &problem, &problem) ==
           PN_EXIT_OK;
}

/* What the library finds, against what the server has said so far. */
static bool ask_library(const pn_preflight *preflight,
                        const pneu_client *client)
{
    size_t count = pneu_client_preflight(client, preflight->envelope,
                                         preflight->message, NULL, 0);
    if (count == 0)
        return true;
    pneu_error *errors = pn_memory_new(count, sizeof(*errors));
    bool added = errors != NULL;
    if (added)
        pneu_client_preflight(client, preflight->envelope, preflight->message,
                              errors, count);
    for (size_t i = 0; i < count && added; i++)
        added = add_error(preflight, client, &errors[i]);
    pn_memory_free(errors);
    return added;
}

static bool add_failure(const pn_preflight *preflight,
                        const pneu_client *client)
{
    pn_problem problem = {0};
    pn_connection_problem(preflight->connection, client,
                          pn_exit_status(pneu_client_error(client), NULL),
                          &problem);
    pn_signals_note(&problem);
    return pn_problem_list_add(preflight->problems, &problem, &problem) ==
           PN_EXIT_OK;
}

/* The caller's mistakes before what is not permitted, and that before what the
 * server cannot do; but first of all, that there was no answer. */
static const pn_problem *find_worst(const pn_problem_list *problems,
                                    bool is_unanswered)
{
    static const int ORDER[] = {PN_EXIT_USAGE, PN_EXIT_DATA,
                                PN_EXIT_NOT_ALLOWED, PN_EXIT_REFUSED};
    if (problems->count == 0)
        return NULL;
    if (is_unanswered)
        return &problems->items[problems->count - 1];
    for (size_t i = 0; i < sizeof(ORDER) / sizeof(ORDER[0]); i++) {
        for (size_t k = 0; k < problems->count; k++) {
            if (problems->items[k].exit == ORDER[i])
                return &problems->items[k];
        }
    }
    return &problems->items[0];
}

/* As SIZE counts them: with CRLF (RFC 1870 3). */
static uint64_t count_octets(const pn_preflight *preflight)
{
    pneu_delivery *delivery = NULL;
    uint64_t octets = preflight->message->length;
    if (pneu_delivery_new(&delivery, preflight->envelope, preflight->message,
                          NULL) == PNEU_OK)
        octets = pneu_delivery_octets(delivery);
    pneu_delivery_free(delivery);
    return octets;
}

static void print(const pn_preflight *preflight)
{
    const pn_problem_list *problems = preflight->problems;
    size_t people = preflight->envelope->recipient_count;
    if (problems->count == 0 && !preflight->connection->quiet)
        printf("nothing is wrong: %" PRIu64 " octets, %zu recipient%s\n",
               count_octets(preflight), people, people == 1 ? "" : "s");
    for (size_t i = 0; i < problems->count; i++)
        pn_problem_print_item(&problems->items[i], preflight->command);
}

static void write_json(const pn_preflight *preflight, const pn_problem *worst,
                       const pneu_client *client)
{
    static const pn_problem NONE = {0};
    const pn_problem_list *problems = preflight->problems;
    const pn_problem *end = worst != NULL ? worst : &NONE;
    pn_json json = {.out = stdout};
    pn_json_open(&json, NULL, '{');
    pn_json_text(&json, "status", pneu_status_name(end->error.status));
    pn_json_number(&json, "exit", end->exit);
    pn_json_text(&json, "sender", preflight->envelope->sender);
    pn_json_open(&json, "problems", '[');
    for (size_t i = 0; i < problems->count; i++)
        pn_result_problem(&json, NULL, &problems->items[i]);
    pn_json_close(&json, ']');
    pn_tls_facts_json(pneu_client_tls_info(client), &json);
    pn_json_text(&json, "mechanism", pneu_client_mechanism(client));
    pn_result_error(&json, end);
    pn_json_close(&json, '}');
    putchar('\n');
}

int pn_preflight_run(const pn_preflight *preflight, pneu_client *client)
{
    bool is_unanswered =
        pn_connection_open(preflight->connection, client) != PNEU_OK;
    bool kept = true;
    /* where every address is bad, that nobody is left goes without saying */
    if (preflight->envelope->recipient_count > 0)
        kept = ask_library(preflight, client);
    if (kept && is_unanswered)
        kept = add_failure(preflight, client);
    if (!kept) {
        no_memory(preflight);
        return PN_EXIT_MACHINE;
    }
    const pn_problem *worst = find_worst(preflight->problems, is_unanswered);
    if (preflight->connection->json)
        write_json(preflight, worst, client);
    else
        print(preflight);
    int reason = pn_result_flush();
    if (pneu_client_is_connected(client))
        pneu_client_quit(client, NULL);
    return pn_result_end(preflight->command,
                         worst != NULL ? worst->exit : PN_EXIT_OK, reason);
}
