/* A message that was typed with a header of its own: what it lacks is added,
 * and what is not ASCII is encoded; the rest stays as it was typed. */
#ifndef PN_CLI_COMPOSE_TYPED_H
#define PN_CLI_COMPOSE_TYPED_H

#include "base/buffer.h"
#include "base/span.h"
#include "cli/envelope.h"
#include "cli/problem.h"

/* text: header, empty line, body. Fills message, which is initialised here.
 * Begins GMime, which can be done once. Returns an exit status; on failure
 * there is nothing to finish. */
int pn_compose_typed(const pn_envelope *envelope, pn_span text,
                     pn_buffer *message, pn_problem *problem);

#endif
