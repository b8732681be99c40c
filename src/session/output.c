/* The sender: what may be on the wire together, and the pieces to write. */
#include "base/fail.h"
#include "base/secret.h"
#include "session/content.h"

enum {
    WORTH_FINISHING = 1024 * 1024 /* octets of a pointless chunk */
};

/* Is every RCPT of the head's transaction answered, and none accepted? Those
 * not answered would stand at the head. */
static bool is_taken_by_nobody(const pneu_session *session)
{
    pneu_command at = pn_queue_at(&session->queue, 0)->command;
    return session->current.accepted == 0 && at != PNEU_COMMAND_MAIL &&
           at != PNEU_COMMAND_RCPT;
}

/* Is what was answered of its transaction reason enough not to send it? */
static bool is_pointless(const pneu_session *session, const pn_queued *queued)
{
    if (queued->transaction == 0 ||
        queued->transaction != session->current.number)
        return false;
    if (queued->command == PNEU_COMMAND_RCPT)
        return session->current.mail_refused;
    if (queued->command != PNEU_COMMAND_DATA && !queued->is_chunk)
        return false;
    return session->current.mail_refused || session->current.chunk_refused ||
           is_taken_by_nobody(session);
}

static void skip_one(pneu_session *session, pn_queued *queued)
{
    queued->skipped = true;
    pn_buffer_consume(&session->lines, queued->line_length);
    session->handed++;
    session->skipped++;
}

static void skip_data(pneu_session *session, pn_queued *data)
{
    skip_one(session, data);
    skip_one(session, pn_queue_at(&session->queue, session->handed));
    if (session->issuing == PN_ISSUING_BODY &&
        session->issued_transaction == data->transaction)
        session->issuing = PN_ISSUING_NONE;
}

/* Of a chunk under way that nobody will take either little is left, and it is
 * finished, or the way out is to close. */
static void give_up_chunk(pneu_session *session, const pn_queued *chunk)
{
    pneu_error error;
    if (!chunk->is_chunk || chunk->chunk_left <= WORTH_FINISHING)
        return;
    pn_fail(&error, PNEU_REFUSED,
            "the server refused the message while a chunk of it was being "
            "sent: closed with %llu octets to go",
            (unsigned long long)chunk->chunk_left);
    pn_session_break(session, &error);
}

void pn_session_skip(pneu_session *session)
{
    pn_queued *next = pn_queue_at(&session->queue, session->handed);
    while (next != NULL && is_pointless(session, next)) {
        if (next->begun || session->line_given > 0) {
            give_up_chunk(session, next);
            return;
        }
        if (next->command == PNEU_COMMAND_DATA)
            skip_data(session, next);
        else
            skip_one(session, next);
        next = pn_queue_at(&session->queue, session->handed);
    }
}

/* May the end of a message go out? By DATA only after the 354 (RFC 5321
 * 4.1.1.4); in LMTP by BDAT only if it is sure that it has an answer. */
static bool may_end(const pneu_session *session, const pn_queued *content)
{
    if (!content->is_chunk)
        return content->go_ahead;
    return !session->lmtp || (content->transaction == session->current.number &&
                              session->current.accepted > 0);
}

/* May the i-th command of the queue go out, those before it having gone? */
static bool may_send(const pneu_session *session, size_t i)
{
    const pn_queued *queued = pn_queue_at(&session->queue, i);
    if (queued == NULL)
        return false;
    if (queued->command == PNEU_COMMAND_CONTENT && !may_end(session, queued))
        return false;
    if (i == 0)
        return true;
    const pn_queued *before = pn_queue_at(&session->queue, i - 1);
    if (!pn_session_may_pipeline(session) || i >= session->max_unanswered ||
        !pn_command_row_of(before->command)->others_may_follow ||
        before->skipped)
        return false;
    /* Without RSET a refused transaction before it could lend the server its
     * sender or its recipients. */
    return queued->command != PNEU_COMMAND_MAIL ||
           before->command == PNEU_COMMAND_RSET;
}

static bool is_writing_possible(const pneu_session *session)
{
    bool state = session->state == PN_STATE_READY;
    /* octets that are here already cannot answer what is not said yet */
    bool quiet =
        pn_buffer_length(&session->input) == 0 &&
        !(session->handed == 0 && pn_reply_parser_is_midway(&session->parser));
    return state && quiet && !session->output_failed && !session->ended;
}

