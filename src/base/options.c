#include "base/options.h"

#include <string.h>

#include "base/memory.h"

bool pn_options_copy(void *to, size_t size, const void *from)
{
    size_t given = 0;
    memset(to, 0, size);
    if (from == NULL)
        return true;
    memcpy(&given, from, sizeof(given));
    if (given < sizeof(given))
        return false;
    memcpy(to, from, given < size ? given : size);
    return true;
}

bool pn_options_copy_text(char **to, const char *from)
{
    if (from == NULL)
        return true;
    *to = pn_memory_copy_text(from, strlen(from));
    return *to != NULL;
}
