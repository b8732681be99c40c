#include "transport/stream.h"

pn_io pn_stream_read(pn_stream *stream, void *to, size_t size, size_t *length)
{
    *length = 0;
    return stream->type->read(stream, to, size, length);
}

pn_io pn_stream_write(pn_stream *stream, const struct iovec *pieces, int count,
                      size_t *written)
{
    *written = 0;
    return stream->type->write(stream, pieces, count, written);
}

pn_io pn_stream_flush(pn_stream *stream)
{
    return stream->type->flush(stream);
}

void pn_stream_hurry(pn_stream *stream)
{
    stream->type->hurry(stream);
}

void pn_stream_free(pn_stream *stream)
{
    if (stream != NULL)
        stream->type->free(stream);
}

int pn_stream_descriptor(const pn_stream *stream)
{
    return stream->descriptor;
}

short pn_stream_waits(const pn_stream *stream)
{
    return stream->waits;
}

const pneu_error *pn_stream_error(const pn_stream *stream)
{
    return &stream->error;
}
