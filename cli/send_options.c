#include "cli/send_options.h"

#include <getopt.h>

#include "cli/binding.h"
#include "cli/connection_options.h"
#include "cli/exit.h"

enum {
    FROM = PN_OPTION_OWN,
    TO,
    TO_FILE,
    ALL_OR_NOTHING,
    PREFLIGHT,
    MESSAGE,
    LONG_LINES,
    BODY,
    SUBJECT,
    TEXT,
    TEXT_FILE,
    ATTACH,
    CC,
    BCC,
    HEADER,
    RET,
    ENVID,
    NOTIFY,
    ORCPT,
    SUBMITTER,
    BY,
    BY_MODE,
    BY_TRACE,
    HOLD_FOR,
    HOLD_UNTIL,
    PRIORITY,
    REQUIRE_TLS,
    MAIL_PARAMETERS,
    RCPT_PARAMETERS
};

static const pn_option ENVELOPE_OPTIONS[] = {
    PN_OPTION_HEADING("From and to:"),
    {"from", FROM, "ADDRESS",
     "the sender, as bob@example.com or\n'Bob <bob@example.com>'; '' for "
     "none"},
    {"to", TO, "ADDRESS",
     "a recipient, as above, not a list of them;\nagain for each"},
    {"to-file", TO_FILE, "FILE", "more recipients, one a line"},
    {"all-or-nothing", ALL_OR_NOTHING, NULL,
     "send nothing unless everybody is accepted"},
    {"preflight", PREFLIGHT, NULL,
     "send nothing: say all that the server\nwould find wrong"},
    PN_OPTION_END};

static const pn_option MESSAGE_OPTIONS[] = {
    PN_OPTION_HEADING("A message that is there:"),
    {"message", MESSAGE, "FILE", "header and body as they are; - for stdin"},
    {"allow-long-lines", LONG_LINES, NULL,
     "allow lines of more than 998 octets"},
    {"body", BODY, "TYPE",
     "7bit, 8bit, or binary (octet for octet)\n[8bit if it needs it]"},
    PN_OPTION_HEADING("Or one to compose (without either, at a terminal, it "
                      "is asked for):"),
    {"subject", SUBJECT, "TEXT", "in UTF-8"},
    {"text", TEXT, "TEXT", "the text, in UTF-8"},
    {"text-file", TEXT_FILE, "FILE", "the text from a file"},
    {"attach", ATTACH, "FILE", "a file to go with it; again for each"},
    {"cc", CC, "ADDRESS", "a recipient that everybody sees"},
    {"bcc", BCC, "ADDRESS", "a recipient that nobody sees"},
    {"header", HEADER, "LINE", "such as 'Reply-To: bob@example.com'"},
    PN_OPTION_END};

static const pn_option PARAMETER_OPTIONS[] = {
    PN_OPTION_HEADING("What the server is to do with it, if it can:"),
    {"notify", NOTIFY, "LIST",
     "notify the sender: never, or some of\nsuccess,failure,delay"},
    {"ret", RET, "WHAT", "give back with that: full or headers"},
    {"envid", ENVID, "TEXT", "name this in notifications"},
    {"orcpt", ORCPT, "ADDRESS", "and this first address of the recipient"},
    {"deliver-by", BY, "SECONDS", "deliver within this time, or"},
    {"deliver-by-mode", BY_MODE, "MODE", "notify or return [notify]"},
    {"deliver-by-trace", BY_TRACE, NULL, "tell the sender of each relay"},
    {"hold-for", HOLD_FOR, "SECONDS", "keep it back so long"},
    {"hold-until", HOLD_UNTIL, "TIME", "as 2026-11-22T18:00:00Z"},
    {"priority", PRIORITY, "N", "-9 (low) to 9 (high)"},
    {"require-tls", REQUIRE_TLS, NULL, "pass it on by verified TLS alone"},
    {"submitter", SUBMITTER, "ADDRESS", "who submitted it first; <>: unknown"},
    {"mail-parameters", MAIL_PARAMETERS, "TEXT", "added to MAIL as it is"},
    {"rcpt-parameters", RCPT_PARAMETERS, "TEXT", "added to each RCPT"},
    PN_OPTION_END};

static const pn_option *const TABLES[] = {
    ENVELOPE_OPTIONS,  MESSAGE_OPTIONS,   PN_CONNECTION_OPTIONS,
    PARAMETER_OPTIONS, PN_OUTPUT_OPTIONS, NULL};

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

static const pn_choice RETURNS[] = {
    {"full", PNEU_RETURN_FULL}, {"headers", PNEU_RETURN_HEADERS}, {NULL, 0}};
