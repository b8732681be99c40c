/*
 * Where a secret comes from: an environment variable, a file, or what a
 * program prints. No option takes a secret itself: every user of a machine can
 * read its command lines.
 */
#ifndef PN_CLI_SECRET_SOURCE_H
#define PN_CLI_SECRET_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/problem.h"

enum {
    PN_SECRET_SIZE = 16 * 1024 /* an OAuth token fits */
};

/* At most one of them is given. */
typedef struct pn_secret_source {
    const char *variable;
    const char *file;
    const char *command; /* for the shell */
} pn_secret_source;

/* What it is called: "--password" begins its options' names, and "password"
 * its place in sentences. */
typedef struct pn_secret_name {
    const char *option;
    const char *word;
} pn_secret_name;

bool pn_secret_is_given(const pn_secret_source *source);

/* Refuses more than one source. Returns an exit status. */
int pn_secret_check(const pn_secret_source *source, const pn_secret_name *name,
                    pn_problem *problem);

/*
 * Fetches the secret, which is not empty, into line of PN_SECRET_SIZE octets;
 * the caller wipes it. command ("pneu send") begins the warning about a file
 * that others can read. Returns an exit status.
 */
int pn_secret_fetch(const pn_secret_source *source, const pn_secret_name *name,
                    const char *command, char *line, size_t *length,
                    pn_problem *problem);

#endif
