/* One run of one dialogue: the session, the program that uses it, the driver
 * and the server, all played from the script. */
#ifndef RUNNER_WORLD_H
#define RUNNER_WORLD_H

#include "pneu/delivery.h"
#include "pneu/opening.h"
#include "script.h"
#include "text.h"

/* How the octets of both directions are cut. */
typedef enum chunking {
    CHUNKING_WHOLE,
    CHUNKING_OCTET,
    CHUNKING_RANDOM
} chunking;

/* A message that the program gives to a bare session. */
typedef struct given_body {
    pn_span octets;
    size_t given;
    bool last; /* it is the end of its message */
    bool done;
} given_body;

typedef struct letter_words letter_words;

/* One delivery, from "> deliver" to the outcomes. */
typedef struct letter {
    pneu_delivery *delivery;
    text *recipients;
    const char **recipient_list;
    size_t recipient_count;
    text words[3];      /* sender, MAIL's and RCPT's parameters */
    letter_words *more; /* what else it states */
    bool is_started;
    bool is_told;
    bool is_renewable; /* it waits for another connection */
    pneu_renewal renewal_told;
    size_t *accepted_at; /* recipient: octets read when it was accepted */
} letter;

enum {
    LETTERS_MAX = 8,
    BODIES_MAX = 16,
    TAG_PROGRAM = 1000, /* + n: the n-th call */
    TAG_LETTER = 100    /* + n: the n-th delivery */
};

typedef struct world {
    const script *script;
    chunking chunking;
    uint64_t random;

    pneu_session *session;
    pneu_opening *opening;
    bool opening_told;
    letter letters[LETTERS_MAX];
    size_t letter_count;
    given_body bodies[BODIES_MAX];
    size_t body_count;
    size_t calls;  /* issued on the bare session */
    size_t events; /* that answered them */

    text log; /* what happened, a line each; "=" lines read it */
    size_t log_read;
    text trace;   /* all events, to compare the chunkings */
    text written; /* all that was written */
    text secret;  /* for each octet of it 's' if it was flagged so, or '.' */
    size_t written_read;
    size_t body_end; /* where the first message ended in it; 0: nowhere */
    bool body_over;

    int64_t now_ms;
    size_t window; /* octets that can still be written */
    bool deaf;     /* nothing more can be written */
    bool deaf_told;
    size_t read; /* octets of the server so far */
    size_t read_limit;
    size_t write_limit;
    bool no_memory; /* some call said so */

    bool at_end;  /* nothing more is played but the end */
    bool stopped; /* the script is left: only the end is still played */
    text failure; /* why */
    text untruth; /* what must never be, see check_truth() */
} world;

/* Plays the script up to its end or to the first thing that differs, and
 * then the end of the stream. world->failure tells what differed,
 * world->untruth what must never be. */
void world_run(world *in);
void world_init(world *in, const script *of, chunking how, uint64_t seed);
void world_finish(world *in);

/* Leaves the script; the first reason stays. */
__attribute__((format(printf, 3, 4))) void world_stop(world *in, const step *at,
                                                      const char *format, ...);

/* Adds a line to the log. */
__attribute__((format(printf, 2, 3))) void world_log(world *in,
                                                     const char *format, ...);

/* Notes a status that a call gave back. */
pneu_status world_note(world *in, pneu_status status);

/* The driver (drive.c): takes events and does what the session wants, until
 * it wants the server. */
void drive(world *in);
/* Octets from the server, in chunks; events are taken, nothing is written. */
void drive_input(world *in, pn_span octets);
void drive_end(world *in, pneu_end why);
void drive_clock(world *in, int64_t ms);

/* Takes all events (events.c). */
void events_take(world *in);
/* Tells the log of an opening or a delivery that is done. */
void events_tell(world *in);

/* Deliveries that can go on only over another connection: told, or given up
 * if none will come (call_deliver.c). */
void letters_renew(world *in);
void letter_free(letter *of);

/* A ">" line (call.c) and a "=" line (expect.c). */
void call_make(world *in, const step *at);
void expect_check(world *in, const step *at);

/* Between 1 and most, as the chunking has it. */
size_t world_cut(world *in, size_t most);

/* "MAIL", "CONTENT", …: as in PNEU_COMMAND_…. */
const char *command_word(pneu_command command);

/* What must hold at the end of every run, however it came about. */
void check_truth(world *in);

#endif
