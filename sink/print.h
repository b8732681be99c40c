/* A message on standard output, whole and between two lines that say so. */
#ifndef PN_SINK_PRINT_H
#define PN_SINK_PRINT_H

#include "sink/outlet.h"

/*
 * Prints a file from its beginning; false if that failed. On a terminal what
 * could steer it is escaped.
 */
bool pn_sink_print(pn_sink_outlet *outlet, const char *id, int file);

#endif
