/* The values of options: numbers, words of a list, seconds; each refused with
 * the option's name and what it should have been. */
#ifndef PN_CLI_VALUE_H
#define PN_CLI_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/problem.h"

/* A number that may not have been given. */
typedef struct pn_number {
    bool is_given;
    int64_t value;
} pn_number;

/* One of the words that an option takes; the last one's is NULL. */
typedef struct pn_choice {
    const char *word;
    int value;
} pn_choice;

/* All of these return an exit status. option is as people write it,
 * "--timeout". */

/* "--port cannot be "x": wanted" */
int pn_value_refuse(const char *option, const char *value, const char *wanted,
                    pn_problem *problem);

/* One line of text, and not empty. */
int pn_value_word(const char *option, const char *value, pn_problem *problem);

int pn_value_number(const char *option, const char *value, int64_t least,
                    int64_t most, pn_number *number, pn_problem *problem);

/* 1 to 65535 */
int pn_value_port(const char *option, const char *value, uint16_t *port,
                  pn_problem *problem);

/* "2.5", as milliseconds */
int pn_value_seconds(const char *option, const char *value, int64_t *ms,
                     pn_problem *problem);

int pn_value_choice(const char *option, const char *value,
                    const pn_choice *choices, int *chosen, pn_problem *problem);

#endif
