/* What GNU SASL and its libraries would take, and pneu does not. */
#ifndef PN_SASL_LIMITS_H
#define PN_SASL_LIMITS_H

#include "sasl/exchange.h"

/* Errors: AUTH_FAILED, for a server's challenge that costs too much (SCRAM) or
 * points outside itself (NTLM). */
pneu_status pn_limits_check_challenge(const pn_mechanism *mechanism,
                                      pn_span challenge, pneu_error *error);

/* Errors: INVALID, for what the mechanism would garble or cut. */
pneu_status pn_limits_check_credentials(const pn_exchange_options *options,
                                        pneu_error *error);

#endif
