/* The command line: a table row an option, and what it does. */
#include "sink/options.h"

#include <getopt.h>
#include <string.h>

#include "base/fail.h"
#include "cli/suggest.h"
#include "sink/auth.h"
#include "sink/options_check.h"

typedef pneu_status option_setter(pn_sink_options *options, const char *value,
                                  pneu_error *error);

static pneu_status set_help(pn_sink_options *options, const char *value,
                            pneu_error *error)
{
    (void)value;
    (void)error;
    options->help = true;
    return PNEU_OK;
}

static pneu_status set_number(uint64_t *number, uint64_t max, const char *name,
                              const char *value, pneu_error *error)
{
    if (pn_span_number(pn_span_of(value), number) && *number <= max)
        return PNEU_OK;
    return pn_fail(error, PNEU_INVALID,
                   "%s takes a number from 0 to %llu, not \"%s\"", name,
                   (unsigned long long)max, value);
}

static pneu_status set_listen(pn_sink_options *options, const char *value,
                              pneu_error *error)
{
    if (options->address_count == PN_SINK_LISTEN_MAX)
        return pn_fail(error, PNEU_INVALID,
                       "--listen may be given at most %d times",
                       PN_SINK_LISTEN_MAX);
    options->addresses[options->address_count++] = value;
    return PNEU_OK;
}

static pneu_status set_port(pn_sink_options *options, const char *value,
                            pneu_error *error)
{
    uint64_t port = 0;
    pneu_status status = set_number(&port, UINT16_MAX, "--port", value, error);
    options->port = (uint16_t)port;
    options->port_given = true;
    return status;
}

static pneu_status set_size(pn_sink_options *options, const char *value,
                            pneu_error *error)
{
    return set_number(&options->size, INT64_MAX, "--size", value, error);
}

static pneu_status set_recipients(pn_sink_options *options, const char *value,
                                  pneu_error *error)
{
    return set_number(&options->recipients_max, PN_SINK_RECIPIENTS_MAX,
                      "--max-recipients", value, error);
}

static pneu_status set_quit_after(pn_sink_options *options, const char *value,
                                  pneu_error *error)
{
    return set_number(&options->quit_after, INT64_MAX, "--quit-after", value,
                      error);
}

static pneu_status set_without(pn_sink_options *options, const char *value,
                               pneu_error *error)
{
    unsigned flag = pn_sink_extension_flag(value);
    const char *near = flag == 0 ? pn_sink_extension_suggest(value) : NULL;
    options->extensions &= ~flag;
    if (flag != 0)
        return PNEU_OK;
    if (near != NULL)
        return pn_fail(error, PNEU_INVALID,
                       "--without: \"%s\" is not an extension that is "
                       "offered; did you mean %s?",
                       value, near);
    return pn_fail(error, PNEU_INVALID,
                   "--without: \"%s\" is not an extension that is offered",
                   value);
}

static pneu_status set_tls(pn_sink_options *options, const char *value,
                           pneu_error *error)
{
    static const char *const MODES[] = {"none", "starttls", "implicit"};
    options->tls_given = true;
    for (unsigned i = 0; i < sizeof(MODES) / sizeof(MODES[0]); i++) {
        if (strcmp(value, MODES[i]) == 0) {
            options->tls = (pn_sink_tls_mode)i;
            return PNEU_OK;
        }
    }
    return pn_fail(error, PNEU_INVALID,
                   "--tls takes none, starttls or implicit, not \"%s\"", value);
}

static pneu_status set_tls_max(pn_sink_options *options, const char *value,
                               pneu_error *error)
{
    options->tls12_only = strcmp(value, "1.2") == 0;
    if (options->tls12_only || strcmp(value, "1.3") == 0)
        return PNEU_OK;
    return pn_fail(error, PNEU_INVALID,
                   "--tls-max takes 1.2 or 1.3, not \"%s\"", value);
}

static pneu_status set_user(pn_sink_options *options, const char *value,
                            pneu_error *error)
{
    return pn_sink_users_add(&options->users, value, error);
}

static pneu_status set_password_file(pn_sink_options *options,
                                     const char *value, pneu_error *error)
{
    return pn_sink_users_password_file(&options->users, value, error);
}

static pneu_status set_password_env(pn_sink_options *options, const char *value,
                                    pneu_error *error)
{
    return pn_sink_users_password_env(&options->users, value, error);
}

static pneu_status set_user_file(pn_sink_options *options, const char *value,
                                 pneu_error *error)
{
    return pn_sink_users_read(&options->users, value, error);
}

static pneu_status set_mechanisms(pn_sink_options *options, const char *value,
                                  pneu_error *error)
{
    options->mechanisms = value;
    return pn_sink_mechanisms_check(value, error);
}

