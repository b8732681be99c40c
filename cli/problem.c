#include "cli/problem.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include "base/escape.h"
#include "cli/exit.h"
#include "cli/hint.h"
#include "cli/option_words.h"

int pn_problem_set(pn_problem *problem, int exit, pneu_status status,
                   const char *format, ...)
{
    char raw[PNEU_ERROR_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(raw, sizeof(raw), format, arguments);
    va_end(arguments);
    *problem = (pn_problem){.exit = exit, .error = {.status = status}};
    pn_escape(pn_span_of(raw), "\\n", problem->error.message,
              sizeof(problem->error.message));
    return exit;
}

int pn_problem_from(pn_problem *problem, int exit, const pneu_error *error,
                    unsigned facts)
{
    *problem = (pn_problem){
        .exit = exit, .error = *error, .hint = pn_hint_for(error, facts)};
    pn_option_words_put(&problem->error);
    return exit;
}

int pn_problem_no_memory(pn_problem *problem)
{
    return pn_problem_set(problem, PN_EXIT_MACHINE, PNEU_NO_MEMORY,
                          "out of memory");
}

void pn_problem_print(const pn_problem *problem, const char *command)
{
    fprintf(stderr, "%s: %s\n", command, problem->error.message);
    if (problem->exit == PN_EXIT_USAGE && problem->hint == NULL)
        fprintf(stderr, "Try '%s --help'.\n", command);
    pn_problem_print_hint(problem);
}

void pn_problem_print_item(const pn_problem *problem, const char *command)
{
    fprintf(stderr, "%s: %s\n", command, problem->error.message);
    pn_problem_print_hint(problem);
}

void pn_problem_print_hint(const pn_problem *problem)
{
    if (problem->hint != NULL)
        fprintf(stderr, "  hint: %s\n", problem->hint);
}
