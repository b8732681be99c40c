/* What the parts of the program `calls` share; what it is for stands in
 * calls.c. */
#ifndef CALLS_H
#define CALLS_H

#include <stddef.h>

#include <pneu/pneu.h>

enum {
    WORDS_MAX = 1100,
    TEXT_SIZE = 4096
};

/* The words of one line; those past the last are "". */
typedef struct words {
    const char *at[WORDS_MAX + 1];
    size_t count;
} words;

typedef void call_function(pneu_client *client, const words *given);

typedef struct call {
    const char *name;
    call_function *run;
} call;

/* Each ends with a row without a name. */
extern const call calls_line[]; /* commands, one call each */
extern const call calls_mail[]; /* envelopes, messages, and their results */
extern const call calls_ask[];  /* what only asks, and what only sets */

/* Word i, or NULL if it is "". */
const char *word(const words *given, size_t i);

/* Prints one row: name, middle, number, text. */
void show(const char *name, const char *middle, int number, const char *text);

/* The row of a call that may have brought a reply. */
void report(const words *given, pneu_status status, const pneu_reply *reply);

/* A client as "name=value" arguments say, or NULL, with the reason printed. */
pneu_client *client_from(int argc, char **argv);

/* A SASL mechanism that gives the answers it was told, one a step, and prints
 * each challenge. The answer "-" is none, "!" is a failure; "~" as the first
 * word stands for a mechanism that has no initial response. */
typedef struct ticket {
    const char *const *answers;
    size_t count;
    size_t next;
} ticket;

pneu_mechanism ticket_mechanism(ticket *from, const char *name,
                                const char *const *answers, size_t count);

#endif
