/* Domain names that are not ASCII, as they go over the wire (IDNA 2008, RFC
 * 5890 to 5893, with the mapping of UTS 46, nontransitional). */
#ifndef PN_BASE_IDNA_H
#define PN_BASE_IDNA_H

#include "base/span.h"
#include "pneu/status.h"

enum {
    PN_IDNA_SIZE = 256 /* holds every domain name, with its NUL */
};

/*
 * Fills out with the A-label form of a domain or host name in UTF-8, of any
 * normal form; a name that is ASCII is copied as it is, and not checked.
 * Errors, with a sentence that names the label: INVALID; TOO_LARGE if the form
 * has more octets than a label, a name or out can hold; NO_MEMORY.
 */
pneu_status pn_idna_to_ascii(pn_span name, char *out, size_t size,
                             pneu_error *error);

#endif
