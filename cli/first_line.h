/* The first line of what comes from a descriptor; for secrets, so that no
 * copy is left behind. */
#ifndef PN_CLI_FIRST_LINE_H
#define PN_CLI_FIRST_LINE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Reads up to the first line end, which is not kept, or to the end; line is
 * NUL-terminated. False, with errno set, if reading failed; EMSGSIZE if the
 * line does not fit, EILSEQ if it holds a NUL. The caller wipes line.
 */
bool pn_first_line_read(int fd, char *line, size_t size, size_t *length);

/* strerror() for what pn_first_line_read() sets. */
const char *pn_first_line_reason(int number);

#endif
