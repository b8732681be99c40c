#include "cli/signals.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/exit.h"

static const struct {
    int number;
    const char *name;
} ENDING[] = {{SIGINT, "SIGINT"}, {SIGTERM, "SIGTERM"}, {SIGHUP, "SIGHUP"}};

enum {
    ENDING_COUNT = sizeof(ENDING) / sizeof(ENDING[0])
};

static const char *volatile command_name = "pneu";
static volatile sig_atomic_t caught;
static volatile sig_atomic_t is_delivering;
static volatile sig_atomic_t is_on_terminal;
static volatile sig_atomic_t terminal = -1;
static const struct termios *volatile terminal_settings;
static pneu_client *volatile live_client;

static void say(const char *text)
{
    /* nothing can be done about a failure here */
    if (write(STDERR_FILENO, text, strlen(text)) < 0)
        return;
}

/* The end of the process closes the connection, without QUIT. */
static void end(int number)
{
    if (terminal >= 0)
        tcsetattr(terminal, TCSAFLUSH, terminal_settings);
    say(command_name);
    if (is_delivering)
        say(": interrupted while the message was on its way: it may have "
            "been delivered\n");
    else
        say(": interrupted\n");
    _exit(128 + number);
}

static void handle(int number)
{
    int saved = errno;
    pneu_client *client = live_client;
    if (is_on_terminal) /* it shows ^C */
        say("\n");
    if (client == NULL || caught != 0)
        end(number);
    caught = number;
    pneu_client_cancel(client);
    errno = saved;
}

void pn_signals_install(const char *command)
{
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
    command_name = command;
    is_on_terminal = isatty(STDERR_FILENO);
    sigfillset(&action.sa_mask);
    for (size_t i = 0; i < ENDING_COUNT; i++) {
        struct sigaction old;
        int number = ENDING[i].number;
        /* what nohup ignores stays ignored */
        if (sigaction(number, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction(number, &action, NULL);
    }
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, NULL);
}

void pn_signals_set_client(pneu_client *client)
{
    live_client = client;
}

void pn_signals_note(pn_problem *problem)
{
    int number = caught;
    const char *name = "a signal";
    pneu_error *error = &problem->error;
    if (number == 0)
        return;
    for (size_t i = 0; i < ENDING_COUNT; i++)
        name = ENDING[i].number == number ? ENDING[i].name : name;
    problem->exit = 128 + number;
    if (error->status == PNEU_OK)
        snprintf(error->message, sizeof(error->message),
                 "interrupted by %s, when everything was done", name);
    else if (error->status == PNEU_CANCELLED)
        snprintf(error->message, sizeof(error->message), "interrupted by %s",
                 name);
}

void pn_signals_set_delivering(bool delivering)
{
    is_delivering = delivering;
}

void pn_signals_restore(int fd, const struct termios *settings)
{
    terminal = -1;
    terminal_settings = settings;
    if (settings != NULL)
        terminal = fd;
}
