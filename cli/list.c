#include "cli/list.h"

#include "base/memory.h"
#include "cli/exit.h"

int pn_list_add(pn_list *list, const char *item, pn_problem *problem)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? 8 : list->capacity * 2;
        const char **items =
            pn_memory_resize(list->items, capacity, sizeof(*items));
        if (items == NULL)
            return pn_problem_no_memory(problem);
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = item;
    return PN_EXIT_OK;
}

void pn_list_finish(pn_list *list)
{
    pn_memory_free(list->items);
    *list = (pn_list){0};
}
