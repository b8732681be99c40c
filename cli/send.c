#include "cli/send.h"

#include <pneu/client.h>

#include "cli/compose.h"
#include "cli/envelope.h"
#include "cli/exit.h"
#include "cli/input.h"
#include "cli/preflight.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/result.h"
#include "cli/send_options.h"
#include "cli/signals.h"
#include "cli/typing.h"

static const char COMMAND[] = "pneu send";

typedef struct sending {
    pn_send_options options;
    pn_typing typing;
    pn_envelope envelope;
    pn_buffer text; /* the message's octets */
    pn_progress progress;
    pneu_client *client;

    pneu_mail_parameters mail; /* what the library gets */
    pneu_rcpt_parameters rcpt;
    pneu_envelope to_whom;
    pneu_message message;
} sending;

static int compose(sending *all, pn_problem *problem)
{
    const pn_send_options *options = &all->options;
    pn_buffer text = {0};
    pn_letter letter = {.from = &all->envelope.from,
                        .to = &all->envelope.to,
                        .cc = &all->envelope.cc,
                        .subject = options->subject,
                        .text_option = "--text",
                        .headers = &options->headers,
                        .attachments = &options->attachments};
    if (options->text != NULL)
        letter.text = pn_span_of(options->text);
    if (options->text_file != NULL) {
        int exit =
            pn_input_read("--text-file", options->text_file, &text, problem);
        if (exit != PN_EXIT_OK)
            return exit;
        letter.text = pn_buffer_span(&text);
        letter.text_option = "--text-file";
    }
    int exit = pn_compose(&letter, &all->text, problem);
    pn_buffer_finish(&text);
    return exit;
}

static int get_message(sending *all, pn_problem *problem)
{
    const char *path = all->options.message;
    if (path != NULL)
        return pn_input_read("--message", path, &all->text, problem);
    if (pn_send_options_want_typing(&all->options))
        return pn_typing_message(&all->envelope, &all->text, problem);
    return compose(all, problem);
}

/* Puts together what the library gets. */
static void address(sending *all)
{
    const pn_send_options *options = &all->options;
    pn_span text = pn_buffer_span(&all->text);
    all->mail = pn_parameters_mail(&options->parameters);
    all->rcpt = pn_parameters_rcpt(&options->parameters);
    all->to_whom =
        *PNEU_ENVELOPE(.sender = all->envelope.from.address,
                       .recipients = all->envelope.recipients.items,
                       .recipient_count = all->envelope.recipients.count,
                       .mail = &all->mail, .rcpt = &all->rcpt,
                       .allow_long_lines = options->allow_long_lines,
                       .all_or_nothing = options->all_or_nothing);
    all->message = *PNEU_MESSAGE(.data = text.data, .length = text.length);
}

/* Returns why standard output did not take it, or 0. With --json a mistake in
 * the command line has no object. */
static int report(const sending *all, const pneu_delivery *delivery,
                  const pn_problem *problem)
{
    const pneu_client *client = all->client;
    const pn_report report = {
        .command = COMMAND,
        .sender = all->envelope.from.address,
        .recipients = all->envelope.recipients.items,
        .recipient_count = all->envelope.recipients.count,
        .delivery = delivery,
        .problem = problem,
        .tls = client != NULL ? pneu_client_tls_info(client) : NULL,
        .mechanism = client != NULL ? pneu_client_mechanism(client) : NULL,
        .quiet = all->options.connection.quiet};
    if (!all->options.connection.json)
        return pn_report_text(&report);
    if (problem->exit != PN_EXIT_USAGE)
        return pn_report_json(&report);
    pn_problem_print(problem, COMMAND);
    return 0;
}

/* What is wrong in itself is refused before anybody is called. */
static pneu_status send_message(sending *all, const pneu_delivery **delivery)
{
    if (pneu_client_preflight(all->client, &all->to_whom, &all->message, NULL,
                              0) == 0) {
        pneu_status status =
            pn_connection_open(&all->options.connection, all->client);
        if (status != PNEU_OK)
            return status;
    }
    return pneu_client_sendmail(all->client, &all->to_whom, &all->message,
                                delivery);
}

static int deliver(sending *all)
{
    const pneu_delivery *delivery = NULL;
    pn_problem problem = {0};
    pneu_status status = send_message(all, &delivery);
    pn_progress_end(&all->progress);
    if (status != PNEU_OK) {
        const pneu_error *error = pneu_client_error(all->client);
        pn_connection_problem(&all->options.connection, all->client,
                              pn_exit_status(error, delivery), &problem);
    }
    pn_signals_note(&problem);
    int reason = report(all, delivery, &problem);
    pn_signals_set_delivering(false);
    if (pneu_client_is_connected(all->client))
        pneu_client_quit(all->client, NULL);
    return pn_result_end(COMMAND, problem.exit, reason);
}

/* Nothing was sent. With --json that is a result like any other; a mistake in
 * the command line is not. */
static int give_up(const sending *all, const pn_problem *problem)
{
    int reason = 0;
    if (all->options.connection.json && problem->exit != PN_EXIT_USAGE)
        reason = report(all, NULL, problem);
    else
        pn_problem_print(problem, COMMAND);
    return pn_result_end(COMMAND, problem->exit, reason);
}

/* All that is needed before a connection is made. */
static int prepare(sending *all, pn_problem *problem)
{
    pn_send_options *options = &all->options;
    all->envelope.goes_on = options->preflight;
    int exit = pn_send_options_check(options, problem);
    if (exit == PN_EXIT_OK && pn_send_options_can_ask(options))
        exit = pn_typing_addresses(&all->typing, options, problem);
    if (exit == PN_EXIT_OK)
        exit = pn_envelope_fill(&all->envelope, options, problem);
    if (exit == PN_EXIT_OK)
        exit = pn_parameters_check_count(
            &options->parameters, all->envelope.recipients.count, problem);
    if (exit == PN_EXIT_OK)
        exit = get_message(all, problem);
    if (exit != PN_EXIT_OK)
        return exit;
    address(all);
    return PN_EXIT_OK;
}

static void follow_progress(sending *all)
{
    pn_connection *connection = &all->options.connection;
    if (connection->quiet || connection->verbose ||
        connection->debug.value != 0)
        return;
    pn_progress_init(&all->progress, all->message.length);
    connection->progress = pn_progress_show;
    connection->progress_context = &all->progress;
}

static int run(sending *all)
{
    pn_problem problem = {0};
    int exit = prepare(all, &problem);
    if (exit == PN_EXIT_OK) {
        follow_progress(all);
        exit = pn_connection_client(&all->options.connection, COMMAND,
                                    &all->client, &problem);
    }
    if (exit != PN_EXIT_OK)
        return give_up(all, &problem);
    pn_signals_set_client(all->client);
    if (!all->options.preflight)
        return deliver(all);
    const pn_preflight preflight = {.command = COMMAND,
                                    .connection = &all->options.connection,
                                    .envelope = &all->to_whom,
                                    .message = &all->message,
                                    .problems = &all->envelope.problems};
    return pn_preflight_run(&preflight, all->client);
}

int pn_send_main(int argc, char **argv)
{
    sending all = {0};
    int exit = PN_EXIT_OK;
    pn_signals_install(COMMAND);
    if (pn_send_options_parse(&all.options, argc, argv, &exit))
        exit = run(&all);
    pn_signals_set_client(NULL);
    pneu_client_free(all.client);
    pn_buffer_finish(&all.text);
    pn_typing_finish(&all.typing);
    pn_envelope_finish(&all.envelope);
    pn_send_options_finish(&all.options);
    return exit;
}
