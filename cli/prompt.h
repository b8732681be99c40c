/* Asking a person for a line, or for a secret. */
#ifndef PN_CLI_PROMPT_H
#define PN_CLI_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

/* True if there is somebody to ask: standard error is a terminal. */
bool pn_prompt_is_possible(void);

/*
 * Asks on the terminal, without echo, for a line of up to size - 1 octets;
 * false if none was given or it did not fit. The caller wipes it.
 */
bool pn_prompt_secret(const char *question, char *line, size_t size);

/*
 * Asks on standard error for a line from standard input, both terminals; false
 * if there was none, it did not fit, or holds a NUL.
 */
bool pn_prompt_line(const char *question, char *line, size_t size);

#endif
