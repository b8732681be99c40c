/* Octets from outside, made safe to show: no terminal escape, no forged line
 * and no turned direction gets through (CWE-117, CWE-150). */
#ifndef PN_BASE_ESCAPE_H
#define PN_BASE_ESCAPE_H

#include "base/span.h"

/* As pneu_reply_escape(). */
size_t pn_escape(pn_span text, const char *line_end, char *out, size_t size);

#endif
