/* "2026-11-22T18:00:00Z": a date and a time (RFC 3339 5.6). */
#ifndef PN_WIRE_DATE_TIME_H
#define PN_WIRE_DATE_TIME_H

#include "base/span.h"

/* The seconds since 1970-01-01T00:00:00Z, fractions left out. False if text is
 * no date and time, or if it says no offset. */
bool pn_date_time_parse(pn_span text, int64_t *seconds);

#endif
