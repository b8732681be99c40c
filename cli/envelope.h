/* Who a message is from and for, out of the options of `pneu send`. */
#ifndef PN_CLI_ENVELOPE_H
#define PN_CLI_ENVELOPE_H

#include <stdbool.h>

#include "cli/address.h"
#include "cli/list.h"
#include "cli/problem_list.h"
#include "cli/send_options.h"

/* Zeroed at first. */
typedef struct pn_envelope {
    pn_address from;
    pn_addresses to;
    pn_addresses cc;
    pn_addresses others; /* of --bcc and --to-file: in no header */
    pn_list recipients;  /* bare, of all the above, in this order */
    bool goes_on;        /* keep bad addresses out, and why in problems */
    pn_problem_list problems;
} pn_envelope;

/* Returns an exit status; _finish() is due in any case. */
int pn_envelope_fill(pn_envelope *envelope, const pn_send_options *options,
                     pn_problem *problem);
void pn_envelope_finish(pn_envelope *envelope);

#endif
