/* A message as one line of JSON (RFC 8259). */
#ifndef PN_SINK_JSON_H
#define PN_SINK_JSON_H

#include "sink/session.h"

/* The message of the session, which was accepted. */
void pn_sink_json_add(const pn_sink_session *session);

#endif
