#include "cli/password_command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/secret.h"
#include "cli/exit.h"
#include "cli/first_line.h"

extern char **environ;

static int refuse(const char *option, const char *what, int reason,
                  pn_problem *problem)
{
    return pn_problem_set(problem, PN_EXIT_MACHINE, PNEU_SYSTEM,
                          "%s-command: cannot %s it: %s", option, what,
                          pn_first_line_reason(reason));
}

static int spawn(const char *command, int output, pid_t *child)
{
    char shell[] = "sh";
    char option[] = "-c";
    char *line = pn_memory_copy_text(command, strlen(command));
    char *arguments[] = {shell, option, line, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t to_default;
    if (line == NULL)
        return ENOMEM;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null",
                                     O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
    posix_spawnattr_init(&attributes);
    /* we ignore SIGPIPE, and that would be inherited */
    sigemptyset(&to_default);
    sigaddset(&to_default, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &to_default);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    int failed =
        posix_spawn(child, "/bin/sh", &files, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    pn_memory_free(line);
    return failed;
}

/* Further output is read and forgotten, or the program might be stopped by a
 * closed pipe and seem to have failed. */
static void drain(int fd)
{
    char rest[512];
    ssize_t got;
    do
        got = read(fd, rest, sizeof(rest));
    while (got > 0 || (got < 0 && errno == EINTR));
    pn_secret_wipe(rest, sizeof(rest));
}

static int check_end(const char *option, pid_t child, pn_problem *problem)
{
    int status = 0;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            return refuse(option, "wait for", errno, problem);
    }
    if (WIFSIGNALED(status))
        return pn_problem_set(problem, PN_EXIT_NO_INPUT, PNEU_SOURCE,
                              "%s-command: it was ended by signal %d", option,
                              WTERMSIG(status));
    if (WEXITSTATUS(status) != 0)
        return pn_problem_set(problem, PN_EXIT_NO_INPUT, PNEU_SOURCE,
                              "%s-command: it failed with exit status %d",
                              option, WEXITSTATUS(status));
    return PN_EXIT_OK;
}

static int open_pipe(int ends[2])
{
    if (pipe(ends) != 0)
        return errno;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    return 0;
}

int pn_password_command_run(const char *command, const char *option, char *line,
                            size_t size, size_t *length, pn_problem *problem)
{
    int ends[2];
    pid_t child = 0;
    int failed = open_pipe(ends);
    if (failed != 0)
        return refuse(option, "run", failed, problem);
    failed = spawn(command, ends[1], &child);
    close(ends[1]);
    if (failed != 0) {
        close(ends[0]);
        return refuse(option, "run", failed, problem);
    }
    bool got = pn_first_line_read(ends[0], line, size, length);
    int reason = errno;
    drain(ends[0]);
    close(ends[0]);
    int exit = check_end(option, child, problem);
    if (exit != PN_EXIT_OK)
        return exit;
    return got ? PN_EXIT_OK : refuse(option, "read", reason, problem);
}
