/* The domains that the recipients of a session had (RFC 9422: RCPTDOMAINMAX),
 * no more than the limit allows. */
#ifndef PN_SINK_DOMAINS_H
#define PN_SINK_DOMAINS_H

#include "base/buffer.h"

typedef struct pn_sink_domains {
    uint64_t max;   /* 0: none are kept */
    uint64_t count; /* so far */
    pn_buffer text; /* each with a NUL behind it */
} pn_sink_domains;

void pn_sink_domains_init(pn_sink_domains *domains, uint64_t max);
void pn_sink_domains_finish(pn_sink_domains *domains);

/* Takes in the domain of an address; false if it would be one too many, or
 * there is no memory for it. An address without a domain counts for none. */
bool pn_sink_domains_add(pn_sink_domains *domains, pn_span address);

#endif
