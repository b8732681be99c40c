/* A dialogue as it stands in its file: a list of steps. README.md describes
 * the form. */
#ifndef RUNNER_SCRIPT_H
#define RUNNER_SCRIPT_H

#include "pneu/session.h"
#include "text.h"

typedef enum step_kind {
    STEP_SERVER,  /* S: octets of the server */
    STEP_CLIENT,  /* C: octets that are to be written */
    STEP_CALL,    /* > a call of the program */
    STEP_EXPECT,  /* = what is to have happened */
    STEP_END,     /* S-end and its like */
    STEP_TIMEOUT, /* S-timeout */
    STEP_WAIT,    /* S-wait */
    STEP_WINDOW,  /* W-window */
    STEP_DEAF,    /* W-fails */
    STEP_SEGMENT  /* -- */
} step_kind;

typedef struct step {
    step_kind kind;
    size_t line;   /* in the file */
    text octets;   /* server, client: decoded; call, expect: as written */
    size_t shown;  /* client: so much may be shown, the rest is secret */
    bool is_start; /* client: only the start of a line; the rest is secret */
    text body;     /* call: the lines behind "|" */
    bool has_body; /* call */
    size_t number; /* wait: seconds; window: octets */
    pneu_end end;  /* end */
} step;

typedef struct script {
    text path;
    text title;
    bool lmtp;
    bool no_pipelining;
    bool no_chunking;
    bool tls_fails;
    pneu_protection protection; /* from the start */
    size_t timeout_s;
    pneu_timeouts timeouts;
    size_t max_unanswered;
    step *steps;
    size_t count;
} script;

/* Reads a file. False, and complaint set, if it is not a dialogue. */
bool script_read(script *into, const char *path, text *complaint);
void script_free(script *of);

/*
 * Cuts the next word off a line: blanks end it, but not between double
 * quotes; backslashes are decoded. False if there is none left, or if it is
 * malformed.
 */
bool script_next_word(pn_span *line, text *word);

/* Splits "name=value" in place; the value is NULL if there is no "=". */
const char *script_split(text *word);

#endif
