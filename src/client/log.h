/* What the program's log call-back gets to see: whole lines, escaped, with
 * secrets blanked and messages counted, not shown. */
#ifndef PN_CLIENT_LOG_H
#define PN_CLIENT_LOG_H

#include "client/client.h"

__attribute__((format(printf, 2, 3))) void pn_log_note(pneu_client *client,
                                                       const char *format, ...);

/* So many octets of the pieces were written. */
void pn_log_sent(pneu_client *client, const pneu_piece *pieces, size_t count,
                 size_t written);

void pn_log_reply(pneu_client *client, const pneu_event *event);

/* A socket is connected, to this address. */
void pn_log_connected(pneu_client *client, const char *address);

#endif
