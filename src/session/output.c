/* The sender: what may be on the wire together, and the pieces to write. */
#include "base/secret.h"
#include "session/session.h"

/* Has the head of the queue everything behind it decided that matters to
 * this command? Then, is there still a reason to send it? */
static bool is_pointless(const pneu_session *session, const pn_queued *queued)
{
    if (queued->transaction == 0 ||
        queued->transaction != session->current.number)
        return false;
    if (queued->command == PNEU_COMMAND_RCPT)
        return session->current.mail_refused;
    if (queued->command != PNEU_COMMAND_DATA)
        return false;
    /* nothing is unanswered: so every RCPT of this transaction is */
    return session->current.mail_refused ||
           (session->handed == 0 && session->current.accepted == 0);
}

static void skip_one(pneu_session *session, pn_queued *queued)
{
    queued->skipped = true;
    pn_buffer_consume(&session->lines, queued->line_length);
    session->handed++;
    session->skipped++;
}

void pn_session_skip(pneu_session *session)
{
    pn_queued *next = pn_queue_at(&session->queue, session->handed);
    while (next != NULL && session->line_given == 0 &&
           is_pointless(session, next)) {
        bool is_data = next->command == PNEU_COMMAND_DATA;
        skip_one(session, next);
        if (is_data)
            skip_one(session, pn_queue_at(&session->queue, session->handed));
        if (is_data && session->issuing == PN_ISSUING_BODY &&
            session->issued_transaction == next->transaction)
            session->issuing = PN_ISSUING_NONE;
        next = pn_queue_at(&session->queue, session->handed);
    }
}

static bool may_pipeline(const pneu_session *session)
{
    return !session->no_pipelining && session->extensions.pipelining;
}

/* May the i-th command of the queue go out, those before it having gone? */
static bool may_send(const pneu_session *session, size_t i)
{
    const pn_queued *queued = pn_queue_at(&session->queue, i);
    if (queued == NULL)
        return false;
    if (queued->command == PNEU_COMMAND_CONTENT && !queued->go_ahead)
        return false; /* RFC 5321 4.1.1.4: only after the 354 */
    if (i == 0)
        return true;
    const pn_queued *before = pn_queue_at(&session->queue, i - 1);
    if (!may_pipeline(session) || i >= session->max_unanswered ||
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

/* Looks for pieces of the message until there are some, or none. */
static void refill(pneu_session *session, pn_queued *queued)
{
    pn_content *content = &session->content;
    if (!queued->begun) {
        pn_stuffing_init(&content->stuffing);
        content->first = 0;
        content->count = 0;
        queued->begun = true;
        if (queued->lone_dot)
            pn_stuffing_give(&content->stuffing, PN_SPAN(""), true);
    }
    if (content->count > 0)
        return;
    if (queued->has_part && !queued->lone_dot) {
        pn_stuffing_give(&content->stuffing, queued->part, queued->is_whole);
        queued->has_part = false;
    }
    content->first = 0;
    while (
        content->count < PN_READY_PIECES &&
        pn_stuffing_next(&content->stuffing, &content->pieces[content->count]))
        content->count++;
}

static size_t content_pieces(pneu_session *session, pn_queued *queued,
                             pneu_piece *pieces, size_t max)
{
    pn_content *content = &session->content;
    refill(session, queued);
    size_t n = 0;
    while (n < max && n < content->count) {
        pn_span span = content->pieces[content->first + n];
        pieces[n] = (pneu_piece){span.data, span.length, PNEU_PIECE_BODY};
        n++;
    }
    return n;
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
        if (queued->command == PNEU_COMMAND_CONTENT)
            return n + content_pieces(session, queued, pieces + n, max - n);
        pn_span rest = {line + given, queued->line_length - given};
        n = line_pieces(queued, rest, pieces, n, max);
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
    if (next->command != PNEU_COMMAND_CONTENT || next->lone_dot)
        return true;
    return next->has_part || session->content.count > 0;
}

static void handed_over(pneu_session *session)
{
    session->handed++;
    if (session->handed == 1)
        pn_session_restart_wait(session);
}

/* Takes written octets off the message; gives what is left of them. */
static size_t content_done(pneu_session *session, size_t written)
{
    pn_content *content = &session->content;
    while (written > 0 && content->count > 0) {
        pn_span *piece = &content->pieces[content->first];
        size_t part = written < piece->length ? written : piece->length;
        piece->data += part;
        piece->length -= part;
        written -= part;
        if (piece->length == 0) {
            content->first++;
            content->count--;
        }
    }
    if (content->count == 0) {
        content->first = 0;
        refill(session, pn_queue_at(&session->queue, session->handed));
        if (content->count == 0 && content->stuffing.ended)
            handed_over(session);
    }
    return written;
}

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
    handed_over(session);
    return written - left;
}

/* True if some of the next command can have been handed out. */
static bool was_given(const pneu_session *session)
{
    const pn_queued *next = pn_queue_at(&session->queue, session->handed);
    if (!may_send(session, session->handed))
        return false;
    return next->command != PNEU_COMMAND_CONTENT ||
           (next->begun && session->content.count > 0);
}

void pneu_session_output_done(pneu_session *session, size_t written)
{
    session->writing_since_ms = session->now_ms;
    /* a driver that claims more than it was given is not believed */
    while (written > 0 && was_given(session)) {
        pn_queued *next = pn_queue_at(&session->queue, session->handed);
        written = next->command == PNEU_COMMAND_CONTENT
                      ? content_done(session, written)
                      : line_done(session, next, written);
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
