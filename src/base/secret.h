/* Memory that held a secret is overwritten before it is given back. */
#ifndef PN_BASE_SECRET_H
#define PN_BASE_SECRET_H

#include <stddef.h>

/* Overwrites, in a way that the compiler does not leave out. */
void pn_secret_wipe(void *memory, size_t length);

/* Wipes and frees a NUL-terminated string; NULL is fine. */
void pn_secret_free_text(char *text);

#endif
