#include "session/queue.h"

#include <string.h>

#include "base/memory.h"

enum {
    FIRST_CAPACITY = 16
};

void pn_queue_finish(pn_queue *queue)
{
    pn_memory_free(queue->ring);
    *queue = (pn_queue){0};
}

void pn_queue_clear(pn_queue *queue)
{
    queue->first = 0;
    queue->count = 0;
}

static pneu_status grow(pn_queue *queue, size_t capacity)
{
    pn_queued *ring = pn_memory_new(capacity, sizeof(*ring));
    if (ring == NULL)
        return PNEU_NO_MEMORY;
    for (size_t i = 0; i < queue->count; i++)
        ring[i] = *pn_queue_at(queue, i);
    pn_memory_free(queue->ring);
    queue->ring = ring;
    queue->capacity = capacity;
    queue->first = 0;
    return PNEU_OK;
}

pneu_status pn_queue_reserve(pn_queue *queue, size_t count)
{
    size_t wanted = queue->count + count;
    if (wanted > PN_QUEUE_MAX)
        return PNEU_TOO_LARGE;
    if (wanted <= queue->capacity)
        return PNEU_OK;
    size_t capacity = queue->capacity > 0 ? queue->capacity : FIRST_CAPACITY;
    while (capacity < wanted)
        capacity *= 2;
    return grow(queue, capacity);
}

pn_queued *pn_queue_push(pn_queue *queue)
{
    size_t place = (queue->first + queue->count) & (queue->capacity - 1);
    queue->count++;
    queue->ring[place] = (pn_queued){0};
    return &queue->ring[place];
}

void pn_queue_pop(pn_queue *queue)
{
    queue->first = (queue->first + 1) & (queue->capacity - 1);
    queue->count--;
}
