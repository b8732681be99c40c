/* Whatever is left to do until mail can be sent: the connection, EHLO, TLS,
 * AUTH; at one address of the host after the other. */
#ifndef PN_CLIENT_OPEN_H
#define PN_CLIENT_OPEN_H

#include "client/client.h"

/* Goes on until mail can be sent. */
pneu_status pn_open_step(pneu_client *client);

#endif
