#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void *pn_memory_new(size_t count, size_t size)
{
    return calloc(count, size);
}

void *pn_memory_resize(void *memory, size_t count, size_t size)
{
    if (count == 0 || size == 0 || count > SIZE_MAX / size)
        return NULL;
    return realloc(memory, count * size);
}

char *pn_memory_copy_text(const char *text, size_t length)
{
    if (length == SIZE_MAX)
        return NULL;
    char *copy = pn_memory_new(length + 1, 1);
    if (copy != NULL)
        memcpy(copy, text, length);
    return copy;
}

void pn_memory_free(void *memory)
{
    free(memory);
}
