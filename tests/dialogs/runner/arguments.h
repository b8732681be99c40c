/* The words of a call, for the files that make them. */
#ifndef DIALOGS_ARGUMENTS_H
#define DIALOGS_ARGUMENTS_H

#include "world.h"

/* The words of one call, taken in turn. */
typedef struct arguments {
    const step *at;
    pn_span rest;
    text word; /* "name" or "name=value" */
    const char *value;
} arguments;

/* The next word; false if there is none left. */
bool next_argument(arguments *from);
bool is_named(const arguments *now, const char *name);

/* Takes the word that has no name; "" if there is none. */
const char *take_plain(arguments *from);

/* The status of a call on the bare session, and so many events for it. */
void called(world *in, pneu_status status, size_t events);

/* "open" (call_open.c) and "deliver" (call_deliver.c). */
void call_open(world *in, arguments *from);
void call_deliver(world *in, arguments *from);

#endif
