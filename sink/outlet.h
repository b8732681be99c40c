/*
 * Standard output, standard error or a log file, without waiting for who
 * reads it: a test that reads the sink's output only at its end must not
 * stop the server. What does not go at once is kept, up to a limit.
 */
#ifndef PN_SINK_OUTLET_H
#define PN_SINK_OUTLET_H

#include "base/buffer.h"
#include "sink/loop.h"

typedef struct pn_sink_outlet {
    pn_sink_source source; /* must be first */
    pn_sink_loop *loop;    /* NULL while there is none */
    bool never_waits;      /* a file on a disk */
    bool broken;           /* nobody reads any more */
    pn_buffer text;
} pn_sink_outlet;

/* The file stays the caller's. */
void pn_sink_outlet_init(pn_sink_outlet *outlet, int file);

/* Adds text. Past the limit it waits for the reader after all. */
void pn_sink_outlet_add(pn_sink_outlet *outlet, pn_span text);
void pn_sink_outlet_add_text(pn_sink_outlet *outlet, const char *text);

/* Writes what goes without waiting; the loop sees to the rest. */
void pn_sink_outlet_flush(pn_sink_outlet *outlet);

/* From now on, or (NULL) no longer, there is a loop. */
void pn_sink_outlet_attach(pn_sink_outlet *outlet, pn_sink_loop *loop);

/* Writes the rest, as long as it is being read, and frees. Returns how many
 * octets nobody read. */
size_t pn_sink_outlet_finish(pn_sink_outlet *outlet);

#endif
