/* Files read whole into memory. */
#ifndef PN_CLI_INPUT_H
#define PN_CLI_INPUT_H

#include "base/buffer.h"
#include "cli/problem.h"

/*
 * Fills a buffer, which is initialised here, with what path holds ("-" is
 * standard input). option names the option in messages. Returns an exit
 * status; on failure there is nothing to finish.
 */
int pn_input_read(const char *option, const char *path, pn_buffer *out,
                  pn_problem *problem);

#endif
