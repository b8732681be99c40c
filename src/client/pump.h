/* The driver of a session: moves octets between it and the stream. */
#ifndef PN_CLIENT_PUMP_H
#define PN_CLIENT_PUMP_H

#include "client/client.h"

typedef bool pn_pump_test(const pneu_client *client);

/*
 * Goes on until is_done says so, or the session is over (then the client has
 * hung up): OK. What happened is in the client's opening, delivery or reply.
 * AGAIN: it would have to wait.
 */
pneu_status pn_pump_step(pneu_client *client, pn_pump_test *is_done);

/* Takes what an idle connection has received meanwhile: a 421, or its end. */
void pn_pump_look(pneu_client *client);

/* Ends it all at once; what had been sent is then in doubt. */
void pn_pump_abort(pneu_client *client);

#endif
