#include "cli/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int pn_descriptors_fill(void)
{
    /* opened the wrong way round, where it must be noticed that it is closed */
    static const int FLAGS[] = {[STDIN_FILENO] = O_WRONLY,
                                [STDOUT_FILENO] = O_RDONLY,
                                [STDERR_FILENO] = O_RDWR};
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) >= 0)
            continue;
        /* the lowest number that is free, which is fd */
        if (open("/dev/null", FLAGS[fd]) != fd)
            return errno;
    }
    return 0;
}
