/* Everything that is wrong, where the first problem is not the end of it. */
#ifndef PN_CLI_PROBLEM_LIST_H
#define PN_CLI_PROBLEM_LIST_H

#include <stddef.h>

#include "cli/problem.h"

/* Zeroed at first. */
typedef struct pn_problem_list {
    pn_problem *items;
    size_t count;
    size_t capacity;
} pn_problem_list;

/* Keeps a copy of found, which may be problem itself. Returns an exit status:
 * without memory problem says so. */
int pn_problem_list_add(pn_problem_list *problems, const pn_problem *found,
                        pn_problem *problem);
void pn_problem_list_finish(pn_problem_list *problems);

#endif
