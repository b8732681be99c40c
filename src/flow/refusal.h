/* A refusal in the server's own words, as an error. */
#ifndef PN_FLOW_REFUSAL_H
#define PN_FLOW_REFUSAL_H

#include "pneu/session.h"

/* "the server refused RCPT: 550 5.1.1 no such user". Returns REFUSED. */
pneu_status pn_refusal_tell(pneu_error *error, pneu_command command,
                            const pneu_reply *reply);

#endif
