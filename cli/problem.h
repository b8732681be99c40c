/*
 * Why the command cannot go on: the exit status, one sentence, and a hint of
 * what to do. Set where it is known, shown in one place.
 */
#ifndef PN_CLI_PROBLEM_H
#define PN_CLI_PROBLEM_H

#include <pneu/status.h>

typedef struct pn_problem {
    int exit;         /* 0: there is none */
    pneu_error error; /* its message is safe to show on a terminal */
    const char *hint; /* static, or NULL */
} pn_problem;

/*
 * Sets the problem and returns exit, so that `return pn_problem_set(…)` is
 * the idiom of every function here that returns an exit status. What the
 * sentence quotes from outside is escaped.
 */
__attribute__((format(printf, 4, 5))) int
pn_problem_set(pn_problem *problem, int exit, pneu_status status,
               const char *format, ...);

/* Takes over a failure of the library, in the words of the command line, with
 * its exit status and the hint that goes with the facts (of pn_hint_fact). */
int pn_problem_from(pn_problem *problem, int exit, const pneu_error *error,
                    unsigned facts);

/* For an allocation that failed. */
int pn_problem_no_memory(pn_problem *problem);

/* "pneu send: the sentence", and the hint on a line of its own, on standard
 * error. */
void pn_problem_print(const pn_problem *problem, const char *command);

/* The same for one of several, which is no answer to the command line. */
void pn_problem_print_item(const pn_problem *problem, const char *command);

/* The hint alone, if there is one. */
void pn_problem_print_hint(const pn_problem *problem);

#endif
