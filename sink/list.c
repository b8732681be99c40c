#include "sink/list.h"

#include <string.h>

#include "base/memory.h"

void *pn_sink_list_add(void *items, size_t *count, size_t item_size)
{
    void *list = NULL;
    memcpy(&list, items, sizeof(list)); /* a pointer of whatever type */
    char *grown = pn_memory_resize(list, *count + 1, item_size);
    if (grown == NULL)
        return NULL;
    memcpy(items, &grown, sizeof(grown));
    char *item = grown + *count * item_size;
    memset(item, 0, item_size);
    ++*count;
    return item;
}
