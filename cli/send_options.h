/* The options of `pneu send`. */
#ifndef PN_CLI_SEND_OPTIONS_H
#define PN_CLI_SEND_OPTIONS_H

#include <stdbool.h>

#include "cli/connection.h"
#include "cli/list.h"
#include "cli/parameters.h"

/* Zeroed at first. The strings are the command line's. */
typedef struct pn_send_options {
    pn_connection connection;
    pn_parameters parameters;
    const char *from;
    const char *to_file;
    const char *message;
    const char *subject;
    const char *text;
    const char *text_file;
    bool allow_long_lines;
    bool all_or_nothing;
    bool preflight;
    pn_list to;
    pn_list cc;
    pn_list bcc;
    pn_list headers;
    pn_list attachments;
} pn_send_options;

/* As pn_options_parse(). */
bool pn_send_options_parse(pn_send_options *options, int argc, char **argv,
                           int *status);

/* True if there is somebody who can be asked for what is missing. */
bool pn_send_options_can_ask(const pn_send_options *options);

/* True if no message is given, and there is somebody who can type one. */
bool pn_send_options_want_typing(const pn_send_options *options);

/* When all options are in: do they fit together, and is nothing missing but
 * what is to be typed? Returns an exit status. */
int pn_send_options_check(pn_send_options *options, pn_problem *problem);

void pn_send_options_finish(pn_send_options *options);

#endif
