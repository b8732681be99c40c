/*
 * A writer of one JSON value (RFC 8259). It keeps the commas; the caller
 * keeps the nesting.
 */
#ifndef PN_CLI_JSON_H
#define PN_CLI_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <pneu/status.h>

typedef struct pn_json {
    FILE *out;
    bool comma; /* one is due before the next value */
} pn_json;

/* All of these take the name that the value has in its object; NULL in an
 * array and at the top. */
void pn_json_open(pn_json *json, const char *name, char bracket);
void pn_json_close(pn_json *json, char bracket);
void pn_json_null(pn_json *json, const char *name);
void pn_json_number(pn_json *json, const char *name, int value);
void pn_json_bool(pn_json *json, const char *name, bool value);

/* NULL is written as null. Octets that are not UTF-8 become \u0080 to \u00ff;
 * what a terminal would act on is escaped as well. */
void pn_json_text(pn_json *json, const char *name, const char *text);

/* The pair "code" and "enhanced" of a reply; each null if there is none. */
void pn_json_codes(pn_json *json, int code, pneu_enhanced_code enhanced);

#endif
