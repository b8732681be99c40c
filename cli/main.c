/* The command `pneu`: finds the sub-command and hands over to it. */
#include <stdio.h>
#include <string.h>

#include <pneu/status.h>

#include "cli/descriptors.h"
#include "cli/exit.h"
#include "cli/info.h"
#include "cli/problem.h"
#include "cli/result.h"
#include "cli/send.h"
#include "cli/suggest.h"
#include "cli/verify.h"
#include "sink/sink.h"

typedef struct subcommand {
    const char *name;
    const char *full_name;
    const char *purpose;
    int (*run)(int argc, char **argv);
} subcommand;

static const subcommand SUBCOMMANDS[] = {
    {"send", "pneu send", "send one message, by SMTP or LMTP", pn_send_main},
    {"verify", "pneu verify", "ask a server whether it knows mailboxes",
     pn_verify_main},
    {"info", "pneu info", "show what a server says of itself", pn_info_main},
    {"sink", "pneu sink", "a server on this machine to try things out on",
     pn_sink_main},
};

enum {
    SUBCOMMAND_COUNT = sizeof(SUBCOMMANDS) / sizeof(SUBCOMMANDS[0])
};

static void show_help(FILE *out)
{
    fputs("Usage: pneu COMMAND [options]\n\n"
          "Send mail by SMTP and LMTP.\n\nCommands:\n",
          out);
    for (size_t i = 0; i < SUBCOMMAND_COUNT; i++)
        fprintf(out, "  %-12s  %s\n", SUBCOMMANDS[i].name,
                SUBCOMMANDS[i].purpose);
    fputs("  help COMMAND  its options and examples\n\n"
          "Options:\n"
          "  -h, --help    this page\n"
          "  --version     the version of pneu\n\n"
          "Examples:\n"
          "  pneu sink --port 2525 --print\n"
          "  pneu send --host localhost:2525 --from ann@example.com \\\n"
          "      --to bob@example.com --subject Hello --text 'Hello, Bob.'\n",
          out);
}

static int refuse_word(const char *word)
{
    static const char *const WORDS[] = {"send", "verify", "info",      "sink",
                                        "help", "--help", "--version", NULL};
    const char *kind = word[0] == '-' ? "option" : "command";
    const char *meant = pn_suggest(word, WORDS);
    pn_problem problem = {0};
    if (meant != NULL)
        pn_problem_set(&problem, PN_EXIT_USAGE, PNEU_INVALID,
                       "unknown %s %.100s; did you mean %s?", kind, word,
                       meant);
    else
        pn_problem_set(&problem, PN_EXIT_USAGE, PNEU_INVALID,
                       "unknown %s %.100s", kind, word);
    pn_problem_print(&problem, "pneu");
    return problem.exit;
}

/* The sub-command sees itself as "pneu send" in argv[0]. */
static int run_subcommand(const subcommand *found, int argc, char **argv)
{
    char name[32];
    snprintf(name, sizeof(name), "%s", found->full_name);
    argv[0] = name;
    return found->run(argc, argv);
}

static const subcommand *find(const char *word)
{
    for (size_t i = 0; i < SUBCOMMAND_COUNT; i++) {
        if (strcmp(word, SUBCOMMANDS[i].name) == 0)
            return &SUBCOMMANDS[i];
    }
    return NULL;
}

/* On standard output, as it was asked for. */
static int show_page(void)
{
    show_help(stdout);
    return pn_result_end("pneu", PN_EXIT_OK, pn_result_flush());
}

static int refuse_rest(const char *word)
{
    pn_problem problem = {0};
    pn_problem_set(&problem, PN_EXIT_USAGE, PNEU_INVALID,
                   "what is \"%.100s\" for? help takes one COMMAND", word);
    pn_problem_print(&problem, "pneu");
    return problem.exit;
}

static int help_for(int count, char **words)
{
    const char *word = words[0];
    if (count > 1)
        return refuse_rest(words[1]);
    if (strcmp(word, "help") == 0)
        return show_page();
    char command[] = "";
    char option[] = "--help";
    char *argv[] = {command, option, NULL};
    const subcommand *found = find(word);
    return found != NULL ? run_subcommand(found, 2, argv) : refuse_word(word);
}

int main(int argc, char **argv)
{
    if (pn_descriptors_fill() != 0)
        return PN_EXIT_MACHINE;
    if (argc < 2) {
        show_help(stderr);
        return PN_EXIT_USAGE;
    }
    const char *word = argv[1];
    const subcommand *found = find(word);
    if (found != NULL)
        return run_subcommand(found, argc - 1, argv + 1);
    if (strcmp(word, "help") == 0 && argc > 2)
        return help_for(argc - 2, argv + 2);
    if (strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 ||
        strcmp(word, "-h") == 0)
        return show_page();
    if (strcmp(word, "--version") == 0) {
        printf("pneu %s\n", pneu_version());
        return pn_result_end("pneu", PN_EXIT_OK, pn_result_flush());
    }
    return refuse_word(word);
}
