/*
 * The one place that allocates. Tests replace these functions at link time
 * to make the n-th allocation fail.
 */
#ifndef PN_BASE_MEMORY_H
#define PN_BASE_MEMORY_H

#include <stddef.h>

/* Zeroed memory, or NULL. */
void *pn_memory_new(size_t count, size_t size);

/* As realloc, for at least one octet; NULL leaves the old block as it was. */
void *pn_memory_resize(void *memory, size_t count, size_t size);

/* A NUL-terminated copy of length octets, or NULL. */
char *pn_memory_copy_text(const char *text, size_t length);

void pn_memory_free(void *memory);

#endif
