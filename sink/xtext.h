/* xtext (RFC 3461 4): printable ASCII in which +XX stands for an octet. */
#ifndef PN_SINK_XTEXT_H
#define PN_SINK_XTEXT_H

#include "base/span.h"

/* True if text is well-formed, and, with plain, if all that it stands for is
 * printable ASCII or a blank. */
bool pn_sink_xtext_check(pn_span text, bool plain);

/* Cuts the first octet that well-formed text stands for off it; false at the
 * end. */
bool pn_sink_xtext_next(pn_span *text, char *octet);

#endif
