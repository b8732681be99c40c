/* Small files that others wait for: they appear whole or not at all. */
#ifndef PN_SINK_FILE_H
#define PN_SINK_FILE_H

#include "base/span.h"
#include "pneu/status.h"

/* Writes text beside path and renames it there. Errors: SYSTEM. */
pneu_status pn_sink_file_write(const char *path, pn_span text,
                               pneu_error *error);

#endif
