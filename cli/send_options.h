/* The options of `pneu send`, taken and checked. */
#ifndef PN_CLI_SEND_OPTIONS_H
#define PN_CLI_SEND_OPTIONS_H

#include <stdbool.h>

#include "cli/connection.h"
#include "cli/list.h"

/* Zeroed at first. The strings are the command line's. */
typedef struct pn_send_options {
    pn_connection connection;
    const char *from;
    const char *to_file;
    const char *message;
    const char *subject;
    const char *text;
    const char *text_file;
    const char *mail_parameters;
    const char *rcpt_parameters;
    bool allow_long_lines;
    pn_list to;
    pn_list cc;
    pn_list bcc;
    pn_list headers;
    pn_list attachments;
} pn_send_options;

/* As pn_options_parse(). */
bool pn_send_options_parse(pn_send_options *options, int argc, char **argv,
                           int *status);

/* When all are in: is all there, and does it fit together? Returns an exit
 * status. */
int pn_send_options_check(pn_send_options *options, pn_problem *problem);

void pn_send_options_finish(pn_send_options *options);

#endif
