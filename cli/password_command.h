/* A password or a token from a program, such as a password manager. */
#ifndef PN_CLI_PASSWORD_COMMAND_H
#define PN_CLI_PASSWORD_COMMAND_H

#include <stddef.h>

#include "cli/problem.h"

/*
 * Runs command by /bin/sh, with nothing on its standard input, and keeps the
 * first line of its output. option ("--password") begins the name of the option
 * that gave the command. Returns an exit status. The caller wipes line.
 */
int pn_password_command_run(const char *command, const char *option, char *line,
                            size_t size, size_t *length, pn_problem *problem);

#endif
