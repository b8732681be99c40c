/* An exchange by GNU SASL, which knows all mechanisms but OAuth's. */
#ifndef PN_SASL_GNU_H
#define PN_SASL_GNU_H

#include "sasl/exchange.h"

/* Errors: those of pn_exchange_new(). */
pneu_status pn_gnu_new(pn_exchange **exchange,
                       const pn_exchange_options *options, pneu_error *error);

#endif
