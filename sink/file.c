#include "sink/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fail.h"

static bool write_whole(const char *path, pn_span text)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0)
        return false;
    ssize_t written = write(file, text.data, text.length);
    if (written >= 0 && (size_t)written != text.length)
        errno = ENOSPC;
    bool whole = written == (ssize_t)text.length;
    return close(file) == 0 && whole;
}

pneu_status pn_sink_file_write(const char *path, pn_span text,
                               pneu_error *error)
{
    char beside[PATH_MAX];
    int length =
        snprintf(beside, sizeof(beside), "%s.%ld.tmp", path, (long)getpid());
    if (length < 0 || (size_t)length >= sizeof(beside))
        return pn_fail(error, PNEU_SYSTEM, "the path %.100s… is too long",
                       path);
    if (write_whole(beside, text) && rename(beside, path) == 0)
        return PNEU_OK;
    int reason = errno;
    unlink(beside);
    return pn_fail_system(error, PNEU_SYSTEM, reason, "cannot write %s", path);
}
