/* What MAIL and RCPT are to be told beside the addresses: the options, and what
 * the library makes of them. */
#ifndef PN_CLI_PARAMETERS_H
#define PN_CLI_PARAMETERS_H

#include <pneu/parameters.h>

#include "cli/problem.h"
#include "cli/value.h"

/* Zeroed at first. The strings are the command line's. */
typedef struct pn_parameters {
    int ret;  /* a pneu_return */
    int body; /* a pneu_body_type */
    const char *envid;
    const char *notify;
    const char *orcpt;
    const char *submitter;
    pn_number by;
    int by_mode; /* a pneu_deliver_by */
    bool by_trace;
    pn_number hold_for;
    const char *hold_until;
    pn_number priority;
    bool require_tls;
    const char *mail_raw;
    const char *rcpt_raw;

    unsigned notify_set; /* from here on ours */
    char *orcpt_type;
    char *orcpt_address;
    char *submitter_address;
} pn_parameters;

/* Returns an exit status; _finish() is due in any case. */
int pn_parameters_check(pn_parameters *parameters, pn_problem *problem);

/* --orcpt is for one recipient. Returns an exit status. */
int pn_parameters_check_count(const pn_parameters *parameters, size_t count,
                              pn_problem *problem);

/* For the envelope; what they point to is the parameters'. */
pneu_mail_parameters pn_parameters_mail(const pn_parameters *parameters);
pneu_rcpt_parameters pn_parameters_rcpt(const pn_parameters *parameters);

void pn_parameters_finish(pn_parameters *parameters);

#endif
