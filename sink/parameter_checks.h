/* Whether the value of a parameter is what its RFC says. */
#ifndef PN_SINK_PARAMETER_CHECKS_H
#define PN_SINK_PARAMETER_CHECKS_H

#include "sink/parameters.h"

/* False for a value that is not valid; notes what the sink acts on. */
typedef bool pn_sink_value_check(pn_span value,
                                 const pn_sink_parameter_rules *rules,
                                 pn_sink_parameters *parameters);

pn_sink_value_check pn_sink_check_size;
pn_sink_value_check pn_sink_check_body;
pn_sink_value_check pn_sink_check_smtputf8;
pn_sink_value_check pn_sink_check_auth;
pn_sink_value_check pn_sink_check_ret;
pn_sink_value_check pn_sink_check_envid;
pn_sink_value_check pn_sink_check_notify;
pn_sink_value_check pn_sink_check_orcpt;
pn_sink_value_check pn_sink_check_by;
pn_sink_value_check pn_sink_check_holdfor;
pn_sink_value_check pn_sink_check_holduntil;
pn_sink_value_check pn_sink_check_priority;
pn_sink_value_check pn_sink_check_nothing;

#endif
