/* Well-formed UTF-8 (RFC 3629 4), one character at a time. */
#ifndef PN_BASE_UTF8_H
#define PN_BASE_UTF8_H

#include "base/span.h"

/* The octets of the character at the start of text, 0 if there is no
 * well-formed one. character may be NULL. */
size_t pn_utf8_length(pn_span text, uint32_t *character);

#endif
