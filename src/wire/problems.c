#include "wire/problems.h"

#include <string.h>

pneu_error *pn_problems_next(pn_problems *problems)
{
    size_t i = problems->count++;
    return i < problems->max ? &problems->list[i] : NULL;
}

bool pn_problems_is_news(pn_problems *problems, const char *extension)
{
    size_t i = 0;
    while (i < PN_EXTENSIONS_MOST && problems->missing[i] != NULL) {
        if (strcmp(problems->missing[i++], extension) == 0)
            return false;
    }
    if (i < PN_EXTENSIONS_MOST)
        problems->missing[i] = extension;
    return true;
}
