#include "cli/result.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/exit.h"

void pn_result_problem(pn_json *json, const char *name,
                       const pn_problem *problem)
{
    const pneu_error *error = &problem->error;
    if (error->status == PNEU_OK) {
        pn_json_null(json, name);
        return;
    }
    pn_json_open(json, name, '{');
    pn_json_text(json, "status", pneu_status_name(error->status));
    pn_json_text(json, "command",
                 error->command != PNEU_COMMAND_NONE
                     ? pneu_command_name(error->command)
                     : NULL);
    pn_json_codes(json, error->reply_code, error->enhanced);
    pn_json_text(json, "message", error->message);
    pn_json_text(json, "hint", problem->hint);
    pn_json_close(json, '}');
}

void pn_result_error(pn_json *json, const pn_problem *problem)
{
    pn_result_problem(json, "error", problem);
}

int pn_result_flush(void)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    return errno != 0 ? errno : EIO;
}

int pn_result_end(const char *command, int exit, int reason)
{
    pn_problem problem = {0};
    if (reason == 0 || reason == EPIPE)
        return exit;
    pn_problem_set(&problem, PN_EXIT_OUTPUT, PNEU_SYSTEM,
                   "the result could not be written to standard output: %s",
                   strerror(reason));
    pn_problem_print(&problem, command);
    return exit == PN_EXIT_OK ? PN_EXIT_OUTPUT : exit;
}
