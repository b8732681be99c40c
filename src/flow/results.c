/* What the outcomes of a delivery say together, to the one who runs it. */
#include "pneu/delivery.h"

size_t pneu_delivery_tally(const pneu_delivery *delivery,
                           pneu_outcome_kind kind)
{
    size_t tally = 0;
    for (size_t i = 0; i < pneu_delivery_count(delivery); i++)
        tally += pneu_delivery_outcome(delivery, i)->kind == kind;
    return tally;
}

bool pneu_delivery_may_resend(const pneu_delivery *delivery, size_t i)
{
    const pneu_outcome *outcome = pneu_delivery_outcome(delivery, i);
    return outcome != NULL && (outcome->kind == PNEU_OUTCOME_REFUSED_FOR_NOW ||
                               outcome->kind == PNEU_OUTCOME_NOT_TRIED);
}

size_t pneu_delivery_resend_list(const pneu_delivery *delivery,
                                 const char **recipients, size_t max)
{
    size_t found = 0;
    for (size_t i = 0; i < pneu_delivery_count(delivery); i++) {
        if (!pneu_delivery_may_resend(delivery, i))
            continue;
        if (found < max)
            recipients[found] = pneu_delivery_outcome(delivery, i)->recipient;
        found++;
    }
    return found;
}

int pneu_delivery_exit_status(const pneu_delivery *delivery)
{
    enum {
        ALL_WELL = 0,
        UNAVAILABLE = 69,
        TRY_LATER = 75,
        DOUBT = 79
    };
    size_t all = pneu_delivery_count(delivery);
    size_t accepted = pneu_delivery_tally(delivery, PNEU_OUTCOME_ACCEPTED);
    size_t good = pneu_delivery_tally(delivery, PNEU_OUTCOME_REFUSED_FOR_GOOD);
    if (accepted == all)
        return ALL_WELL;
    if (pneu_delivery_tally(delivery, PNEU_OUTCOME_IN_DOUBT) > 0)
        return DOUBT;
    /* Somebody has it: a mail program that tried it all again would send it
     * to them twice. */
    return accepted > 0 || good == all ? UNAVAILABLE : TRY_LATER;
}
