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

typedef struct pn_queued {
    pneu_command command;
    uintptr_t tag;
    size_t transaction;   /* its number, from 1; 0 outside of any */
    size_t index;         /* RCPT: its number within the transaction */
    size_t line_length;   /* of its line in the session's lines; content: 0 */
    size_t public_length; /* so much of the line may be shown */
    size_t replies_due;   /* fixed when it becomes the oldest */
    size_t replies_had;
    bool skipped;  /* nothing goes out, nothing comes back */
    bool begun;    /* some of it was handed out */
    bool go_ahead; /* content: 354 was read */
    bool lone_dot; /* content: only the end, since nobody takes it */
    bool has_part; /* content: part and part_is_last are given */
    bool is_whole; /* content: the last part was given */
    pn_span part;
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

/* Makes sure that count more can be pushed. Errors: NO_MEMORY, TOO_LARGE. */
pneu_status pn_queue_reserve(pn_queue *queue, size_t count);

/* Pushes one for which there is room, zeroed. */
pn_queued *pn_queue_push(pn_queue *queue);

/* The i-th from the oldest; NULL past the end. */
pn_queued *pn_queue_at(const pn_queue *queue, size_t i);

void pn_queue_pop(pn_queue *queue);

#endif
