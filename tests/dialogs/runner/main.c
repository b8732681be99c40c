/*
 * Runs every dialogue of a directory, and says how it went in TAP: at three
 * chunkings, or with --sweep once for each thing that can fail.
 * PNEU_SEED chooses the random chunking; PNEU_DIALOG=name runs one dialogue.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sweep.h"
#include "world.h"

typedef struct tally {
    size_t tests;
    size_t failures;
} tally;

static void report(tally *all, bool good, const script *of, const char *how,
                   const char *why)
{
    all->tests++;
    all->failures += !good;
    const char *name = strrchr(of->path.data, '/');
    printf("%sok %zu - %s (%s)\n", good ? "" : "not ", all->tests,
           name != NULL ? name + 1 : of->path.data, how);
    if (!good)
        printf("# %s\n# title: %s\n", why,
               of->title.length > 0 ? of->title.data : "none");
    fflush(stdout);
}

static pn_span cut_line(pn_span *rest)
{
    const char *end = memchr(rest->data, '\n', rest->length);
    pn_span line = {rest->data,
                    end != NULL ? (size_t)(end - rest->data) : rest->length};
    size_t taken = line.length + (end != NULL);
    rest->data += taken;
    rest->length -= taken;
    return line;
}

/* Where the events part ways; nothing if they do not. */
static void compare_events(pn_span first, pn_span now, text *complaint)
{
    while (first.length > 0 || now.length > 0) {
        pn_span wanted = cut_line(&first);
        pn_span found = cut_line(&now);
        if (pn_span_equal(wanted, found))
            continue;
        text_add(complaint, PN_SPAN("when whole, the event was: "));
        text_add(complaint, wanted);
        text_add(complaint, PN_SPAN("; now it is: "));
        text_add(complaint, found);
        return;
    }
}

/* The dialogue at one chunking; its events are to be those of the first. */
static void run_chunked(tally *all, const script *of, chunking how,
                        uint64_t seed, text *events)
{
    static const char *const HOW[] = {"whole", "one octet", "random"};
    world in;
    world_init(&in, of, how, seed);
    world_run(&in);
    text why = {0};
    text_add(&why, text_span(in.stopped ? &in.failure : &in.untruth));
    if (how == CHUNKING_WHOLE)
        text_add(events, text_span(&in.trace));
    else if (why.length == 0)
        compare_events(text_span(events), text_span(&in.trace), &why);
    bool good = why.length == 0;
    report(all, good, of, HOW[how], why.data);
    if (!good && getenv("PNEU_DIALOG") != NULL)
        printf("# log:\n%s# events:\n%s# written:\n%s", in.log.data,
               in.trace.data, in.written.data);
    text_free(&why);
    world_finish(&in);
}

static void run_chunkings(tally *all, const script *of, uint64_t seed)
{
    text events = {0};
    run_chunked(all, of, CHUNKING_WHOLE, seed, &events);
    run_chunked(all, of, CHUNKING_OCTET, seed, &events);
    run_chunked(all, of, CHUNKING_RANDOM, seed, &events);
    text_free(&events);
}

static void run_sweeps(tally *all, const script *of)
{
    static const struct {
        const char *how;
        size_t (*sweep)(const script *, text *);
    } SWEEPS[] = {
        {"each allocation fails", sweep_memory},
        {"cut after each octet read", sweep_input},
        {"cut after each octet written", sweep_output},
    };
    for (size_t i = 0; i < sizeof(SWEEPS) / sizeof(SWEEPS[0]); i++) {
        text complaint = {0};
        char how[80];
        size_t runs = SWEEPS[i].sweep(of, &complaint);
        snprintf(how, sizeof(how), "%s: %zu runs", SWEEPS[i].how, runs);
        report(all, complaint.length == 0, of, how, complaint.data);
        text_free(&complaint);
    }
}

static int is_dialogue(const struct dirent *entry)
{
    static const char END[] = ".smtp";
    size_t length = strlen(entry->d_name);
    size_t end = sizeof(END) - 1;
    const char *only = getenv("PNEU_DIALOG");
    return length > end && strcmp(entry->d_name + length - end, END) == 0 &&
           (only == NULL || strncmp(entry->d_name, only, strlen(only)) == 0);
}

static uint64_t choose_seed(void)
{
    const char *given = getenv("PNEU_SEED");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 10)
                                  : (uint64_t)time(NULL) * 2654435761U;
    printf("# PNEU_SEED=%llu\n", (unsigned long long)seed);
    return seed;
}

static void run_file(tally *all, const char *path, bool sweep, uint64_t seed)
{
    script of;
    text complaint = {0};
    if (!script_read(&of, path, &complaint))
        report(all, false, &of, "its form", complaint.data);
    else if (sweep)
        run_sweeps(all, &of);
    else
        run_chunkings(all, &of, seed);
    script_free(&of);
    text_free(&complaint);
}

int main(int argc, char **argv)
{
    bool sweep = argc == 3 && strcmp(argv[1], "--sweep") == 0;
    struct dirent **entries = NULL;
    tally all = {0};
    if (argc != 2 && !sweep) {
        fprintf(stderr, "usage: %s [--sweep] DIRECTORY\n", argv[0]);
        return EXIT_FAILURE;
    }
    const char *directory = argv[argc - 1];
    int count = scandir(directory, &entries, is_dialogue, alphasort);
    if (count <= 0) {
        printf("Bail out! no dialogue in %s\n", directory);
        return EXIT_FAILURE;
    }
    uint64_t seed = choose_seed();
    for (int i = 0; i < count; i++) {
        text path = {0};
        text_print(&path, "%s/%s", directory, entries[i]->d_name);
        run_file(&all, path.data, sweep, seed);
        text_free(&path);
        free(entries[i]);
    }
    free(entries);
    printf("1..%zu\n", all.tests);
    return all.failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
