/* Whether the options go together, and what some of them imply. */
#ifndef PN_SINK_OPTIONS_CHECK_H
#define PN_SINK_OPTIONS_CHECK_H

#include "sink/options.h"

/* Errors: INVALID, with a sentence that names the options. */
pneu_status pn_sink_options_check(pn_sink_options *options, pneu_error *error);

#endif
