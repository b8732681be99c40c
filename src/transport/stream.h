/*
 * A two-way run of octets that never blocks: a socket, or TLS over another
 * stream. Streams stand on one another; the topmost owns those below.
 */
#ifndef PN_TRANSPORT_STREAM_H
#define PN_TRANSPORT_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#include "pneu/status.h"

typedef enum pn_io {
    PN_IO_DONE,  /* at least one octet was moved, or the handshake is over */
    PN_IO_AGAIN, /* nothing can be done until pn_stream_waits() comes true */
    PN_IO_END,   /* the other side has closed, in good order */
    PN_IO_FAILED /* see pn_stream_error() */
} pn_io;

typedef struct pn_stream pn_stream;

typedef struct pn_stream_type {
    pn_io (*read)(pn_stream *stream, void *to, size_t size, size_t *length);
    pn_io (*write)(pn_stream *stream, const struct iovec *pieces, int count,
                   size_t *written);
    pn_io (*flush)(pn_stream *stream);
    void (*hurry)(pn_stream *stream);
    void (*free)(pn_stream *stream);
} pn_stream_type;

/* The head of every stream. */
struct pn_stream {
    const pn_stream_type *type;
    int descriptor;
    short waits; /* POLLIN or POLLOUT, after PN_IO_AGAIN */
    pneu_error error;
};

pn_io pn_stream_read(pn_stream *stream, void *to, size_t size, size_t *length);

/* May write less than all. SIGPIPE is never raised. */
pn_io pn_stream_write(pn_stream *stream, const struct iovec *pieces, int count,
                      size_t *written);

/* What a write took and has not passed on yet (TLS keeps a record): DONE when
 * there is nothing left of it. */
pn_io pn_stream_flush(pn_stream *stream);

/* More is about to come: acknowledge at once what has come. A server that
 * sends each reply in a segment of its own would otherwise wait for the
 * delayed ACK between them, 40 ms each time. */
void pn_stream_hurry(pn_stream *stream);

/* Closes, and frees the stream and those below. NULL is fine. */
void pn_stream_free(pn_stream *stream);

int pn_stream_descriptor(const pn_stream *stream);

/* What a call that gave PN_IO_AGAIN waits for: POLLIN or POLLOUT. */
short pn_stream_waits(const pn_stream *stream);

const pneu_error *pn_stream_error(const pn_stream *stream);

#endif
