/*
 * The commands of a session, in the order of issue: a ring. The oldest is the
 * one whose answer comes next; it leaves the queue when it has had all its
 * answers.
 */
#ifndef PN_SESSION_QUEUE_H
#define PN_SESSION_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"
#include "pneu/session.h"
#include "wire/stuffing.h"

typedef struct pn_queued {
    pneu_command command;
    uintptr_t tag;
    size_t transaction;   /* its number, from 1; 0 outside of any */
    size_t index;         /* RCPT: its number within the transaction */
    size_t line_length;   /* of its line in the session's lines; 0 when that
                             is out, and for the content of DATA */
    size_t public_length; /* so much of the line may be shown */
    size_t replies_due;   /* fixed when the first of them comes */
    size_t replies_had;
    bool skipped;    /* nothing goes out, nothing comes back */
    bool begun;      /* some of it was handed out */
    bool has_octets; /* it is, or ends in, octets of a message */
    bool is_chunk;   /* BDAT; the last chunk is content as well */
    bool go_ahead;   /* content of DATA: 354 was read */
    bool lone_dot;   /* content of DATA: only the end, as nobody takes it */
    bool has_part;   /* octets: a part is given, and not laid out */
    bool is_whole;   /* octets: the last part was given */
    bool is_clean;   /* octets: the part is known to need no change */
    bool is_laid;    /* octets: the session's content is about them */
    pn_stuffing_mode mode;
    pn_span part;
    uint64_t chunk_left; /* chunk: octets not handed out yet */
} pn_queued;

enum {
    PN_QUEUE_MAX = 65536
};

typedef struct pn_queue {
    pn_queued *ring;
    size_t capacity; /* a power of two */
    size_t first;
    size_t count;
} pn_queue;

void pn_queue_finish(pn_queue *queue);

/* Drops all commands, and keeps the memory. */
void pn_queue_clear(pn_queue *queue);

/* Makes sure that count more can be pushed. Errors: NO_MEMORY, TOO_LARGE. */
pneu_status pn_queue_reserve(pn_queue *queue, size_t count);

/* Pushes one for which there is room, zeroed. */
pn_queued *pn_queue_push(pn_queue *queue);

/* The i-th from the oldest; NULL past the end. */
static inline pn_queued *pn_queue_at(const pn_queue *queue, size_t i)
{
    if (i >= queue->count)
        return NULL;
    return &queue->ring[(queue->first + i) & (queue->capacity - 1)];
}

void pn_queue_pop(pn_queue *queue);

#endif
