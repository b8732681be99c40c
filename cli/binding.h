/*
 * Which field of a struct an option fills, as a table; for the options that
 * need no more than that.
 */
#ifndef PN_CLI_BINDING_H
#define PN_CLI_BINDING_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/list.h"
#include "cli/value.h"

/* What the field is. */
typedef enum pn_binding_kind {
    PN_BIND_END = 0,
    PN_BIND_SWITCH,  /* bool */
    PN_BIND_TEXT,    /* const char *, anything */
    PN_BIND_LINE,    /* const char *, one line */
    PN_BIND_WORD,    /* const char *, one line and not empty */
    PN_BIND_TEXTS,   /* pn_list, anything */
    PN_BIND_WORDS,   /* pn_list, one line each and not empty */
    PN_BIND_SECONDS, /* int64_t, milliseconds */
    PN_BIND_NUMBER,  /* pn_number */
    PN_BIND_PORT,    /* uint16_t */
    PN_BIND_CHOICE   /* int */
} pn_binding_kind;

typedef struct pn_binding {
    int id;
    pn_binding_kind kind;
    const char *option; /* "--host" */
    size_t offset;
    const pn_choice *choices;
    int64_t least;
    int64_t most;
} pn_binding;

#define PN_BINDING(id, kind, option, type, field)           \
    {                                                       \
        id, kind, option, offsetof(type, field), NULL, 0, 0 \
    }
#define PN_BINDING_CHOICE(id, option, type, field, choices)              \
    {                                                                    \
        id, PN_BIND_CHOICE, option, offsetof(type, field), choices, 0, 0 \
    }
#define PN_BINDING_NUMBER(id, option, type, field, least, most)              \
    {                                                                        \
        id, PN_BIND_NUMBER, option, offsetof(type, field), NULL, least, most \
    }
#define PN_BINDING_END                      \
    {                                       \
        0, PN_BIND_END, NULL, 0, NULL, 0, 0 \
    }

/* Fills the field of structure that the table has for id; *found tells if it
 * has one. Returns an exit status. */
int pn_binding_take(const pn_binding *table, void *structure, int id,
                    const char *value, bool *found, pn_problem *problem);

#endif
