/*
 * A growable run of octets with a read end and a write end, and a maximum
 * that it never grows past: whoever starts a buffer says how much is too
 * much.
 */
#ifndef PN_BASE_BUFFER_H
#define PN_BASE_BUFFER_H

#include <stddef.h>

#include "base/span.h"
#include "pneu/status.h"

typedef struct pn_buffer {
    char *memory;
    size_t start;    /* first octet not yet consumed */
    size_t end;      /* one past the last octet */
    size_t capacity; /* of memory */
    size_t maximum;  /* of the octets held */
} pn_buffer;

void pn_buffer_init(pn_buffer *buffer, size_t maximum);

/* Wipes and frees; the buffer may be initialised again. */
void pn_buffer_finish(pn_buffer *buffer);

/* Octets held. */
static inline size_t pn_buffer_length(const pn_buffer *buffer)
{
    return buffer->end - buffer->start;
}

/* The octets held; valid until the next change. */
static inline pn_span pn_buffer_span(const pn_buffer *buffer)
{
    if (buffer->memory == NULL)
        return PN_SPAN("");
    return (pn_span){buffer->memory + buffer->start, pn_buffer_length(buffer)};
}

/*
 * Makes room for length octets past the end and returns where they go, NULL
 * if status is set: NO_MEMORY or TOO_LARGE. pn_buffer_added() takes them in.
 */
char *pn_buffer_reserve(pn_buffer *buffer, size_t length, pneu_status *status);
void pn_buffer_added(pn_buffer *buffer, size_t length);

pneu_status pn_buffer_append(pn_buffer *buffer, pn_span octets);
pneu_status pn_buffer_append_text(pn_buffer *buffer, const char *text);
pneu_status pn_buffer_append_char(pn_buffer *buffer, char c);

/* Drops octets at the start. */
void pn_buffer_consume(pn_buffer *buffer, size_t length);

/* Drops octets at the end, so that length remain. */
void pn_buffer_cut(pn_buffer *buffer, size_t length);

/* Forgets the octets and keeps the memory. */
void pn_buffer_clear(pn_buffer *buffer);

#endif