static pneu_status set_mailbox(pn_sink_options *options, const char *value,
                               pneu_error *error)
{
    return pn_sink_mailboxes_add(&options->mailboxes, value, error);
}

static pneu_status set_refuse(pn_sink_options *options, const char *value,
                              pneu_error *error)
{
    return pn_sink_rules_add(&options->refused_recipients, value, "550 5.1.1",
                             "... User unknown", error);
}

static pneu_status set_defer(pn_sink_options *options, const char *value,
                             pneu_error *error)
{
    return pn_sink_rules_add(&options->refused_recipients, value, "450 4.2.1",
                             "... Mailbox unavailable for now", error);
}

static pneu_status set_refuse_sender(pn_sink_options *options,
                                     const char *value, pneu_error *error)
{
    return pn_sink_rules_add(&options->refused_senders, value, "550 5.7.1",
                             "... Sender refused", error);
}

static pneu_status set_refuse_delivery(pn_sink_options *options,
                                       const char *value, pneu_error *error)
{
    return pn_sink_rules_add(&options->refused_deliveries, value, "552 5.2.2",
                             "... Mailbox full", error);
}

static pneu_status set_refuse_data(pn_sink_options *options, const char *value,
                                   pneu_error *error)
{
    options->refuse_data = value != NULL ? value : "554 5.3.2 DATA refused";
    return pn_sink_reply_check(options->refuse_data, error);
}

static pneu_status set_refuse_content(pn_sink_options *options,
                                      const char *value, pneu_error *error)
{
    options->refuse_content =
        value != NULL ? value : "554 5.7.1 Content refused";
    return pn_sink_reply_check(options->refuse_content, error);
}

static pneu_status set_verbose(pn_sink_options *options, const char *value,
                               pneu_error *error)
{
    (void)value;
    (void)error;
    options->log_level = PN_SINK_LOG_DIALOGUE;
    return PNEU_OK;
}

static pneu_status set_quiet(pn_sink_options *options, const char *value,
                             pneu_error *error)
{
    (void)value;
    (void)error;
    options->log_level = PN_SINK_LOG_QUIET;
    return PNEU_OK;
}

static pneu_status set_log(pn_sink_options *options, const char *value,
                           pneu_error *error)
{
    options->log_file = strcmp(value, "-") == 0 ? NULL : value;
    return set_verbose(options, value, error);
}

/* Either a function sets an option, or it is a flag or a text at a place in
 * the options. */
typedef struct option_row {
    const char *name;
    int argument; /* no_argument, required_argument, optional_argument */
    option_setter *set;
    size_t place;
} option_row;

#define PLACE(field) NULL, offsetof(pn_sink_options, field)

static const option_row ROWS[] = {
    {"allow-cleartext-auth", no_argument, PLACE(allow_cleartext_auth)},
    {"ca-file-out", required_argument, PLACE(ca_file_out)},
    {"cert", required_argument, PLACE(certificate_file)},
    {"cert-name", required_argument, PLACE(certificate_name)},
    {"defer", required_argument, set_defer, 0},
    {"help", no_argument, set_help, 0},
    {"host-name", required_argument, PLACE(host_name)},
    {"json", no_argument, PLACE(json)},
    {"key", required_argument, PLACE(key_file)},
    {"lenient", no_argument, PLACE(lenient)},
    {"listen", required_argument, set_listen, 0},
    {"lmtp", no_argument, PLACE(lmtp)},
    {"log", required_argument, set_log, 0},
    {"mailbox", required_argument, set_mailbox, 0},
    {"maildir", required_argument, PLACE(maildir)},
    {"max-recipients", required_argument, set_recipients, 0},
    {"mechanisms", required_argument, set_mechanisms, 0},
    {"no-ehlo", no_argument, PLACE(no_ehlo)},
    {"password-env", required_argument, set_password_env, 0},
    {"password-file", required_argument, set_password_file, 0},
    {"port", required_argument, set_port, 0},
    {"port-file", required_argument, PLACE(port_file)},
    {"print", no_argument, PLACE(print)},
    {"quiet", no_argument, set_quiet, 0},
    {"quit-after", required_argument, set_quit_after, 0},
    {"refuse", required_argument, set_refuse, 0},
    {"refuse-content", optional_argument, set_refuse_content, 0},
    {"refuse-data", optional_argument, set_refuse_data, 0},
    {"refuse-delivery", required_argument, set_refuse_delivery, 0},
    {"refuse-sender", required_argument, set_refuse_sender, 0},
    {"require-auth", no_argument, PLACE(require_auth)},
    {"require-tls", no_argument, PLACE(require_tls)},
    {"size", required_argument, set_size, 0},
    {"tls", required_argument, set_tls, 0},
    {"tls-max", required_argument, set_tls_max, 0},
    {"unix", required_argument, PLACE(unix_path)},
    {"user", required_argument, set_user, 0},
    {"user-file", required_argument, set_user_file, 0},
    {"verbose", no_argument, set_verbose, 0},
    {"without", required_argument, set_without, 0},
};

