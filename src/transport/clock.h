/* The clock that deadlines are on: it never jumps. */
#ifndef PN_TRANSPORT_CLOCK_H
#define PN_TRANSPORT_CLOCK_H

#include <stdint.h>

int64_t pn_clock_now_ms(void);

#endif
