/*
 * Signals: an interrupted command ends its talk with the server, says what is
 * known about the message, and leaves the terminal as it was. A closed
 * standard output is an error of write(), not the end of the program.
 */
#ifndef PN_CLI_SIGNALS_H
#define PN_CLI_SIGNALS_H

#include <stdbool.h>
#include <termios.h>

#include <pneu/client.h>

#include "cli/problem.h"

/*
 * For SIGINT, SIGTERM and SIGHUP: the first one cancels the client, if there
 * is one; any other ends the program at once, with 128 and the signal's
 * number. command ("pneu send") is named in what is said then. SIGPIPE is
 * ignored from now on.
 */
void pn_signals_install(const char *command);

/* The client to cancel; NULL before it is freed. */
void pn_signals_set_client(pneu_client *client);

/* If a signal came, makes the problem say so, with the exit status that goes
 * with it. What the client's failure tells about the message is kept. */
void pn_signals_note(pn_problem *problem);

/* From now on a command that is ended at once must say that a message may
 * have been delivered. */
void pn_signals_set_delivering(bool delivering);

/* What to restore on the terminal behind fd when interrupted; NULL: nothing
 * any more. settings must outlive that. */
void pn_signals_restore(int fd, const struct termios *settings);

#endif
