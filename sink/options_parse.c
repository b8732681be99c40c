/* The command line, by getopt: which row of the table a word means, and what
 * is wrong with one that means none. */
#include <getopt.h>
#include <string.h>

#include "base/fail.h"
#include "cli/suggest.h"
#include "sink/option_rows.h"
#include "sink/options_check.h"

enum {
    ROWS_MAX = 80,
    FIRST_VALUE = 256 /* of getopt, past all characters */
};

static const pn_sink_option_row *row_of_letter(int letter)
{
    const char *name = letter == 'h'   ? "help"
                       : letter == 'q' ? "quiet"
                                       : "verbose";
    for (size_t i = 0; i < PN_SINK_OPTION_COUNT; i++) {
        if (strcmp(PN_SINK_OPTION_ROWS[i].name, name) == 0)
            return &PN_SINK_OPTION_ROWS[i];
    }
    return NULL;
}

static pneu_status apply(pn_sink_options *options,
                         const pn_sink_option_row *row, const char *value,
                         pneu_error *error)
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
    for (size_t i = 0; i < PN_SINK_OPTION_COUNT; i++)
        count += strncmp(PN_SINK_OPTION_ROWS[i].name, name, strlen(name)) == 0;
    return count;
}

/* getopt takes the beginning of a name for the name if there is but one. */
static pneu_status unknown_option(const char *word, pneu_error *error)
{
    const char *names[ROWS_MAX + 1] = {NULL};
    for (size_t i = 0; i < PN_SINK_OPTION_COUNT; i++)
        names[i] = PN_SINK_OPTION_ROWS[i].name;
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
                   PN_SINK_OPTION_ROWS[optopt - FIRST_VALUE].name);
}

static pneu_status parse(pn_sink_options *options, int argc, char **argv,
                         pneu_error *error)
{
    struct option rows[ROWS_MAX + 1] = {{0}};
    for (size_t i = 0; i < PN_SINK_OPTION_COUNT; i++)
        rows[i] = (struct option){PN_SINK_OPTION_ROWS[i].name,
                                  PN_SINK_OPTION_ROWS[i].argument, NULL,
                                  FIRST_VALUE + (int)i};
    opterr = 0;
    optind = 1;
    for (;;) {
        int found = getopt_long(argc, argv, ":hqv", rows, NULL);
        if (found == -1)
            break;
        if (found == '?' || found == ':')
            return refused_option(found, argv, error);
        const pn_sink_option_row *row =
            found >= FIRST_VALUE ? &PN_SINK_OPTION_ROWS[found - FIRST_VALUE]
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
        .limits = {.hold_max = PN_SINK_HOLD_DEFAULT},
        .tls_max = PN_SINK_TLS_1_3,
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
    pn_sink_mailing_lists_finish(&options->lists);
    pn_sink_rules_finish(&options->etrn_nodes);
    pn_sink_rules_finish(&options->refused_senders);
    pn_sink_rules_finish(&options->refused_recipients);
    pn_sink_rules_finish(&options->refused_deliveries);
}
