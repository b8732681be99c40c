#include "cli/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/exit.h"

enum {
    CHUNK = 64 * 1024
};

typedef struct source {
    const char *option;
    const char *path;
    int fd;
} source;

static int refuse(const source *from, const char *reason, pn_problem *problem)
{
    return pn_problem_set(
        problem, PN_EXIT_NO_INPUT, PNEU_SOURCE, "%s: cannot read %s: %s",
        from->option,
        strcmp(from->path, "-") == 0 ? "standard input" : from->path, reason);
}

static int read_all(const source *from, pn_buffer *out, pn_problem *problem)
{
    for (;;) {
        pneu_status status = PNEU_OK;
        char *room = pn_buffer_reserve(out, CHUNK, &status);
        if (room == NULL)
            return status == PNEU_TOO_LARGE
                       ? refuse(from, strerror(EFBIG), problem)
                       : pn_problem_no_memory(problem);
        ssize_t got = read(from->fd, room, CHUNK);
        if (got == 0)
            return PN_EXIT_OK;
        if (got > 0)
            pn_buffer_added(out, (size_t)got);
        else if (errno != EINTR)
            return refuse(from, strerror(errno), problem);
    }
}

static int read_open(const source *from, pn_buffer *out, pn_problem *problem)
{
    struct stat about;
    if (fstat(from->fd, &about) != 0)
        return refuse(from, strerror(errno), problem);
    if (S_ISDIR(about.st_mode))
        return refuse(from, strerror(EISDIR), problem);
    pn_buffer_init(out, SIZE_MAX / 4);
    int exit = read_all(from, out, problem);
    if (exit != PN_EXIT_OK)
        pn_buffer_finish(out);
    return exit;
}

int pn_input_read(const char *option, const char *path, pn_buffer *out,
                  pn_problem *problem)
{
    source from = {option, path, STDIN_FILENO};
    if (strcmp(path, "-") == 0)
        return read_open(&from, out, problem);
    from.fd = open(path, O_RDONLY | O_CLOEXEC);
    if (from.fd < 0)
        return refuse(&from, strerror(errno), problem);
    int exit = read_open(&from, out, problem);
    close(from.fd);
    return exit;
}
