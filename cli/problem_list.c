#include "cli/problem_list.h"

#include "base/memory.h"
#include "cli/exit.h"

int pn_problem_list_add(pn_problem_list *problems, const pn_problem *found,
                        pn_problem *problem)
{
    if (problems->count == problems->capacity) {
        size_t capacity = problems->capacity == 0 ? 8 : problems->capacity * 2;
        pn_problem *items =
            pn_memory_resize(problems->items, capacity, sizeof(*items));
        if (items == NULL)
            return pn_problem_no_memory(problem);
        problems->items = items;
        problems->capacity = capacity;
    }
    problems->items[problems->count++] = *found;
    return PN_EXIT_OK;
}

void pn_problem_list_finish(pn_problem_list *problems)
{
    pn_memory_free(problems->items);
    *problems = (pn_problem_list){0};
}
