/* What follows MAIL and RCPT: "FROM:<path> parameters" (RFC 5321 4.1.2). */
#ifndef PN_SINK_PATH_ARGUMENT_H
#define PN_SINK_PATH_ARGUMENT_H

#include "base/span.h"

typedef struct pn_sink_path {
    pn_span address;    /* without <> and source route */
    pn_span parameters; /* what follows, without the blank */
} pn_sink_path;

/* Reads "FROM:" or "TO:", <, a path, >; false if it is not that. The address
 * itself is not checked. */
bool pn_sink_path_parse(pn_span argument, pn_span keyword, pn_sink_path *path);

#endif
