#include "base/secret.h"

#include <string.h>

#include "base/memory.h"

void pn_secret_wipe(void *memory, size_t length)
{
    explicit_bzero(memory, length);
}

void pn_secret_free_text(char *text)
{
    if (text != NULL)
        pn_secret_wipe(text, strlen(text));
    pn_memory_free(text);
}
