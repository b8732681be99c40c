/*
 * OAUTHBEARER (RFC 7628) and XOAUTH2, its forerunner, as Google and Microsoft
 * describe it: one message with the token, and an error in words that is
 * answered before the server refuses.
 */
#ifndef PN_SASL_OAUTH_H
#define PN_SASL_OAUTH_H

#include "sasl/exchange.h"

/* Errors: INVALID (a control character in user, authorization or host);
 * NO_MEMORY. */
pneu_status pn_oauth_new(pn_exchange **exchange,
                         const pn_exchange_options *options, pneu_error *error);

#endif
