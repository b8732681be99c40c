/*
 * Servers that are known not to do what they offer: a row each, with the
 * public report that it rests on.
 */
#ifndef PN_SESSION_QUIRKS_H
#define PN_SESSION_QUIRKS_H

#include "base/span.h"

/* What is known of a server: a set. */
enum {
    PN_QUIRK_NO_CHUNKING = 1 << 0, /* BDAT is offered, and must not be used */
    PN_QUIRK_COUNTS_RSET = 1 << 1  /* of RSET it takes a few only */
};

enum {
    PN_QUIRK_RSETS_MAX = 8
};

/* What the first line of a greeting, or of the reply to EHLO, tells. */
unsigned pn_quirks_of(pn_span text);

#endif
