#include "cli/credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/secret.h"
#include "cli/exit.h"
#include "cli/first_line.h"
#include "cli/options.h"
#include "cli/password_command.h"
#include "cli/prompt.h"

enum {
    PASSWORD_SIZE = 16 * 1024 /* an OAuth token fits */
};

#define SOURCES "--password-env, --password-file or --password-command"

static int usage_problem(pn_problem *problem, const char *sentence)
{
    return pn_problem_set(problem, PN_EXIT_USAGE, PNEU_INVALID, "%s", sentence);
}

int pn_credentials_check(const pn_credentials *credentials, pn_problem *problem)
{
    int sources = (credentials->password_env != NULL) +
                  (credentials->password_file != NULL) +
                  (credentials->password_command != NULL);
    if (sources > 1)
        return usage_problem(problem, "give only one of " SOURCES);
    if (sources == 1 && credentials->user == NULL)
        return usage_problem(problem, "a password without a user: give --user");
    if (credentials->user == NULL)
        return PN_EXIT_OK;
    if (credentials->user[0] == '\0')
        return usage_problem(problem, "the value of --user is empty");
    if (sources == 0 && !pn_prompt_is_possible())
        return usage_problem(problem, "--user needs a password: give " SOURCES);
    return pn_options_check_line("--user", credentials->user, PN_EXIT_USAGE,
                                 problem);
}

static void warn_if_shared(int fd, const char *path, const char *command)
{
    struct stat about;
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode) ||
        (about.st_mode & (S_IRGRP | S_IROTH)) == 0)
        return;
    pn_problem warning = {0};
    pn_problem_set(&warning, PN_EXIT_OK, PNEU_OK,
                   "warning: others can read the password file %s", path);
    warning.hint = "chmod 600 keeps it to yourself";
    pn_problem_print(&warning, command);
}

static int read_file(const char *path, const char *command, char *line,
                     size_t *length, pn_problem *problem)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool got = fd >= 0 && pn_first_line_read(fd, line, PASSWORD_SIZE, length);
    int reason = errno;
    if (fd >= 0) {
        warn_if_shared(fd, path, command);
        close(fd);
    }
    if (got)
        return PN_EXIT_OK;
    return pn_problem_set(problem, PN_EXIT_NO_INPUT, PNEU_SOURCE,
                          "--password-file: cannot read %s: %s", path,
                          pn_first_line_reason(reason));
}

static int read_variable(const char *name, char *line, size_t *length,
                         pn_problem *problem)
{
    const char *value = getenv(name);
    *length = value != NULL ? strlen(value) : 0;
    if (value == NULL)
        return pn_problem_set(problem, PN_EXIT_USAGE, PNEU_INVALID,
                              "the environment variable %s of --password-env "
                              "is not set",
                              name);
    if (*length >= PASSWORD_SIZE)
        return usage_problem(problem,
                             "the password of --password-env is too long");
    memcpy(line, value, *length + 1);
    return PN_EXIT_OK;
}

static int ask(const char *user, char *line, size_t *length,
               pn_problem *problem)
{
    pn_problem question = {0};
    pn_problem_set(&question, PN_EXIT_OK, PNEU_OK,
                   "Password for %.200s: ", user);
    if (!pn_prompt_secret(question.error.message, line, PASSWORD_SIZE))
        return usage_problem(problem, "no password was given");
    *length = strlen(line);
    return PN_EXIT_OK;
}

static int fetch(const pn_credentials *credentials, const char *command,
                 char *line, size_t *length, pn_problem *problem)
{
    if (credentials->password_env != NULL)
        return read_variable(credentials->password_env, line, length, problem);
    if (credentials->password_file != NULL)
        return read_file(credentials->password_file, command, line, length,
                         problem);
    if (credentials->password_command != NULL)
        return pn_password_command_run(credentials->password_command, line,
                                       PASSWORD_SIZE, length, problem);
    return ask(credentials->user, line, length, problem);
}

/* Of what was named on the command line, the variable's value alone is part
 * of how the command was called. */
static int refuse_empty(const pn_credentials *credentials, pn_problem *problem)
{
    const char *file = credentials->password_file;
    if (file != NULL)
        return pn_problem_set(problem, PN_EXIT_NO_INPUT, PNEU_SOURCE,
                              "--password-file: the first line of %s is empty",
                              file);
    if (credentials->password_command != NULL)
        return pn_problem_set(problem, PN_EXIT_NO_INPUT, PNEU_SOURCE,
                              "--password-command: the first line that it "
                              "printed is empty");
    return usage_problem(problem, "the password is empty");
}

int pn_credentials_password(const pn_credentials *credentials,
                            const char *command, char **password,
                            pn_problem *problem)
{
    char line[PASSWORD_SIZE] = "";
    size_t length = 0;
    *password = NULL;
    if (credentials->user == NULL)
        return PN_EXIT_OK;
    int exit = fetch(credentials, command, line, &length, problem);
    if (exit == PN_EXIT_OK && length == 0)
        exit = refuse_empty(credentials, problem);
    if (exit == PN_EXIT_OK) {
        *password = pn_memory_copy_text(line, length);
        if (*password == NULL)
            exit = pn_problem_no_memory(problem);
    }
    pn_secret_wipe(line, sizeof(line));
    return exit;
}
