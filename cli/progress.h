/* How much of a large message has gone out, in a line on the terminal that is
 * written over, and is gone at the end. */
#ifndef PN_CLI_PROGRESS_H
#define PN_CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed at first. */
typedef struct pn_progress {
    bool wanted;
    bool is_shown; /* a line is on the terminal */
    int percent;   /* that it tells */
} pn_progress;

/* Shown for a message of more than 1 MiB, if standard error is a terminal. */
void pn_progress_init(pn_progress *progress, size_t message_length);

/* A pneu_progress_function; context is a pn_progress. */
void pn_progress_show(void *context, uint64_t sent, uint64_t total);

/* Takes the line away. */
void pn_progress_end(pn_progress *progress);

#endif
