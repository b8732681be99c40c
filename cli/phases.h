/* --phase-timeout: how long each phase may take. */
#ifndef PN_CLI_PHASES_H
#define PN_CLI_PHASES_H

#include <pneu/session.h>

#include "cli/list.h"
#include "cli/problem.h"

/* Fills timeouts from "NAME=SECONDS" each. Returns an exit status. */
int pn_phases_parse(pneu_timeouts *timeouts, const pn_list *values,
                    pn_problem *problem);

#endif
