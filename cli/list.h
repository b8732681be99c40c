/* A growing list of texts that somebody else owns. */
#ifndef PN_CLI_LIST_H
#define PN_CLI_LIST_H

#include <stddef.h>

#include "cli/problem.h"

typedef struct pn_list {
    const char **items;
    size_t count;
    size_t capacity;
} pn_list;

/* Returns an exit status. */
int pn_list_add(pn_list *list, const char *item, pn_problem *problem);
void pn_list_finish(pn_list *list);

#endif
