/* What a server says about its limits in EHLO: the parameters of LIMITS (RFC
 * 9422 3). */
#ifndef PN_WIRE_LIMITS_OFFER_H
#define PN_WIRE_LIMITS_OFFER_H

#include "base/span.h"

/* 0: none */
typedef struct pn_limits {
    uint64_t mail_max;
    uint64_t rcpt_max;
    uint64_t rcpt_domain_max;
} pn_limits;

/*
 * A value that makes no sense is as good as none: 0, a sign, more than six
 * digits, a word. Of a limit that is stated twice the smaller one counts.
 * parameters may be NULL.
 */
pn_limits pn_limits_parse(const char *parameters);

#endif
