/* From a host name to a session that waits for the greeting: look-up,
 * connection, proxy, and TLS where it begins with the first octet. */
#ifndef PN_CLIENT_DIAL_H
#define PN_CLIENT_DIAL_H

#include "client/client.h"

/* Goes on until there is a session; OK at once if there is one. What fails
 * leaves no connection, but keeps the addresses that were not tried. */
pneu_status pn_dial_step(pneu_client *client);

/* Forgets the addresses: the next dialling looks them up anew. */
void pn_dial_forget(pneu_client *client);

/* True if the last address failed, but another one is left; the next step goes
 * on with that. */
bool pn_dial_next_address(pneu_client *client);

#endif
