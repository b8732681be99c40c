#include "sasl/exchange.h"

#include "base/fail.h"
#include "sasl/gnu.h"
#include "sasl/oauth.h"
#include "sasl/own.h"

pneu_status pn_exchange_new(pn_exchange **exchange,
                            const pn_exchange_options *options,
                            pneu_error *error)
{
    *exchange = NULL;
    switch (options->mechanism->kind) {
    case PN_KIND_OAUTHBEARER:
    case PN_KIND_XOAUTH2:
        return pn_oauth_new(exchange, options, error);
    case PN_KIND_OWN:
        return pn_own_new(exchange, options, error);
    default:
        return pn_gnu_new(exchange, options, error);
    }
}

void pn_exchange_free(pn_exchange *exchange)
{
    if (exchange != NULL)
        exchange->table->free(exchange);
}

pneu_status pn_exchange_step(pn_exchange *exchange, pn_span challenge,
                             pneu_answer *answer, pneu_error *error)
{
    return exchange->table->step(exchange, challenge, answer, error);
}

bool pn_exchange_is_complete(const pn_exchange *exchange)
{
    return exchange->table->is_complete(exchange);
}

const char *pn_exchange_detail(const pn_exchange *exchange)
{
    return exchange->table->detail != NULL ? exchange->table->detail(exchange)
                                           : NULL;
}
