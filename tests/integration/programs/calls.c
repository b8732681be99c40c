/*
 * Makes the calls of the blocking client that standard input tells, a line
 * each, words apart by tabs, and prints what each returned: name, status,
 * code, text, apart by tabs. Options are the arguments, as name=value. In a
 * word "\n" and "\r" stand for line ends.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"

enum {
    LINE_SIZE = 1 << 16
};

static volatile sig_atomic_t pipe_signals;

static void count_pipe_signal(int number)
{
    (void)number;
    pipe_signals++;
}

const char *word(const words *given, size_t i)
{
    return i < given->count && *given->at[i] ? given->at[i] : NULL;
}

void show(const char *name, const char *middle, int number, const char *text)
{
    char escaped[TEXT_SIZE];

    pneu_reply_escape(text, strlen(text), " / ", escaped, sizeof escaped);
    printf("%s\t%s\t%d\t%s\n", name, middle, number, escaped);
}

void report(const words *given, pneu_status status, const pneu_reply *reply)
{
    show(given->at[0], pneu_status_name(status), reply ? reply->code : 0,
         reply ? reply->text : "");
}

/* Whether the program's own handler of SIGPIPE is still there, and how often
 * it ran. */
static void signals(pneu_client *client, const words *given)
{
    struct sigaction now;

    (void)client;
    sigaction(SIGPIPE, NULL, &now);
    show(given->at[0],
         now.sa_handler == count_pipe_signal ? "untouched" : "changed",
         (int)pipe_signals, "");
}

static const call calls_here[] = {{"signals", signals}, {NULL, NULL}};

static call_function *find(const char *name)
{
    const call *const tables[] = {calls_line, calls_mail, calls_ask,
                                  calls_here};

    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (const call *row = tables[i]; row->name; row++)
            if (!strcmp(row->name, name))
                return row->run;
    fprintf(stderr, "%s: no such call\n", name);
    exit(2);
}

static void unescape(char *text)
{
    char *to = text;

    for (const char *from = text; *from; from++)
        if (from[0] == '\\' && (from[1] == 'n' || from[1] == 'r'))
            *to++ = *++from == 'n' ? '\n' : '\r';
        else
            *to++ = *from;
    *to = '\0';
}

static void split(char *line, words *out)
{
    char *tab;

    out->count = 0;
    line[strcspn(line, "\n")] = '\0';
    do {
        tab = strchr(line, '\t');
        if (tab)
            *tab = '\0';
        unescape(line);
        out->at[out->count++] = line;
        line = tab ? tab + 1 : NULL;
    } while (line && out->count < WORDS_MAX);
    for (size_t i = out->count; i <= WORDS_MAX; i++)
        out->at[i] = "";
}

int main(int argc, char **argv)
{
    static char line[LINE_SIZE];
    static words given;
    struct sigaction mine = {.sa_handler = count_pipe_signal};
    pneu_client *client;

    sigaction(SIGPIPE, &mine, NULL);
    client = client_from(argc, argv);
    if (!client)
        return 1;
    while (fgets(line, sizeof line, stdin)) {
        split(line, &given);
        find(given.at[0])(client, &given);
        fflush(stdout);
    }
    pneu_client_free(client);
    return 0;
}