static const pn_choice BODIES[] = {{"7bit", PNEU_BODY_7BIT},
                                   {"8bit", PNEU_BODY_8BITMIME},
                                   {"binary", PNEU_BODY_BINARYMIME},
                                   {NULL, 0}};
static const pn_choice BY_MODES[] = {{"notify", PNEU_DELIVER_BY_NOTIFY},
                                     {"return", PNEU_DELIVER_BY_RETURN},
                                     {NULL, 0}};

#define FIELD(id, kind, option, field) \
    PN_BINDING(id, kind, option, pn_send_options, field)
#define CHOICE(id, option, field, choices) \
    PN_BINDING_CHOICE(id, option, pn_send_options, parameters.field, choices)
#define NUMBER(id, option, field, least, most)                              \
    PN_BINDING_NUMBER(id, option, pn_send_options, parameters.field, least, \
                      most)

enum {
    BY_MOST = 999999999,
    HOLD_MOST = 999999999,
    PRIORITY_MOST = 9
};

static const pn_binding BINDINGS[] = {
    FIELD(FROM, PN_BIND_TEXT, "--from", from),
    FIELD(TO, PN_BIND_TEXTS, "--to", to),
    FIELD(TO_FILE, PN_BIND_TEXT, "--to-file", to_file),
    FIELD(ALL_OR_NOTHING, PN_BIND_SWITCH, "--all-or-nothing", all_or_nothing),
    FIELD(PREFLIGHT, PN_BIND_SWITCH, "--preflight", preflight),
    FIELD(MESSAGE, PN_BIND_TEXT, "--message", message),
    FIELD(LONG_LINES, PN_BIND_SWITCH, "--allow-long-lines", allow_long_lines),
    CHOICE(BODY, "--body", body, BODIES),
    FIELD(SUBJECT, PN_BIND_TEXT, "--subject", subject),
    FIELD(TEXT, PN_BIND_TEXT, "--text", text),
    FIELD(TEXT_FILE, PN_BIND_TEXT, "--text-file", text_file),
    FIELD(ATTACH, PN_BIND_TEXTS, "--attach", attachments),
    FIELD(CC, PN_BIND_TEXTS, "--cc", cc),
    FIELD(BCC, PN_BIND_TEXTS, "--bcc", bcc),
    FIELD(HEADER, PN_BIND_TEXTS, "--header", headers),
    CHOICE(RET, "--ret", ret, RETURNS),
    FIELD(ENVID, PN_BIND_WORD, "--envid", parameters.envid),
    FIELD(NOTIFY, PN_BIND_WORD, "--notify", parameters.notify),
    FIELD(ORCPT, PN_BIND_WORD, "--orcpt", parameters.orcpt),
    FIELD(SUBMITTER, PN_BIND_WORD, "--submitter", parameters.submitter),
    NUMBER(BY, "--deliver-by", by, -BY_MOST, BY_MOST),
    CHOICE(BY_MODE, "--deliver-by-mode", by_mode, BY_MODES),
    FIELD(BY_TRACE, PN_BIND_SWITCH, "--deliver-by-trace", parameters.by_trace),
    NUMBER(HOLD_FOR, "--hold-for", hold_for, 1, HOLD_MOST),
    FIELD(HOLD_UNTIL, PN_BIND_WORD, "--hold-until", parameters.hold_until),
    NUMBER(PRIORITY, "--priority", priority, -PRIORITY_MOST, PRIORITY_MOST),
    FIELD(REQUIRE_TLS, PN_BIND_SWITCH, "--require-tls", parameters.require_tls),
    FIELD(MAIL_PARAMETERS, PN_BIND_LINE, "--mail-parameters",
          parameters.mail_raw),
    FIELD(RCPT_PARAMETERS, PN_BIND_LINE, "--rcpt-parameters",
          parameters.rcpt_raw),
    PN_BINDING_END};

static int take(void *context, int id, const char *value, pn_problem *problem)
{
    pn_send_options *options = context;
    bool found = false;
    int exit = pn_binding_take(BINDINGS, options, id, value, &found, problem);
    if (found)
        return exit;
    return pn_connection_take(&options->connection, id, value, problem);
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

void pn_send_options_finish(pn_send_options *options)
{
    pn_connection_finish(&options->connection);
    pn_parameters_finish(&options->parameters);
    pn_list_finish(&options->to);
    pn_list_finish(&options->cc);
    pn_list_finish(&options->bcc);
    pn_list_finish(&options->headers);
    pn_list_finish(&options->attachments);
}
