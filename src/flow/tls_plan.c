#include "flow/tls_plan.h"

enum {
    PORT_SUBMISSION = 587,
    PORT_SUBMISSIONS = 465
};

/* The first row that matches counts. */
static pn_tls_plan plan_auto(const pn_tls_facts *facts)
{
    if (facts->is_unix && !facts->has_demand)
        return (pn_tls_plan){.starttls = PNEU_OPENING_TLS_NEVER};
    if (facts->port == PORT_SUBMISSIONS && !facts->is_unix) /* RFC 8314 3.3 */
        return (pn_tls_plan){.implicit = true, .verify = true};
    if (facts->has_demand)
        return (pn_tls_plan){.starttls = PNEU_OPENING_TLS_REQUIRED,
                             .verify = true};
    if (facts->is_loopback)
        return (pn_tls_plan){.starttls = PNEU_OPENING_TLS_FOR_AUTH,
                             .verify = true};
    if (facts->has_login || facts->port == PORT_SUBMISSION)
        return (pn_tls_plan){.starttls = PNEU_OPENING_TLS_REQUIRED,
                             .verify = true};
    return (pn_tls_plan){.starttls = PNEU_OPENING_TLS_IF_OFFERED,
                         .verify = true};
}

pn_tls_plan pn_tls_plan_make(const pn_tls_facts *facts)
{
    switch (facts->mode) {
    case PNEU_TLS_AUTO:
        return plan_auto(facts);
    case PNEU_TLS_NONE:
        return (pn_tls_plan){.starttls = PNEU_OPENING_TLS_NEVER};
    case PNEU_TLS_OPTIONAL:
        return (pn_tls_plan){.starttls = PNEU_OPENING_TLS_IF_OFFERED};
    case PNEU_TLS_STARTTLS:
        return (pn_tls_plan){.starttls = PNEU_OPENING_TLS_REQUIRED,
                             .verify = true};
    case PNEU_TLS_IMPLICIT:
        return (pn_tls_plan){.implicit = true, .verify = true};
    }
    return (pn_tls_plan){.starttls = PNEU_OPENING_TLS_REQUIRED, .verify = true};
}
