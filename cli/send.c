#include "cli/send.h"

#include <pneu/client.h>

#include "cli/compose.h"
#include "cli/envelope.h"
#include "cli/exit.h"
#include "cli/input.h"
#include "cli/report.h"
#include "cli/result.h"
#include "cli/send_options.h"
#include "cli/signals.h"

static const char COMMAND[] = "pneu send";

static int compose(const pn_send_options *options, const pn_envelope *envelope,
                   pn_buffer *message, pn_problem *problem)
{
    pn_buffer text = {0};
    pn_letter letter = {.from = &envelope->from,
                        .to = &envelope->to,
                        .cc = &envelope->cc,
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
    int exit = pn_compose(&letter, message, problem);
    pn_buffer_finish(&text);
    return exit;
}

static int get_message(const pn_send_options *options,
                       const pn_envelope *envelope, pn_buffer *message,
                       pn_problem *problem)
{
    if (options->message != NULL)
        return pn_input_read("--message", options->message, message, problem);
    return compose(options, envelope, message, problem);
}

/* Returns why standard output did not take it, or 0. */
static int report(const pn_send_options *options, const pn_envelope *envelope,
                  const pneu_delivery *delivery, const pn_problem *problem)
{
    const pn_report all = {.command = COMMAND,
                           .sender = envelope->from.address,
                           .recipients = envelope->recipients.items,
                           .recipient_count = envelope->recipients.count,
                           .delivery = delivery,
                           .problem = problem,
                           .quiet = options->connection.quiet};
    return options->connection.json ? pn_report_json(&all)
                                    : pn_report_text(&all);
}

static int deliver(pn_send_options *options, const pn_envelope *envelope,
                   pn_span message, pneu_client *client)
{
    const pneu_delivery *delivery = NULL;
    pn_problem problem = {0};
    pn_signals_set_client(client);
    pneu_status status = pneu_client_sendmail(
        client,
        PNEU_ENVELOPE(.sender = envelope->from.address,
                      .recipients = envelope->recipients.items,
                      .recipient_count = envelope->recipients.count,
                      .mail_parameters = options->mail_parameters,
                      .rcpt_parameters = options->rcpt_parameters,
                      .allow_long_lines = options->allow_long_lines),
        PNEU_MESSAGE(.data = message.data, .length = message.length),
        &delivery);
    if (status != PNEU_OK) {
        const pneu_error *error = pneu_client_error(client);
        pn_connection_problem(&options->connection, client,
                              pn_exit_status(error, delivery), &problem);
    }
    pn_signals_note(&problem);
    int reason = report(options, envelope, delivery, &problem);
    pn_signals_set_delivering(false);
    if (pneu_client_is_connected(client))
        pneu_client_quit(client, NULL);
    return pn_result_end(COMMAND, problem.exit, reason);
}

/* Nothing was sent. With --json that is a result like any other; a mistake in
 * the command line is not. */
static int give_up(const pn_send_options *options, const pn_envelope *envelope,
                   const pn_problem *problem)
{
    int reason = 0;
    if (options->connection.json && problem->exit != PN_EXIT_USAGE)
        reason = report(options, envelope, NULL, problem);
    else
        pn_problem_print(problem, COMMAND);
    return pn_result_end(COMMAND, problem->exit, reason);
}

static int run(pn_send_options *options, pn_envelope *envelope)
{
    pn_problem problem = {0};
    pn_buffer message = {0};
    pneu_client *client = NULL;
    int exit = pn_send_options_check(options, &problem);
    if (exit == PN_EXIT_OK)
        exit = pn_envelope_fill(envelope, options, &problem);
    if (exit == PN_EXIT_OK)
        exit = get_message(options, envelope, &message, &problem);
    if (exit == PN_EXIT_OK)
        exit = pn_connection_client(&options->connection, COMMAND, &client,
                                    &problem);
    if (exit == PN_EXIT_OK)
        exit = deliver(options, envelope, pn_buffer_span(&message), client);
    else
        exit = give_up(options, envelope, &problem);
    pn_signals_set_client(NULL);
    pneu_client_free(client);
    pn_buffer_finish(&message);
    return exit;
}

int pn_send_main(int argc, char **argv)
{
    pn_send_options options = {0};
    pn_envelope envelope = {0};
    int exit = PN_EXIT_OK;
    pn_signals_install(COMMAND);
    if (pn_send_options_parse(&options, argc, argv, &exit))
        exit = run(&options, &envelope);
    pn_envelope_finish(&envelope);
    pn_send_options_finish(&options);
    return exit;
}
