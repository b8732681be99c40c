#include "cli/send_options.h"

#include <getopt.h>
#include <string.h>

#include "cli/exit.h"

enum {
    FROM = PN_OPTION_OWN,
    TO,
    TO_FILE,
    MAIL_PARAMETERS,
    RCPT_PARAMETERS,
    MESSAGE,
    LONG_LINES,
    SUBJECT,
    TEXT,
    TEXT_FILE,
    ATTACH,
    CC,
    BCC,
    HEADER
};

static const pn_option ENVELOPE_OPTIONS[] = {
    PN_OPTION_HEADING("From and to:"),
    {"from", FROM, "ADDRESS",
     "the sender, as bob@example.com or\n'Bob <bob@example.com>'; '' for "
     "none"},
    {"to", TO, "ADDRESS",
     "a recipient, as above, not a list of them;\nagain for each"},
    {"to-file", TO_FILE, "FILE", "more recipients, one a line"},
    {"mail-parameters", MAIL_PARAMETERS, "TEXT", "such as 'RET=HDRS'"},
    {"rcpt-parameters", RCPT_PARAMETERS, "TEXT", "such as 'NOTIFY=SUCCESS'"},
    PN_OPTION_END};

static const pn_option MESSAGE_OPTIONS[] = {
    PN_OPTION_HEADING("A message that is there:"),
    {"message", MESSAGE, "FILE", "header and body as they are; - for stdin"},
    {"allow-long-lines", LONG_LINES, NULL,
     "allow lines of more than 998 octets"},
    PN_OPTION_HEADING("Or one to compose:"),
    {"subject", SUBJECT, "TEXT", "in UTF-8"},
    {"text", TEXT, "TEXT", "the text, in UTF-8"},
    {"text-file", TEXT_FILE, "FILE", "the text from a file"},
    {"attach", ATTACH, "FILE", "a file to go with it; again for each"},
    {"cc", CC, "ADDRESS", "a recipient that everybody sees"},
    {"bcc", BCC, "ADDRESS", "a recipient that nobody sees"},
    {"header", HEADER, "LINE", "such as 'Reply-To: bob@example.com'"},
    PN_OPTION_END};

static const pn_option *const TABLES[] = {ENVELOPE_OPTIONS, MESSAGE_OPTIONS,
                                          PN_CONNECTION_OPTIONS,
                                          PN_OUTPUT_OPTIONS, NULL};

static const pn_usage USAGE = {
    .command = "pneu send",
    .synopsis = "[options] --from ADDRESS --to ADDRESS...",
    .purpose = "Send one message, and say what became of each recipient.",
    .tables = TABLES,
    .examples =
        "  pneu send --host mail.example.com --port 587 --user ann \\\n"
        "      --password-command 'pass show mail' --from ann@example.com \\\n"
        "      --to bob@example.com --subject Plans --text 'See attached.' \\\n"
        "      --attach plans.pdf\n"
        "  pneu send --from ann@example.com --to bob@example.com --message - "
        "<mail.eml\n"};

static const char **text_field(pn_send_options *options, int id)
{
    switch (id) {
    case FROM:
        return &options->from;
    case TO_FILE:
        return &options->to_file;
    case MAIL_PARAMETERS:
        return &options->mail_parameters;
    case RCPT_PARAMETERS:
        return &options->rcpt_parameters;
    case MESSAGE:
        return &options->message;
    case SUBJECT:
        return &options->subject;
    case TEXT:
        return &options->text;
    case TEXT_FILE:
        return &options->text_file;
    default:
        return NULL;
    }
}

static pn_list *list_field(pn_send_options *options, int id)
{
    switch (id) {
    case TO:
        return &options->to;
    case CC:
        return &options->cc;
    case BCC:
        return &options->bcc;
    case HEADER:
        return &options->headers;
    case ATTACH:
        return &options->attachments;
    default:
        return NULL;
    }
}

static int take(void *context, int id, const char *value, pn_problem *problem)
{
    pn_send_options *options = context;
    const char **text = text_field(options, id);
    pn_list *list = list_field(options, id);
    if (list != NULL)
        return pn_list_add(list, value, problem);
    if (text != NULL)
        *text = value;
    else if (id == LONG_LINES)
        options->allow_long_lines = true;
    else
        return pn_connection_take(&options->connection, id, value, problem);
    return PN_EXIT_OK;
}

bool pn_send_options_parse(pn_send_options *options, int argc, char **argv,
                           int *status)
{
    pn_problem problem = {0};
    if (!pn_options_parse(&USAGE, argc, argv, take, options, status))
        return false;
    if (optind == argc)
        return true;
    *status = pn_problem_set(&problem, PN_EXIT_USAGE, PNEU_INVALID,
                             "what is \"%.100s\" for? Every value follows an "
                             "option, a recipient --to",
                             argv[optind]);
    pn_problem_print(&problem, USAGE.command);
    return false;
}

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
    if (options->message == NULL && !has_content)
        return usage_problem(problem,
                             "no message: give --message FILE, or --subject, "
                             "--text, --text-file or --attach to compose one");
    return PN_EXIT_OK;
}

static int check_envelope(const pn_send_options *options, pn_problem *problem)
{
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
    int exit = pn_options_check_line(
        "--mail-parameters", options->mail_parameters, PN_EXIT_USAGE, problem);
    if (exit != PN_EXIT_OK)
        return exit;
    return pn_options_check_line("--rcpt-parameters", options->rcpt_parameters,
                                 PN_EXIT_USAGE, problem);
}

int pn_send_options_check(pn_send_options *options, pn_problem *problem)
{
    int exit = check_envelope(options, problem);
    if (exit == PN_EXIT_OK)
        exit = check_message(options, problem);
    if (exit == PN_EXIT_OK)
        exit = check_stdin(options, problem);
    if (exit == PN_EXIT_OK)
        exit = pn_connection_check(&options->connection, problem);
    return exit;
}

void pn_send_options_finish(pn_send_options *options)
{
    pn_connection_finish(&options->connection);
    pn_list_finish(&options->to);
    pn_list_finish(&options->cc);
    pn_list_finish(&options->bcc);
    pn_list_finish(&options->headers);
    pn_list_finish(&options->attachments);
}
