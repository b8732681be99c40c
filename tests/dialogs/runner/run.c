/* One run: the steps in order, then the end of the stream. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

void world_stop(world *in, const step *at, const char *format, ...)
{
    char line[1024];
    if (in->stopped)
        return;
    in->stopped = true;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    if (at != NULL)
        text_print(&in->failure, "line %zu: ", at->line);
    text_print(&in->failure, "%s", line);
}

void world_log(world *in, const char *format, ...)
{
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    text_print(&in->log, "%s\n", line);
}

pneu_status world_note(world *in, pneu_status status)
{
    if (status == PNEU_NO_MEMORY)
        in->no_memory = true;
    return status;
}

void world_init(world *in, const script *of, chunking how, uint64_t seed)
{
    *in = (world){.script = of,
                  .chunking = how,
                  .random = seed | 1,
                  .now_ms = 5000,
                  .window = SIZE_MAX,
                  .read_limit = SIZE_MAX,
                  .write_limit = SIZE_MAX};
}

static void begin(world *in)
{
    const script *from = in->script;
    pneu_status status = pneu_session_new(
        &in->session,
        PNEU_SESSION_OPTIONS(.lmtp = from->lmtp,
                             .no_pipelining = from->no_pipelining,
                             .no_chunking = from->no_chunking,
                             .timeouts = &from->timeouts,
                             .max_unanswered = from->max_unanswered,
                             .timeout_ms = (int64_t)from->timeout_s * 1000));
    if (world_note(in, status) != PNEU_OK)
        world_stop(in, NULL, "no session: %s", pneu_status_name(status));
    else if (from->protection != PNEU_PROTECTION_NONE)
        pneu_session_protected(in->session, from->protection);
    if (in->session != NULL)
        pneu_session_tick(in->session, in->now_ms);
}

/* The first octet that differs, in the middle of what stands around it. */
static void stop_different(world *in, const step *at, pn_span wanted,
                           pn_span found)
{
    text shown = {0};
    if (found.length > wanted.length)
        found.length = wanted.length;
    text_add(&shown, PN_SPAN("expected to write \""));
    text_add_shown(&shown, wanted);
    text_add(&shown, PN_SPAN("\", found \""));
    text_add_shown(&shown, found);
    text_add(&shown, PN_SPAN("\""));
    world_stop(in, at, "%s", shown.data);
    text_free(&shown);
}

static pn_span unread_output(const world *in)
{
    pn_span all = text_span(&in->written);
    return (pn_span){all.data + in->written_read,
                     all.length - in->written_read};
}

static void check_secret(world *in, const step *at, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char wanted = i < at->shown ? '.' : 's';
        bool line_end = i + 2 >= length; /* either way */
        if (!line_end && in->secret.data[in->written_read + i] != wanted) {
            world_stop(in, at, "octet %zu is %smarked as secret", i,
                       wanted == 's' ? "not " : "");
            return;
        }
    }
}

static void match_output(world *in, const step *at)
{
    pn_span wanted = text_span(&at->octets);
    pn_span found = unread_output(in);
    if (found.length < wanted.length ||
        memcmp(found.data, wanted.data, wanted.length) != 0) {
        stop_different(in, at, wanted, found);
        return;
    }
    size_t length = wanted.length;
    const char *end =
        at->is_start ? memchr(found.data, '\n', found.length) : NULL;
    if (end != NULL)
        length = (size_t)(end - found.data) + 1;
    check_secret(in, at, length);
    in->written_read += length;
}

/* Nothing was written that no line names: nothing left too early. */
static void match_no_output(world *in, const step *at)
{
    pn_span found = unread_output(in);
    if (found.length == 0 || in->stopped)
        return;
    text shown = {0};
    text_add_shown(&shown, found);
    world_stop(in, at, "nothing was to be written now, found \"%s\"",
               shown.data);
    text_free(&shown);
}

static void run_timeout(world *in, const step *at)
{
    int64_t deadline = pneu_session_deadline_ms(in->session);
    if (deadline < in->now_ms) {
        world_stop(in, at, "the session waits for nothing");
        return;
    }
    drive_clock(in, deadline - in->now_ms - 1);
    if ((pneu_session_wants(in->session) & PNEU_WANT_CLOSE) != 0)
        world_stop(in, at, "it gave up before its deadline");
    drive_clock(in, 1);
}

/* Consecutive lines of the server are one segment: all of it is there before
 * anything more is written. Gives the last of them. */
static size_t run_server(world *in, size_t i)
{
    text segment = {0};
    const script *from = in->script;
    match_no_output(in, &from->steps[i]);
    for (; i < from->count && from->steps[i].kind == STEP_SERVER; i++)
        text_add(&segment, text_span(&from->steps[i].octets));
    if (!in->stopped)
        drive_input(in, text_span(&segment));
    text_free(&segment);
    return i - 1;
}

static size_t run_step(world *in, size_t i)
{
    const step *at = &in->script->steps[i];
    if (at->kind != STEP_CALL)
        drive(in);
    switch (at->kind) {
    case STEP_SERVER:
        return run_server(in, i);
    case STEP_CLIENT:
        match_output(in, at);
        break;
    case STEP_CALL:
        call_make(in, at);
        break;
    case STEP_EXPECT:
        expect_check(in, at);
        break;
    case STEP_END:
        match_no_output(in, at);
        drive_end(in, at->end);
        break;
    case STEP_TIMEOUT:
        match_no_output(in, at);
        run_timeout(in, at);
        break;
    case STEP_WAIT:
        drive_clock(in, (int64_t)at->number * 1000);
        break;
    case STEP_WINDOW:
        in->window = at->number;
        break;
    case STEP_DEAF:
        in->deaf = true;
        break;
    case STEP_SEGMENT:
        match_no_output(in, at);
        break;
    }
    return i;
}

static void check_nothing_left(world *in)
{
    const step *last = &in->script->steps[in->script->count - 1];
    drive(in);
    match_no_output(in, last);
    if (in->stopped || in->log_read == in->log.length)
        return;
    world_stop(in, last, "no line expects \"%s\"", in->log.data + in->log_read);
}

void world_run(world *in)
{
    begin(in);
    if (in->session == NULL)
        return;
    for (size_t i = 0; i < in->script->count && !in->stopped; i++)
        i = run_step(in, i);
    if (!in->stopped)
        check_nothing_left(in);
    in->at_end = true;
    drive_end(in, PNEU_END_OF_STREAM);
    in->window = 0;
    drive(in);
    check_truth(in);
}

void world_finish(world *in)
{
    pneu_session_free(in->session);
    pneu_opening_free(in->opening);
    for (size_t i = 0; i < in->letter_count; i++)
        letter_free(&in->letters[i]);
    text_free(&in->log);
    text_free(&in->trace);
    text_free(&in->written);
    text_free(&in->secret);
    text_free(&in->failure);
    text_free(&in->untruth);
}
