/* A moment as RFC 3339 5.6 writes it, "2026-05-01T12:00:00Z". */
#ifndef PN_SINK_MOMENT_H
#define PN_SINK_MOMENT_H

#include <stdint.h>

enum {
    PN_SINK_MOMENT_SIZE = 32
};

/* seconds: since the epoch */
void pn_sink_moment_format(int64_t seconds, char text[PN_SINK_MOMENT_SIZE]);

#endif
