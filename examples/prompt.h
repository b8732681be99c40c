/* Asking a person, for the examples that do. */
#ifndef EXAMPLES_PROMPT_H
#define EXAMPLES_PROMPT_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* One line from standard input, without its end; false at the end of it. */
static inline bool prompt(const char *question, char *answer, size_t size)
{
    fputs(question, stdout);
    fflush(stdout);
    if (fgets(answer, (int)size, stdin) == NULL)
        return false;
    answer[strcspn(answer, "\r\n")] = '\0';
    return true;
}

/* The same; what is typed is not shown. */
static inline bool prompt_secretly(const char *question, char *answer,
                                   size_t size)
{
    struct termios shown;
    bool is_terminal = tcgetattr(STDIN_FILENO, &shown) == 0;
    if (is_terminal) {
        struct termios hidden = shown;
        hidden.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    }
    bool done = prompt(question, answer, size);
    if (is_terminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
        putchar('\n');
    }
    return done;
}

#endif
