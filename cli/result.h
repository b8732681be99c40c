/* What the results of all sub-commands have in common: the error as JSON, and
 * the way to standard output. */
#ifndef PN_CLI_RESULT_H
#define PN_CLI_RESULT_H

#include "cli/json.h"
#include "cli/problem.h"

/* The member "error": an object, or null if there is no problem. */
void pn_result_error(pn_json *json, const pn_problem *problem);

/* The same under another name, or NULL in an array. */
void pn_result_problem(pn_json *json, const char *name,
                       const pn_problem *problem);

/* Hands over what was printed; returns 0 or an errno. */
int pn_result_flush(void);

/*
 * Says so if standard output did not take the result (reason is that of
 * pn_result_flush), and returns the exit status: exit, or what a success
 * becomes by that. A reader that has gone away is no failure.
 */
int pn_result_end(const char *command, int exit, int reason);

#endif
