/*
 * Option structs begin with their size, as the caller's compiler saw it, and
 * only ever grow at the end: what an older caller did not have is zero.
 */
#ifndef PN_BASE_OPTIONS_H
#define PN_BASE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

/* Copies what the caller's struct has; from may be NULL, for all zero. False
 * if its size was never set. */
bool pn_options_copy(void *to, size_t size, const void *from);

/* Copies an optional string, NULL being none; false if there is no memory. */
bool pn_options_copy_text(char **to, const char *from);

#endif