/* Adds a run to the pieces, or lengthens the last one if it goes on there. */
static size_t add_piece(pneu_piece *pieces, size_t n, pn_span run,
                        unsigned flags)
{
    if (run.length == 0)
        return n;
    if (n > 0 && pieces[n - 1].flags == flags &&
        (const char *)pieces[n - 1].data + pieces[n - 1].length == run.data) {
        pieces[n - 1].length += run.length;
        return n;
    }
    pieces[n] = (pneu_piece){run.data, run.length, flags};
    return n + 1;
}

/* The part of a line from octet `given` on: what may be shown, and what not;
 * as much of it as there is room for. */
static size_t line_pieces(const pn_queued *queued, pn_span line,
                          pneu_piece *pieces, size_t n, size_t max)
{
    size_t given = queued->line_length - line.length;
    size_t shown = queued->public_length;
    if (given < shown) {
        pn_span part = {line.data, shown - given};
        n = add_piece(pieces, n, part, 0);
        line.data += part.length;
        line.length -= part.length;
    }
    return n < max ? add_piece(pieces, n, line, PNEU_PIECE_SECRET) : n;
}

size_t pneu_session_output(pneu_session *session, pneu_piece *pieces,
                           size_t max)
{
    size_t n = 0;
    if (!is_writing_possible(session))
        return 0;
    pn_session_skip(session);
    size_t given = session->line_given;
    const char *line = pn_buffer_span(&session->lines).data;
    for (size_t i = session->handed; n < max && may_send(session, i); i++) {
        pn_queued *queued = pn_queue_at(&session->queue, i);
        pn_span rest = {line + given, queued->line_length - given};
        n = line_pieces(queued, rest, pieces, n, max);
        if (queued->has_octets && n < max)
            return n + pn_content_pieces(session, queued, pieces + n, max - n);
        line += queued->line_length;
        given = 0;
    }
    return n;
}

bool pn_session_has_output(const pneu_session *session)
{
    const pn_queued *next = pn_queue_at(&session->queue, session->handed);
    if (!is_writing_possible(session) || !may_send(session, session->handed))
        return false;
    if (!next->has_octets || next->is_chunk || next->lone_dot)
        return true;
    return next->has_part || pn_content_is_ready(session, next);
}

static void handed_over(pneu_session *session)
{
    session->handed++;
    if (session->handed == 1)
        pn_session_restart_wait(session);
}

/* Takes written octets off the message; gives what is left of them. */
static size_t content_done(pneu_session *session, pn_queued *queued,
                           size_t written)
{
    size_t left = pn_content_done(session, queued, written);
    if (pn_content_is_out(session, queued))
        handed_over(session);
    return left;
}

/* The same for a line; octets of a message may follow it. */
static size_t line_done(pneu_session *session, pn_queued *queued,
                        size_t written)
{
    size_t left = queued->line_length - session->line_given;
    queued->begun = true;
    if (written < left) {
        session->line_given += written;
        return 0;
    }
    if (queued->public_length < queued->line_length)
        pn_secret_wipe(session->lines.memory + session->lines.start,
                       queued->line_length);
    pn_buffer_consume(&session->lines, queued->line_length);
    session->line_given = 0;
    queued->line_length = 0;
    queued->public_length = 0;
    if (!queued->has_octets || pn_content_is_out(session, queued))
        handed_over(session);
    return written - left;
}

/* True if some of the next command can have been handed out. */
static bool was_given(const pneu_session *session)
{
    const pn_queued *next = pn_queue_at(&session->queue, session->handed);
    return may_send(session, session->handed) &&
           (next->line_length > 0 || pn_content_is_ready(session, next));
}

void pneu_session_output_done(pneu_session *session, size_t written)
{
    session->writing_since_ms = session->now_ms;
    /* a driver that claims more than it was given is not believed */
    while (written > 0 && was_given(session)) {
        pn_queued *next = pn_queue_at(&session->queue, session->handed);
        written = next->line_length > 0 ? line_done(session, next, written)
                                        : content_done(session, next, written);
    }
    if (!pn_session_has_output(session))
        session->writing_since_ms = -1;
}

void pneu_session_output_failed(pneu_session *session, int system_error)
{
    session->output_failed = true;
    if (session->end_errno == 0)
        session->end_errno = system_error;
    pn_session_restart_wait(session);
}
