#include "session/content.h"

/* Begins with the octets of another command. */
static void lay_first(pneu_session *session, pn_queued *queued)
{
    pn_content *content = &session->content;
    pn_stuffing_init(&content->stuffing, queued->mode);
    content->first = 0;
    content->count = 0;
    if (content->transaction != queued->transaction)
        content->sent = 0;
    content->transaction = queued->transaction;
    queued->is_laid = true;
    if (queued->lone_dot)
        pn_stuffing_give(&content->stuffing, PN_SPAN(""), true);
}

/* Looks for pieces of the message until there are some, or none. */
static void refill(pneu_session *session, pn_queued *queued)
{
    pn_content *content = &session->content;
    if (!queued->is_laid)
        lay_first(session, queued);
    if (content->count > 0)
        return;
    if (queued->has_part && !queued->lone_dot) {
        if (queued->is_clean)
            pn_stuffing_give_clean(&content->stuffing, queued->part,
                                   queued->is_whole);
        else
            pn_stuffing_give(&content->stuffing, queued->part,
                             queued->is_whole);
        queued->has_part = false;
    }
    content->first = 0;
    while (content->count < PN_READY_PIECES) {
        pn_ready_piece *next = &content->pieces[content->count];
        if (!pn_stuffing_next(&content->stuffing, &next->octets))
            break;
        next->is_dot = content->stuffing.is_dot;
        content->count++;
    }
}

size_t pn_content_pieces(pneu_session *session, pn_queued *queued,
                         pneu_piece *pieces, size_t max)
{
    pn_content *content = &session->content;
    refill(session, queued);
    size_t n = 0;
    while (n < max && n < content->count) {
        pn_span span = content->pieces[content->first + n].octets;
        pieces[n] = (pneu_piece){span.data, span.length, PNEU_PIECE_BODY};
        n++;
    }
    return n;
}

static void count_sent(pneu_session *session, pn_queued *queued, size_t length)
{
    session->content.sent += length;
    if (queued->is_chunk)
        queued->chunk_left -= length;
}

size_t pn_content_done(pneu_session *session, pn_queued *queued, size_t written)
{
    pn_content *content = &session->content;
    while (written > 0 && content->count > 0) {
        pn_ready_piece *piece = &content->pieces[content->first];
        size_t length = piece->octets.length;
        size_t part = written < length ? written : length;
        if (!piece->is_dot)
            count_sent(session, queued, part);
        piece->octets.data += part;
        piece->octets.length -= part;
        written -= part;
        if (part == length) {
            content->first++;
            content->count--;
        }
        queued->begun = true;
    }
    return written;
}

bool pn_content_is_out(pneu_session *session, pn_queued *queued)
{
    pn_content *content = &session->content;
    refill(session, queued);
    return content->count == 0 && content->stuffing.ended;
}

bool pn_content_is_ready(const pneu_session *session, const pn_queued *queued)
{
    return queued->is_laid && session->content.count > 0;
}

uint64_t pneu_session_body_sent(const pneu_session *session)
{
    return session->content.sent;
}
