/* Base64 (RFC 4648 4), strict: no line breaks, no blanks, right padding. */
#ifndef PN_BASE_BASE64_H
#define PN_BASE_BASE64_H

#include "base/buffer.h"

/* Appends the encoding of octets. Errors: those of the buffer. */
pneu_status pn_base64_encode(pn_buffer *out, pn_span octets);

/* Appends what text encodes. Errors: INVALID, nothing appended; those of the
 * buffer. */
pneu_status pn_base64_decode(pn_buffer *out, pn_span text);

#endif
