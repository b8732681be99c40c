/* A growing run of octets for the runner itself. It allocates past the
 * library, so that a failing allocation never hits the test. */
#ifndef RUNNER_TEXT_H
#define RUNNER_TEXT_H

#include "base/span.h"

typedef struct text {
    char *data; /* always followed by a NUL */
    size_t length;
    size_t capacity;
} text;

/* realloc() that ends the program when there is no memory. */
void *must_resize(void *memory, size_t size);

void text_add(text *to, pn_span octets);
__attribute__((format(printf, 2, 3))) void text_print(text *to,
                                                      const char *format, ...);
pn_span text_span(const text *from);
void text_free(text *of);

/* Adds octets so that a person can read them, and a machine tell them apart:
 * as in a dialogue, with \r, \n, \\ and \xNN. */
void text_add_shown(text *to, pn_span octets);

/* Undoes that; false if a backslash is followed by something unknown. */
bool text_add_decoded(text *to, pn_span shown);

#endif
