/* A call of the program, from its beginning to its result: driven to the end
 * here, or step by step from outside. */
#ifndef PN_CLIENT_CALL_H
#define PN_CLIENT_CALL_H

#include "client/client.h"

/* Begins a call: no error, no reply. Errors: MISUSE while another one is under
 * way. */
pneu_status pn_call_begin(pneu_client *client, const pneu_reply **reply);

/*
 * Goes on with step until the call's result is there; in a client that does
 * not block, until it would have to wait: then AGAIN. reply (which may be
 * NULL) is set with the result.
 */
pneu_status pn_call_run(pneu_client *client, pn_step *step,
                        const pneu_reply **reply);

/* Says what a step waits for, and returns AGAIN. The deadline for everything
 * counts as well. */
pneu_status pn_call_wait(pneu_client *client, pn_wait_kind kind, short events,
                         int64_t deadline_ms);

/* Was the call cancelled since this was asked last? That it was at all, the
 * client's is_cancelled tells. */
bool pn_call_is_cancelled(pneu_client *client);

/* When a phase that begins now must be over; usual_ms is how long it may take
 * where no timeout says so. */
int64_t pn_call_phase_end(const pneu_client *client, int64_t own_ms,
                          int64_t usual_ms);

/* The earlier of two times; -1: never. */
int64_t pn_call_earlier(int64_t a, int64_t b);

/* True if the deadline for everything has passed. */
bool pn_call_is_too_late(const pneu_client *client);

/* True if that, or the end of the phase under way, has passed. */
bool pn_call_is_phase_over(const pneu_client *client);

#endif
