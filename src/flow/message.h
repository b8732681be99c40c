/* What must be known of a message before it is offered to a server. */
#ifndef PN_FLOW_MESSAGE_H
#define PN_FLOW_MESSAGE_H

#include "base/span.h"
#include "pneu/status.h"
#include "wire/problems.h"
#include "wire/scan.h"

typedef pn_scan_facts pn_message_facts;

pn_message_facts pn_message_examine(pn_span content);

/* Those of content that goes untouched (RFC 3030 3). */
pn_message_facts pn_message_of_binary(pn_span content);

/* What no server may be sent (RFC 5321 2.3.8, 4.5.3.1.6; RFC 5322 2.3).
 * Tells BAD_MESSAGE. */
void pn_message_check(const pn_message_facts *facts, bool allow_long_lines,
                      pn_problems *problems);

#endif
