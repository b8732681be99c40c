#include "cli/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli/first_line.h"
#include "cli/signals.h"

bool pn_prompt_is_possible(void)
{
    return isatty(STDERR_FILENO) == 1;
}

static void write_text(int fd, const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        ssize_t wrote = write(fd, text, left);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return;
        text += wrote;
        left -= (size_t)wrote;
    }
}

static bool ask(int fd, const char *question, char *line, size_t size)
{
    struct termios before;
    size_t length = 0;
    if (tcgetattr(fd, &before) != 0)
        return false;
    struct termios silent = before;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
    silent.c_lflag |= ICANON;
    pn_signals_restore(fd, &before);
    tcsetattr(fd, TCSAFLUSH, &silent);
    write_text(fd, question);
    bool got = pn_first_line_read(fd, line, size, &length) && length > 0;
    tcsetattr(fd, TCSAFLUSH, &before);
    pn_signals_restore(fd, NULL);
    write_text(fd, "\n");
    return got;
}

bool pn_prompt_secret(const char *question, char *line, size_t size)
{
    /* standard input may be the message */
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool got = ask(fd, question, line, size);
    close(fd);
    return got;
}

bool pn_prompt_line(const char *question, char *line, size_t size)
{
    size_t length = 0;
    write_text(STDERR_FILENO, question);
    if (pn_first_line_read(STDIN_FILENO, line, size, &length) && length > 0)
        return true;
    write_text(STDERR_FILENO, "\n");
    return false;
}
