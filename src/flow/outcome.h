/* What an event says of a recipient. */
#ifndef PN_FLOW_OUTCOME_H
#define PN_FLOW_OUTCOME_H

#include "pneu/delivery.h"

/* What the event of a message's end means for a recipient whose RCPT was
 * accepted. */
pneu_outcome_kind pn_outcome_of_end(const pneu_event *event);

/* What a 4xx or 5xx means. */
pneu_outcome_kind pn_outcome_of_refusal(const pneu_reply *reply);

/* Does this refusal of a RCPT mean "too many recipients for one transaction",
 * so that the recipient goes into the next (RFC 5321 4.5.3.1.10)? */
bool pn_outcome_is_too_many(const pneu_reply *reply, size_t accepted_before);

#endif
