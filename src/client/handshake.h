/* TLS over the client's stream: from the first octet, or after STARTTLS. */
#ifndef PN_CLIENT_HANDSHAKE_H
#define PN_CLIENT_HANDSHAKE_H

#include "client/client.h"

/* Puts TLS over the stream, which it takes over, come what may. */
pneu_status pn_handshake_begin(pneu_client *client);

/* Goes on with it; OK when the session knows that it is protected. */
pneu_status pn_handshake_step(pneu_client *client);

/* Lets the opening know what AUTH can be bound to, if anything. */
void pn_handshake_bind(pneu_client *client);

#endif
