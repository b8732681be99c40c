#include "wire/problems.h"

pneu_error *pn_problems_next(pn_problems *problems)
{
    size_t i = problems->count++;
    return i < problems->max ? &problems->list[i] : NULL;
}
