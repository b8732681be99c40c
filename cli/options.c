#include "cli/options.h"

#include <assert.h>
#include <getopt.h>
#include <stddef.h>
#include <string.h>

#include "cli/exit.h"
#include "cli/result.h"
#include "cli/suggest.h"

enum {
    OPTIONS_MAX = 128,
    LINE_COLUMNS = 80
};

/* The tables in the forms that getopt_long and pn_suggest want. */
typedef struct flat {
    struct option options[OPTIONS_MAX + 1];
    const char *names[OPTIONS_MAX + 1];
    char letters[2 * OPTIONS_MAX + 2];
    size_t count;
} flat;

static void add_option(flat *all, const pn_option *option)
{
    if (option->name == NULL)
        return;
    assert(all->count < OPTIONS_MAX);
    all->options[all->count] = (struct option){
        .name = option->name,
        .has_arg = option->value != NULL ? required_argument : no_argument,
        .val = option->id};
    all->names[all->count++] = option->name;
    if (option->id < 256) {
        size_t end = strlen(all->letters);
        all->letters[end] = (char)option->id;
        all->letters[end + 1] = option->value != NULL ? ':' : '\0';
    }
}

/* A leading colon makes getopt tell a missing value from an unknown option. */
static void flatten(flat *all, const pn_option *const *tables)
{
    *all = (flat){.letters = ":"};
    for (; *tables != NULL; tables++) {
        for (const pn_option *o = *tables; o->help != NULL; o++)
            add_option(all, o);
    }
}

static const char *name_of(const flat *all, int id)
{
    for (size_t i = 0; i < all->count; i++) {
        if (all->options[i].val == id)
            return all->names[i];
    }
    return "?";
}

static size_t count_starting(const flat *all, const char *word, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < all->count; i++)
        count += strncmp(all->names[i], word, length) == 0;
    return count;
}

/* What options of three sources begin with. */
static bool is_secret(const char *word)
{
    return strcmp(word, "password") == 0 || strcmp(word, "token") == 0 ||
           strcmp(word, "key-password") == 0;
}

static int refuse_long(const flat *all, const char *argument,
                       pn_problem *problem)
{
    char word[64];
    const char *start = argument + strspn(argument, "-");
    size_t length = strcspn(start, "=");
    snprintf(word, sizeof(word), "%.*s", (int)(length < 63 ? length : 63),
             start);
    if (is_secret(word) && count_starting(all, word, length) > 0)
        return pn_problem_set(problem, PN_EXIT_USAGE, PNEU_INVALID,
                              "no option takes a %s itself, as --%s "
                              "would: use --%s-env, --%s-file or "
                              "--%s-command",
                              word, word, word, word, word);
    const char *meant = pn_suggest(word, all->names);
    if (length > 0 && count_starting(all, word, length) > 1)
        return pn_problem_set(problem, PN_EXIT_USAGE, PNEU_INVALID,
                              "option --%s could be any of several; write "
                              "it in full",
                              word);
    if (meant == NULL)
        return pn_problem_set(problem, PN_EXIT_USAGE, PNEU_INVALID,
                              "unknown option --%s", word);
    return pn_problem_set(problem, PN_EXIT_USAGE, PNEU_INVALID,
                          "unknown option --%s; did you mean --%s?", word,
                          meant);
}

/* optopt is 0 for an unknown long option, the letter of an unknown short one,
 * and the id of a known one that was given a value it does not take. */
static int refuse_option(const flat *all, char **argv, pn_problem *problem)
{
    if (optopt == 0)
        return refuse_long(all, argv[optind - 1], problem);
    if (optopt >= 256 || strchr(all->letters, optopt) != NULL)
        return pn_problem_set(problem, PN_EXIT_USAGE, PNEU_INVALID,
                              "option --%s takes no value",
                              name_of(all, optopt));
    return pn_problem_set(problem, PN_EXIT_USAGE, PNEU_INVALID,
                          "unknown option -%c", optopt);
}

static int take_one(const flat *all, int id, char **argv, pn_option_taker *take,
                    void *context, pn_problem *problem)
{
    if (id == '?')
        return refuse_option(all, argv, problem);
    if (id == ':')
        return pn_problem_set(problem, PN_EXIT_USAGE, PNEU_INVALID,
                              "option --%s needs a value",
                              name_of(all, optopt));
    return take(context, id, optarg, problem);
}

bool pn_options_parse(const pn_usage *usage, int argc, char **argv,
                      pn_option_taker *take, void *context, int *status)
{
    flat all;
    pn_problem problem = {0};
    int id;
    flatten(&all, usage->tables);
    opterr = 0;
    optind = 1;
    *status = PN_EXIT_OK;
    while ((id = getopt_long(argc, argv, all.letters, all.options, NULL)) !=
           -1) {
        if (id == 'h') {
            pn_options_help(usage, stdout);
            *status =
                pn_result_end(usage->command, PN_EXIT_OK, pn_result_flush());
            return false;
        }
        *status = take_one(&all, id, argv, take, context, &problem);
        if (*status != PN_EXIT_OK) {
            pn_problem_print(&problem, usage->command);
            return false;
        }
    }
    return true;
}

/* "  -v, --verbose" or "      --host HOST"; returns its width. */
static int show_left(const pn_option *option, FILE *out)
{
    char left[LINE_COLUMNS];
    int width = snprintf(
        left, sizeof(left), "  %c%c%s --%s%s%s", option->id < 256 ? '-' : ' ',
        option->id < 256 ? (char)option->id : ' ', option->id < 256 ? "," : " ",
        option->name, option->value != NULL ? " " : "",
        option->value != NULL ? option->value : "");
    if (out != NULL)
        fputs(left, out);
    return width;
}

static int left_column(const pn_option *const *tables)
{
    int widest = 0;
    for (; *tables != NULL; tables++) {
        for (const pn_option *o = *tables; o->help != NULL; o++) {
            int width = o->name != NULL ? show_left(o, NULL) : 0;
            widest = width > widest ? width : widest;
        }
    }
    return widest;
}

static void show_option(const pn_option *option, int column, FILE *out)
{
    if (option->name == NULL) {
        fprintf(out, "\n%s\n", option->help);
        return;
    }
    int indent = column - show_left(option, out) + 2;
    const char *line = option->help;
    for (;;) {
        size_t length = strcspn(line, "\n");
        fprintf(out, "%*s%.*s\n", indent, "", (int)length, line);
        if (line[length] == '\0')
            return;
        line += length + 1;
        indent = column + 2;
    }
}

void pn_options_help(const pn_usage *usage, FILE *out)
{
    int column = left_column(usage->tables);
    fprintf(out, "Usage: %s %s\n\n%s\n", usage->command, usage->synopsis,
            usage->purpose);
    for (const pn_option *const *table = usage->tables; *table != NULL;
         table++) {
        for (const pn_option *o = *table; o->help != NULL; o++)
            show_option(o, column, out);
    }
    fprintf(out, "\nExamples:\n%s", usage->examples);
}

int pn_options_check_line(const char *option, const char *value, int exit,
                          pn_problem *problem)
{
    if (value == NULL || strpbrk(value, "\r\n") == NULL)
        return PN_EXIT_OK;
    return pn_problem_set(problem, exit, PNEU_LINE_BREAK,
                          "the value of %s holds a line break", option);
}
