/*
 * Command-line options as tables, from which come both the parsing (by
 * getopt_long) and the page that --help shows, so that the two cannot differ.
 */
#ifndef PN_CLI_OPTIONS_H
#define PN_CLI_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "cli/problem.h"

typedef struct pn_option {
    const char *name;  /* without "--"; NULL: help is a heading */
    int id;            /* a letter is also its short form; else 256 and up */
    const char *value; /* what --help calls its value; NULL: it takes none */
    const char *help;  /* lines joined with LF */
} pn_option;

#define PN_OPTION_HEADING(title) \
    {                            \
        NULL, 0, NULL, title     \
    }
#define PN_OPTION_END       \
    {                       \
        NULL, 0, NULL, NULL \
    }
#define PN_OPTION_HELP                 \
    {                                  \
        "help", 'h', NULL, "this page" \
    }

/* What a sub-command can be told. */
typedef struct pn_usage {
    const char *command;  /* "pneu send" */
    const char *synopsis; /* what follows it */
    const char *purpose;
    const pn_option *const *tables; /* the last one is NULL */
    const char *examples;
} pn_usage;

/* Takes one option; value is NULL if it has none. Returns an exit status. */
typedef int pn_option_taker(void *context, int id, const char *value,
                            pn_problem *problem);

/*
 * Gives each option to take, and leaves the operands at the end of argv, from
 * optind on. Returns true to go on. Otherwise the program should end with
 * *status: the help was shown, or what is wrong was said.
 */
bool pn_options_parse(const pn_usage *usage, int argc, char **argv,
                      pn_option_taker *take, void *context, int *status);

void pn_options_help(const pn_usage *usage, FILE *out);

/* Refuses a value with CR or LF, naming the option: it would end a line of
 * the protocol or of the header. Returns an exit status. */
int pn_options_check_line(const char *option, const char *value, int exit,
                          pn_problem *problem);

#endif
