/* The blocking driver: moves octets between the session and the stream until
 * what was asked for is done. */
#ifndef PN_CLIENT_PUMP_H
#define PN_CLIENT_PUMP_H

#include "client/client.h"

typedef bool pn_pump_test(const pneu_client *client);

/*
 * Drives until is_done says so, or the session is over (then the client has
 * hung up). What happened is in the client's opening, delivery or reply.
 */
void pn_pump_run(pneu_client *client, pn_pump_test *is_done);

/* Takes what an idle connection has received meanwhile: a 421, or its end. */
void pn_pump_look(pneu_client *client);

/* Waits for the stream, or for a cancel, until deadline_ms (-1: without end)
 * at the latest. */
void pn_pump_wait(const pneu_client *client, short events, int64_t deadline_ms);

/* What poll() takes to wait until then; -1: without end. */
int pn_pump_poll_ms(int64_t deadline_ms);

#endif
