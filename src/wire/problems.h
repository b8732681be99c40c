/* A list of problems that somebody else owns, filled one after the other and
 * counted past its end, so that all that is wrong is told at once. */
#ifndef PN_WIRE_PROBLEMS_H
#define PN_WIRE_PROBLEMS_H

#include <stdbool.h>
#include <stddef.h>

#include "pneu/status.h"

enum {
    PN_EXTENSIONS_MOST = 16 /* that parameters can ask for */
};

typedef struct pn_problems {
    pneu_error *list; /* may be NULL if max is 0 */
    size_t max;
    size_t count; /* found, also those for which there was no room */
    const char *missing[PN_EXTENSIONS_MOST]; /* extensions told of */
} pn_problems;

/* Counts one more; where it goes, or NULL, which pn_fail() takes as well:
 * pn_fail(pn_problems_next(problems), PNEU_…, …). */
pneu_error *pn_problems_next(pn_problems *problems);

/* Notes that an extension, named by a constant, is not offered. False if that
 * was told before: it is one problem, whatever asks for it. */
bool pn_problems_is_news(pn_problems *problems, const char *extension);

#endif
