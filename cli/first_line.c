#include "cli/first_line.h"

#include <errno.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static bool cut_line(char *line, size_t length, size_t *line_length)
{
    while (length > 0 && line[length - 1] == '\r')
        length--;
    line[length] = '\0';
    *line_length = length;
    if (strlen(line) == length)
        return true;
    errno = EILSEQ;
    return false;
}

bool pn_first_line_read(int fd, char *line, size_t size, size_t *length)
{
    size_t used = 0;
    *length = 0;
    while (used < size - 1) {
        ssize_t got = read(fd, line + used, size - 1 - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return false;
        const char *end = memchr(line + used, '\n', (size_t)got);
        used += (size_t)got;
        if (got == 0)
            return cut_line(line, used, length);
        if (end != NULL)
            return cut_line(line, (size_t)(end - line), length);
    }
    errno = EMSGSIZE;
    return false;
}

const char *pn_first_line_reason(int number)
{
    if (number == EILSEQ)
        return "its first line holds a NUL";
    if (number == EMSGSIZE)
        return "its first line is too long for a password";
    return strerror(number);
}
