#include "base/buffer.h"

#include <string.h>

#include "base/memory.h"
#include "base/secret.h"

enum {
    FIRST_CAPACITY = 512
};

void pn_buffer_init(pn_buffer *buffer, size_t maximum)
{
    *buffer = (pn_buffer){.maximum = maximum};
}

void pn_buffer_finish(pn_buffer *buffer)
{
    if (buffer->memory != NULL)
        pn_secret_wipe(buffer->memory, buffer->capacity);
    pn_memory_free(buffer->memory);
    *buffer = (pn_buffer){.maximum = buffer->maximum};
}

/* A new block and not realloc: what the old one held may be a secret. */
static pneu_status grow(pn_buffer *buffer, size_t wanted)
{
    size_t capacity = buffer->capacity > 0 ? buffer->capacity : FIRST_CAPACITY;
    while (capacity < wanted)
        capacity = capacity > buffer->maximum / 2 ? wanted : capacity * 2;
    char *memory = pn_memory_new(capacity, 1);
    if (memory == NULL)
        return PNEU_NO_MEMORY;
    size_t length = buffer->memory != NULL ? pn_buffer_length(buffer) : 0;
    if (length > 0)
        memcpy(memory, buffer->memory + buffer->start, length);
    if (buffer->memory != NULL)
        pn_secret_wipe(buffer->memory, buffer->capacity);
    pn_memory_free(buffer->memory);
    buffer->memory = memory;
    buffer->capacity = capacity;
    buffer->start = 0;
    buffer->end = length;
    return PNEU_OK;
}

char *pn_buffer_reserve(pn_buffer *buffer, size_t length, pneu_status *status)
{
    size_t held = pn_buffer_length(buffer);
    *status = PNEU_OK;
    if (length > buffer->maximum || held > buffer->maximum - length) {
        *status = PNEU_TOO_LARGE;
        return NULL;
    }
    if (buffer->memory == NULL || held + length > buffer->capacity) {
        *status = grow(buffer, held + length);
        if (*status != PNEU_OK)
            return NULL;
    } else if (buffer->capacity - buffer->end < length) {
        memmove(buffer->memory, buffer->memory + buffer->start, held);
        buffer->start = 0;
        buffer->end = held;
    }
    return buffer->memory + buffer->end;
}

void pn_buffer_added(pn_buffer *buffer, size_t length)
{
    buffer->end += length;
}

pneu_status pn_buffer_append(pn_buffer *buffer, pn_span octets)
{
    pneu_status status;
    if (octets.length == 0)
        return PNEU_OK;
    char *place = pn_buffer_reserve(buffer, octets.length, &status);
    if (place == NULL)
        return status;
    memcpy(place, octets.data, octets.length);
    pn_buffer_added(buffer, octets.length);
    return PNEU_OK;
}

pneu_status pn_buffer_append_text(pn_buffer *buffer, const char *text)
{
    return pn_buffer_append(buffer, pn_span_of(text));
}

pneu_status pn_buffer_append_char(pn_buffer *buffer, char c)
{
    return pn_buffer_append(buffer, (pn_span){&c, 1});
}

void pn_buffer_consume(pn_buffer *buffer, size_t length)
{
    buffer->start += length;
    if (buffer->start == buffer->end)
        pn_buffer_clear(buffer);
}

void pn_buffer_cut(pn_buffer *buffer, size_t length)
{
    buffer->end = buffer->start + length;
}

void pn_buffer_clear(pn_buffer *buffer)
{
    buffer->start = 0;
    buffer->end = 0;
}