enum {
    ROW_COUNT = sizeof(ROWS) / sizeof(ROWS[0]),
    FIRST_VALUE = 256 /* of getopt, past all characters */
};

static const option_row *row_of_letter(int letter)
{
    const char *name = letter == 'h'   ? "help"
                       : letter == 'q' ? "quiet"
                                       : "verbose";
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (strcmp(ROWS[i].name, name) == 0)
            return &ROWS[i];
    }
    return NULL;
}

static pneu_status apply(pn_sink_options *options, const option_row *row,
                         const char *value, pneu_error *error)
{
    if (row->set != NULL)
        return row->set(options, value, error);
    char *place = (char *)options + row->place;
    if (row->argument == no_argument)
        *(bool *)(void *)place = true;
    else
        *(const char **)(void *)place = value;
    return PNEU_OK;
}

static size_t count_starting(const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < ROW_COUNT; i++)
        count += strncmp(ROWS[i].name, name, strlen(name)) == 0;
    return count;
}

/* getopt takes the beginning of a name for the name if there is but one. */
static pneu_status unknown_option(const char *word, pneu_error *error)
{
    const char *names[ROW_COUNT + 1] = {NULL};
    for (size_t i = 0; i < ROW_COUNT; i++)
        names[i] = ROWS[i].name;
    const char *bare = word + strspn(word, "-");
    char name[64] = "";
    size_t length = strcspn(bare, "=");
    memcpy(name, bare, length < sizeof(name) ? length : sizeof(name) - 1);
    if (length > 0 && count_starting(name) > 1)
        return pn_fail(error, PNEU_INVALID,
                       "option --%s could be any of several; write it in full",
                       name);
    const char *near = pn_suggest(name, names);
    if (near != NULL)
        return pn_fail(error, PNEU_INVALID,
                       "unknown option --%s; did you mean --%s?", name, near);
    return pn_fail(error, PNEU_INVALID, "unknown option --%s", name);
}

/* optopt is 0 for an unknown long option, the letter of an unknown short one,
 * and that of a row where its value is missing or too much. */
static pneu_status refused_option(int found, char **argv, pneu_error *error)
{
    if (optopt == 0)
        return unknown_option(argv[optind - 1], error);
    if (optopt < FIRST_VALUE)
        return pn_fail(error, PNEU_INVALID, "unknown option -%c", optopt);
    return pn_fail(error, PNEU_INVALID,
                   found == ':' ? "option --%s needs a value"
                                : "option --%s takes no value",
                   ROWS[optopt - FIRST_VALUE].name);
}

static pneu_status parse(pn_sink_options *options, int argc, char **argv,
                         pneu_error *error)
{
    struct option rows[ROW_COUNT + 1] = {{0}};
    for (int i = 0; i < ROW_COUNT; i++)
        rows[i] = (struct option){ROWS[i].name, ROWS[i].argument, NULL,
                                  FIRST_VALUE + i};
    opterr = 0;
    optind = 1;
    for (;;) {
        int found = getopt_long(argc, argv, ":hqv", rows, NULL);
        if (found == -1)
            break;
        if (found == '?' || found == ':')
            return refused_option(found, argv, error);
        const option_row *row = found >= FIRST_VALUE
                                    ? &ROWS[found - FIRST_VALUE]
                                    : row_of_letter(found);
        pneu_status status = apply(options, row, optarg, error);
        if (status != PNEU_OK || options->help)
            return status;
    }
    if (optind < argc)
        return pn_fail(error, PNEU_INVALID,
                       "unexpected argument \"%s\": there are only options",
                       argv[optind]);
    return PNEU_OK;
}

pneu_status pn_sink_options_parse(pn_sink_options *options, int argc,
                                  char **argv, pneu_error *error)
{
    *options = (pn_sink_options){
        .port = 2525,
        .host_name = "localhost",
        .extensions = PN_SINK_ALL_EXTENSIONS,
        .size = PN_SINK_SIZE_DEFAULT,
        .recipients_max = PN_SINK_RECIPIENTS_DEFAULT,
        .log_level = PN_SINK_LOG_MESSAGES,
    };
    pneu_status status = parse(options, argc, argv, error);
    if (status != PNEU_OK || options->help)
        return status;
    return pn_sink_options_check(options, error);
}

void pn_sink_options_finish(pn_sink_options *options)
{
    pn_sink_users_finish(&options->users);
    pn_sink_mailboxes_finish(&options->mailboxes);
    pn_sink_rules_finish(&options->refused_senders);
    pn_sink_rules_finish(&options->refused_recipients);
    pn_sink_rules_finish(&options->refused_deliveries);
}
