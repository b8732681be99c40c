/* The driver: does what the session wants, in pieces of the size that the
 * chunking gives. */
#include <errno.h>

#include "world.h"

enum {
    PIECES = 64,
    PATIENCE = 1000000 /* rounds without an octet read */
};

size_t world_cut(world *in, size_t most)
{
    if (in->chunking == CHUNKING_WHOLE)
        return most;
    if (in->chunking == CHUNKING_OCTET)
        return 1;
    in->random ^= in->random << 13;
    in->random ^= in->random >> 7;
    in->random ^= in->random << 17;
    return 1 + (size_t)(in->random % most);
}

static void keep_written(world *in, const pneu_piece *piece, size_t length)
{
    bool is_body = (piece->flags & PNEU_PIECE_BODY) != 0;
    bool is_secret = (piece->flags & PNEU_PIECE_SECRET) != 0;
    text_add(&in->written, (pn_span){piece->data, length});
    for (size_t i = 0; i < length; i++)
        text_add(&in->secret, is_secret ? PN_SPAN("s") : PN_SPAN("."));
    if (is_body && !in->body_over)
        in->body_end = in->written.length;
    else if (in->body_end > 0)
        in->body_over = true;
}

static size_t room_to_write(const world *in)
{
    size_t left = in->write_limit > in->written.length
                      ? in->write_limit - in->written.length
                      : 0;
    return in->window < left ? in->window : left;
}

/* Writes some of the output; false if nothing could be written. */
static bool write_some(world *in)
{
    pneu_piece pieces[PIECES];
    size_t most = in->chunking == CHUNKING_OCTET ? 1 : PIECES;
    size_t count = pneu_session_output(in->session, pieces, most);
    size_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += pieces[i].length;
    /* what it had to write came to nothing, as an LF whose CR is written: it
     * must know now that it wants something else */
    if (total == 0) {
        bool again = (pneu_session_wants(in->session) & PNEU_WANT_WRITE) != 0;
        if (again)
            world_stop(in, NULL, "it wants to write, and gives nothing");
        return !again;
    }
    size_t room = room_to_write(in);
    if (room == 0)
        return false;
    size_t length = world_cut(in, total < room ? total : room);
    size_t left = length;
    for (size_t i = 0; i < count && left > 0; i++) {
        size_t part = pieces[i].length < left ? pieces[i].length : left;
        keep_written(in, &pieces[i], part);
        left -= part;
    }
    if (in->window != SIZE_MAX)
        in->window -= length;
    pneu_session_output_done(in->session, length);
    return true;
}

static void begin_tls(world *in)
{
    if (in->script->tls_fails) {
        world_log(in, "tls-failed");
        drive_end(in, PNEU_END_TLS);
        return;
    }
    world_log(in, "tls");
    world_note(in, pneu_session_protected(in->session, PNEU_PROTECTION_TLS));
    if (in->opening != NULL && !pneu_opening_is_done(in->opening))
        pneu_opening_go(in->opening, in->session);
}

/* Gives more of the program's message; false if it has no more. */
static bool give_body(world *in)
{
    for (size_t i = 0; i < in->body_count; i++) {
        given_body *body = &in->bodies[i];
        if (body->done)
            continue;
        size_t left = body->octets.length - body->given;
        size_t part = left > 0 ? world_cut(in, left) : 0;
        bool last = part == left;
        body->done = last;
        world_note(in, pneu_session_body(in->session,
                                         body->octets.data + body->given, part,
                                         last && body->last));
        body->given += part;
        return true;
    }
    return false;
}

static bool write_or_fail(world *in)
{
    if (!in->deaf)
        return write_some(in);
    if (in->deaf_told) {
        world_stop(in, NULL, "it wants to write though writing has failed");
        return false;
    }
    in->deaf_told = true;
    pneu_session_output_failed(in->session, EPIPE);
    return true;
}

/* One thing that is wanted; false if only the server can go on. */
static bool do_next(world *in)
{
    unsigned wants = pneu_session_wants(in->session);
    if ((wants & PNEU_WANT_CLOSE) != 0)
        return false;
    if ((wants & PNEU_WANT_TLS) != 0) {
        begin_tls(in);
        return true;
    }
    if (in->opening != NULL && pneu_opening_wants_step(in->opening)) {
        pneu_opening_step(in->opening, in->session);
        return true;
    }
    if ((wants & PNEU_WANT_BODY) != 0 && give_body(in))
        return true;
    return (wants & PNEU_WANT_WRITE) != 0 && write_or_fail(in);
}

void drive(world *in)
{
    if (in->session == NULL)
        return;
    for (size_t rounds = 0;; rounds++) {
        events_take(in);
        pneu_session_tick(in->session, in->now_ms);
        events_take(in);
        if (!do_next(in))
            break;
        if (rounds > PATIENCE) {
            world_stop(in, NULL, "the driver goes round without an end");
            break;
        }
    }
    events_take(in);
    events_tell(in);
}

void drive_input(world *in, pn_span octets)
{
    while (octets.length > 0 && in->read < in->read_limit) {
        size_t left = in->read_limit - in->read;
        size_t part =
            world_cut(in, octets.length < left ? octets.length : left);
        in->read += part;
        if (world_note(in, pneu_session_input(in->session, octets.data,
                                              part)) != PNEU_OK) {
            world_stop(in, NULL, "the server's octets were not taken");
            return;
        }
        events_take(in);
        octets.data += part;
        octets.length -= part;
    }
    if (octets.length > 0)
        world_stop(in, NULL, "the server was cut off");
}

void drive_end(world *in, pneu_end why)
{
    pneu_session_input_end(in->session, why,
                           why == PNEU_END_RESET ? ECONNRESET : 0);
}

void drive_clock(world *in, int64_t ms)
{
    in->now_ms += ms;
    pneu_session_tick(in->session, in->now_ms);
    drive(in);
}
