/* Do the options of `pneu send` fit together? */
#include <string.h>
#include <unistd.h>

#include "cli/exit.h"
#include "cli/options.h"
#include "cli/send_options.h"

static int usage_problem(pn_problem *problem, const char *sentence)
{
    return pn_problem_set(problem, PN_EXIT_USAGE, PNEU_INVALID, "%s", sentence);
}

/* The first option that only makes sense when a message is composed. */
static const char *composing_option(const pn_send_options *options)
{
    if (options->subject != NULL)
        return "--subject";
    if (options->text != NULL)
        return "--text";
    if (options->text_file != NULL)
        return "--text-file";
    if (options->attachments.count > 0)
        return "--attach";
    if (options->cc.count > 0)
        return "--cc";
    if (options->bcc.count > 0)
        return "--bcc";
    return options->headers.count > 0 ? "--header" : NULL;
}

static bool is_stdin(const char *path)
{
    return path != NULL && strcmp(path, "-") == 0;
}

bool pn_send_options_can_ask(const pn_send_options *options)
{
    return !is_stdin(options->to_file) && !is_stdin(options->message) &&
           !is_stdin(options->text_file) && isatty(STDIN_FILENO) == 1 &&
           isatty(STDERR_FILENO) == 1;
}

bool pn_send_options_want_typing(const pn_send_options *options)
{
    return options->message == NULL && composing_option(options) == NULL &&
           pn_send_options_can_ask(options);
}

/* It can be read only once, and gives an attachment no name. */
static int check_stdin(const pn_send_options *options, pn_problem *problem)
{
    int uses = is_stdin(options->message) + is_stdin(options->to_file) +
               is_stdin(options->text_file);
    if (uses > 1)
        return usage_problem(problem, "only one option can take - (standard "
                                      "input)");
    for (size_t i = 0; i < options->attachments.count; i++) {
        if (is_stdin(options->attachments.items[i]))
            return usage_problem(problem, "--attach takes no - (standard "
                                          "input): give a file with a name");
    }
    return PN_EXIT_OK;
}

static int check_message(const pn_send_options *options, pn_problem *problem)
{
    const char *composing = composing_option(options);
    bool has_content = options->subject != NULL || options->text != NULL ||
                       options->text_file != NULL ||
                       options->attachments.count > 0;
    if (options->message != NULL && composing != NULL)
        return pn_problem_set(problem, PN_EXIT_USAGE, PNEU_INVALID,
                              "%s is for a message to compose: it cannot go "
                              "with --message",
                              composing);
    if (options->text != NULL && options->text_file != NULL)
        return usage_problem(problem, "give --text or --text-file, not both");
    if (options->parameters.body == PNEU_BODY_BINARYMIME &&
        options->message == NULL)
        return usage_problem(problem, "--body binary is for --message: what is "
                                      "composed does not need it");
    if (options->message == NULL && !has_content &&
        !pn_send_options_want_typing(options))
        return usage_problem(problem,
                             "no message: give --message FILE, or --subject, "
                             "--text, --text-file or --attach to compose one");
    return PN_EXIT_OK;
}

static int check_envelope(const pn_send_options *options, pn_problem *problem)
{
    if (pn_send_options_can_ask(options))
        return PN_EXIT_OK;
    if (options->from == NULL)
        return usage_problem(problem, "no sender: give --from ADDRESS");
    if (options->to.count + options->cc.count + options->bcc.count == 0 &&
        options->to_file == NULL)
        return usage_problem(
            problem,
            options->message != NULL
                ? "no recipient: give --to ADDRESS (the header of --message "
                  "is not read for recipients)"
                : "no recipient: give --to ADDRESS");
    return PN_EXIT_OK;
}

int pn_send_options_check(pn_send_options *options, pn_problem *problem)
{
    int exit = check_envelope(options, problem);
    if (exit == PN_EXIT_OK)
        exit = check_message(options, problem);
    if (exit == PN_EXIT_OK)
        exit = check_stdin(options, problem);
    if (exit == PN_EXIT_OK)
        exit = pn_parameters_check(&options->parameters, problem);
    if (exit == PN_EXIT_OK)
        exit = pn_connection_check(&options->connection, problem);
    return exit;
}
