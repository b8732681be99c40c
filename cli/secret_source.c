#include "cli/secret_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/exit.h"
#include "cli/first_line.h"
#include "cli/password_command.h"

bool pn_secret_is_given(const pn_secret_source *source)
{
    return source->variable != NULL || source->file != NULL ||
           source->command != NULL;
}

int pn_secret_check(const pn_secret_source *source, const pn_secret_name *name,
                    pn_problem *problem)
{
    int count = (source->variable != NULL) + (source->file != NULL) +
                (source->command != NULL);
    if (count <= 1)
        return PN_EXIT_OK;
    return pn_problem_set(problem, PN_EXIT_USAGE, PNEU_INVALID,
                          "give only one of %s-env, %s-file or %s-command",
                          name->option, name->option, name->option);
}

static void warn_if_shared(int fd, const char *path, const pn_secret_name *name,
                           const char *command)
{
    struct stat about;
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode) ||
        (about.st_mode & (S_IRGRP | S_IROTH)) == 0)
        return;
    pn_problem warning = {0};
    pn_problem_set(&warning, PN_EXIT_OK, PNEU_OK,
                   "warning: others can read the %s file %s", name->word, path);
    warning.hint = "chmod 600 keeps it to yourself";
    pn_problem_print(&warning, command);
}

static int read_file(const char *path, const pn_secret_name *name,
                     const char *command, char *line, size_t *length,
                     pn_problem *problem)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool got = fd >= 0 && pn_first_line_read(fd, line, PN_SECRET_SIZE, length);
    int reason = errno;
    if (fd >= 0) {
        warn_if_shared(fd, path, name, command);
        close(fd);
    }
    if (got)
        return PN_EXIT_OK;
    return pn_problem_set(problem, PN_EXIT_NO_INPUT, PNEU_SOURCE,
                          "%s-file: cannot read %s: %s", name->option, path,
                          pn_first_line_reason(reason));
}

static int read_variable(const char *variable, const pn_secret_name *name,
                         char *line, size_t *length, pn_problem *problem)
{
    const char *value = getenv(variable);
    *length = value != NULL ? strlen(value) : 0;
    if (value == NULL)
        return pn_problem_set(problem, PN_EXIT_USAGE, PNEU_INVALID,
                              "the environment variable %s of %s-env is not "
                              "set",
                              variable, name->option);
    if (*length >= PN_SECRET_SIZE)
        return pn_problem_set(problem, PN_EXIT_USAGE, PNEU_INVALID,
                              "the %s of %s-env is too long", name->word,
                              name->option);
    memcpy(line, value, *length + 1);
    return PN_EXIT_OK;
}

/* Of what was named on the command line, the variable's value alone is part
 * of how the command was called. */
static int refuse_empty(const pn_secret_source *source,
                        const pn_secret_name *name, pn_problem *problem)
{
    if (source->file != NULL)
        return pn_problem_set(problem, PN_EXIT_NO_INPUT, PNEU_SOURCE,
                              "%s-file: the first line of %s is empty",
                              name->option, source->file);
    if (source->command != NULL)
        return pn_problem_set(problem, PN_EXIT_NO_INPUT, PNEU_SOURCE,
                              "%s-command: the first line that it printed is "
                              "empty",
                              name->option);
    return pn_problem_set(problem, PN_EXIT_USAGE, PNEU_INVALID,
                          "the %s is empty", name->word);
}

int pn_secret_fetch(const pn_secret_source *source, const pn_secret_name *name,
                    const char *command, char *line, size_t *length,
                    pn_problem *problem)
{
    int exit = PN_EXIT_OK;
    line[0] = '\0';
    *length = 0;
    if (source->variable != NULL)
        exit = read_variable(source->variable, name, line, length, problem);
    else if (source->file != NULL)
        exit = read_file(source->file, name, command, line, length, problem);
    else
        exit = pn_password_command_run(source->command, name->option, line,
                                       PN_SECRET_SIZE, length, problem);
    if (exit == PN_EXIT_OK && *length == 0)
        exit = refuse_empty(source, name, problem);
    return exit;
}
