/* What somebody who mistyped a word probably meant. */
#ifndef PN_CLI_SUGGEST_H
#define PN_CLI_SUGGEST_H

/* The candidate nearest to word, NULL if none is near. The list ends with
 * NULL. */
const char *pn_suggest(const char *word, const char *const *candidates);

#endif
