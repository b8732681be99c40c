/* An exchange whose mechanism the program has written itself. */
#ifndef PN_SASL_OWN_H
#define PN_SASL_OWN_H

#include "sasl/exchange.h"

/* Errors: NO_MEMORY. */
pneu_status pn_own_new(pn_exchange **exchange,
                       const pn_exchange_options *options, pneu_error *error);

/* Errors: INVALID (the size is not set, no step, a name that RFC 4422 3.1
 * does not allow); LINE_BREAK (in the name). */
pneu_status pn_own_check(const pneu_mechanism *mechanism, pneu_error *error);

#endif
