#include "sweep.h"

#include <string.h>

#include "failing_memory.h"
#include "world.h"

enum {
    CUTS_MAX = 1500 /* of a long stream only so many places are tried */
};

static size_t stride(size_t length)
{
    return length / CUTS_MAX + 1;
}

static bool is_true(const world *of, const char *what, size_t at,
                    text *complaint)
{
    if (of->untruth.length > 0)
        text_print(complaint, "%s %zu: %s", what, at, of->untruth.data);
    return of->untruth.length == 0;
}

/* The n-th allocation fails: either somebody says so, or it has made no
 * difference. */
static bool run_without_memory(const script *of, size_t nth, text *complaint)
{
    world in;
    world_init(&in, of, CHUNKING_WHOLE, 1);
    failing_memory_start(nth);
    world_run(&in);
    bool failed = failing_memory_stop();
    bool told = in.no_memory || in.session == NULL ||
                pneu_session_error(in.session)->status == PNEU_NO_MEMORY;
    if (is_true(&in, "allocation", nth, complaint) && !told && in.stopped)
        text_print(complaint, "allocation %zu: nobody says NO_MEMORY: %s", nth,
                   in.failure.data);
    world_finish(&in);
    return failed;
}

size_t sweep_memory(const script *of, text *complaint)
{
    size_t nth = 1;
    while (complaint->length == 0 && run_without_memory(of, nth, complaint))
        nth++;
    return nth;
}

/* Who was accepted in the whole run is accepted in the one that was cut, if
 * and only if the answer had come before the cut. */
static void compare_accepted(const world *whole, const world *cut,
                             size_t length, text *complaint)
{
    for (size_t l = 0; l < whole->letter_count; l++) {
        const letter *all = &whole->letters[l];
        const letter *some = &cut->letters[l];
        for (size_t i = 0; i < all->recipient_count; i++) {
            bool wanted =
                all->accepted_at[i] > 0 && all->accepted_at[i] <= length;
            bool found = l < cut->letter_count && some->accepted_at[i] > 0;
            if (wanted != found && complaint->length == 0)
                text_print(complaint,
                           "cut after %zu octets: recipient %zu is %s", length,
                           i, found ? "accepted" : "not accepted");
        }
    }
}

size_t sweep_input(const script *of, text *complaint)
{
    world whole;
    size_t runs = 1;
    world_init(&whole, of, CHUNKING_OCTET, 1);
    world_run(&whole);
    is_true(&whole, "the whole run of", whole.read, complaint);
    for (size_t length = 0; length < whole.read && complaint->length == 0;
         length += stride(whole.read)) {
        world cut;
        world_init(&cut, of, CHUNKING_OCTET, 1);
        cut.read_limit = length;
        world_run(&cut);
        runs++;
        if (is_true(&cut, "cut after", length, complaint))
            compare_accepted(&whole, &cut, length, complaint);
        world_finish(&cut);
    }
    world_finish(&whole);
    return runs;
}

/* The line breaks for writing after so many octets: before the first message
 * has left whole, nobody has it and nobody may have it. */
static void run_unwritten(const world *whole, size_t length, text *complaint)
{
    world in;
    world_init(&in, whole->script, CHUNKING_OCTET, 1);
    in.write_limit = length;
    world_run(&in);
    bool early = whole->body_end == 0 || length < whole->body_end;
    bool fine = is_true(&in, "written", length, complaint);
    for (size_t i = 0; i < in.letter_count && fine && early; i++) {
        const letter *of = &in.letters[i];
        if (of->is_started &&
            (pneu_delivery_tally(of->delivery, PNEU_OUTCOME_ACCEPTED) > 0 ||
             pneu_delivery_tally(of->delivery, PNEU_OUTCOME_IN_DOUBT) > 0)) {
            text_print(complaint,
                       "written %zu octets: accepted or in doubt, though the "
                       "end of the message had not left",
                       length);
            fine = false;
        }
    }
    world_finish(&in);
}

size_t sweep_output(const script *of, text *complaint)
{
    world whole;
    size_t runs = 1;
    world_init(&whole, of, CHUNKING_OCTET, 1);
    world_run(&whole);
    for (size_t length = 0;
         length < whole.written.length && complaint->length == 0;
         length += stride(whole.written.length)) {
        run_unwritten(&whole, length, complaint);
        runs++;
    }
    world_finish(&whole);
    return runs;
}
