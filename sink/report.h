/* What is told about each message: a line in the log, and with --json one on
 * standard output. */
#ifndef PN_SINK_REPORT_H
#define PN_SINK_REPORT_H

#include "sink/session.h"

void pn_sink_report_accepted(pn_sink_session *session);

/* The content was refused. */
void pn_sink_report_refused(pn_sink_session *session);

/* Hands on what was told since the last flush: always before the replies
 * that the clients get. */
void pn_sink_report_flush(pn_sink_shared *shared);

#endif
