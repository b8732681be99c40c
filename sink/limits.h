/* The limits that --limit sets: those of LIMITS (RFC 9422), and those that
 * DELIVERBY and FUTURERELEASE state. */
#ifndef PN_SINK_LIMITS_H
#define PN_SINK_LIMITS_H

#include "base/span.h"
#include "pneu/status.h"

typedef struct pn_sink_limits {
    uint64_t rcpt_max;        /* RCPTs of a transaction; 0: none, as the next */
    uint64_t mail_max;        /* MAILs of a session */
    uint64_t rcpt_domain_max; /* domains of recipients in a session */
    uint64_t deliver_by_min;  /* seconds; 0 states no minimum */
    uint64_t hold_max;        /* seconds that a message may be held */
} pn_sink_limits;

enum {
    PN_SINK_DOMAINS_MAX = 10000, /* of rcpt_domain_max */
    PN_SINK_HOLD_DEFAULT = 7 * 24 * 60 * 60
};

/* Sets one by "RCPTMAX=2". Errors: INVALID. */
pneu_status pn_sink_limits_set(pn_sink_limits *limits, const char *text,
                               pneu_error *error);

/* True if there is one for LIMITS to state. */
bool pn_sink_limits_any(const pn_sink_limits *limits);

/* What follows a keyword of the EHLO reply, each with a blank before it: cut
 * if size is less than PN_SINK_LIMITS_TEXT_SIZE. */
enum {
    PN_SINK_LIMITS_TEXT_SIZE = 128
};
void pn_sink_limits_describe(const pn_sink_limits *limits, char *text,
                             size_t size);

#endif
