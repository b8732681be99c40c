/* DATA and BDAT: the message itself. */
#include "base/fail.h"
#include "session/issue.h"

pneu_status pneu_session_data(pneu_session *session, uintptr_t tag)
{
    pneu_status status = pn_issue_check(session);
    if (status != PNEU_OK)
        return status;
    if (session->issuing == PN_ISSUING_CHUNK)
        return pn_issue_misuse(session, "DATA cannot come after BDAT");
    if (session->issuing != PN_ISSUING_RCPT)
        return pn_issue_misuse(session, "DATA comes after RCPT");
    pn_line line = pn_issue_line(session);
    pn_line_add_text(&line, "DATA");
    pn_queued *data = pn_issue_push(session, &line, PNEU_COMMAND_DATA, tag);
    if (data == NULL)
        return session->misuse.status;
    data->transaction = session->issued_transaction;
    pn_queued *content = pn_queue_push(&session->queue);
    content->command = PNEU_COMMAND_CONTENT;
    content->tag = tag;
    content->transaction = session->issued_transaction;
    content->replies_due = 1;
    content->has_octets = true;
    session->issuing = PN_ISSUING_BODY;
    return PNEU_OK;
}

pneu_status pn_issue_body(pneu_session *session, pn_span part, bool last,
                          bool is_clean)
{
    size_t i = 0;
    pn_queued *content = pn_queue_at(&session->queue, 0);
    while (content != NULL &&
           (content->command != PNEU_COMMAND_CONTENT || content->is_whole))
        content = pn_queue_at(&session->queue, ++i);
    if (content == NULL)
        return pn_issue_misuse(session, "no DATA waits for a message");
    if (content->has_part)
        return pn_issue_misuse(session,
                               "the part before is not handed out yet");
    content->part = part;
    content->has_part = true;
    content->is_whole = last;
    content->is_clean = is_clean;
    if (last && content->transaction == session->issued_transaction &&
        session->issuing == PN_ISSUING_BODY)
        session->issuing = PN_ISSUING_NONE;
    return PNEU_OK;
}

pneu_status pneu_session_body(pneu_session *session, const void *data,
                              size_t length, bool last)
{
    return pn_issue_body(session, (pn_span){data, length}, last, false);
}

/* Is a chunk of this transaction possible now? */
static pneu_status check_order(pneu_session *session)
{
    pneu_status status = pn_issue_check(session);
    if (status != PNEU_OK)
        return status;
    if (session->issuing != PN_ISSUING_RCPT &&
        session->issuing != PN_ISSUING_CHUNK)
        return pn_issue_misuse(session, "BDAT comes after RCPT");
    status = pn_issue_needs(session, PNEU_COMMAND_BDAT, "CHUNKING");
    if (status != PNEU_OK || pneu_session_may_chunk(session))
        return status;
    return pn_fail(&session->misuse, PNEU_NOT_OFFERED,
                   "BDAT is switched off, or not to be trusted with this "
                   "server: use DATA");
}

/* Is it a chunk that the transaction can have? The end of a line may not be
 * cut in two: each half would become a whole one. */
static pneu_status check_chunk(pneu_session *session, pn_span chunk,
                               unsigned flags)
{
    bool is_last = (flags & PNEU_CHUNK_LAST) != 0;
    bool is_binary = (flags & PNEU_CHUNK_BINARY) != 0;
    if ((flags & ~(unsigned)(PNEU_CHUNK_LAST | PNEU_CHUNK_BINARY)) != 0)
        return pn_fail(&session->misuse, PNEU_INVALID,
                       "a chunk has a flag that is none of PNEU_CHUNK_…");
    if (is_last)
        return PNEU_OK;
    if (chunk.length == 0)
        return pn_fail(&session->misuse, PNEU_INVALID,
                       "only the last chunk can be empty");
    if (!is_binary && chunk.data[chunk.length - 1] != '\n')
        return pn_fail(&session->misuse, PNEU_INVALID,
                       "a chunk of text that is not the last must end in LF");
    return PNEU_OK;
}

static pn_stuffing_mode mode_of(unsigned flags)
{
    return (flags & PNEU_CHUNK_BINARY) != 0 ? PN_STUFFING_NOTHING
                                            : PN_STUFFING_LINES;
}

/* The command, with the chunk behind it. */
static pneu_status push_chunk(pneu_session *session, const pn_chunk *chunk,
                              uintptr_t tag)
{
    bool is_last = (chunk->flags & PNEU_CHUNK_LAST) != 0;
    pn_line line = pn_issue_line(session);
    pn_line_add_known(&line, PN_SPAN("BDAT "));
    pn_line_add_number(&line, chunk->octets);
    if (is_last)
        pn_line_add_known(&line, PN_SPAN(" LAST"));
    pn_queued *queued =
        pn_issue_push(session, &line,
                      is_last ? PNEU_COMMAND_CONTENT : PNEU_COMMAND_BDAT, tag);
    if (queued == NULL)
        return session->misuse.status;
    queued->transaction = session->issued_transaction;
    queued->has_octets = true;
    queued->is_chunk = true;
    queued->chunk_left = chunk->octets;
    queued->mode = mode_of(chunk->flags);
    queued->part = chunk->part;
    queued->has_part = true;
    queued->is_whole = true;
    queued->is_clean = chunk->is_clean;
    session->issuing = is_last ? PN_ISSUING_NONE : PN_ISSUING_CHUNK;
    return PNEU_OK;
}

pneu_status pn_issue_chunk(pneu_session *session, const pn_chunk *chunk,
                           uintptr_t tag)
{
    pneu_status status = check_order(session);
    if (status == PNEU_OK)
        status = check_chunk(session, chunk->part, chunk->flags);
    return status == PNEU_OK ? push_chunk(session, chunk, tag) : status;
}

pneu_status pneu_session_bdat(pneu_session *session, const void *data,
                              size_t length, unsigned flags, uintptr_t tag)
{
    pn_chunk chunk = {.part = {data, length}, .flags = flags};
    pneu_status status = check_order(session);
    if (status == PNEU_OK)
        status = check_chunk(session, chunk.part, flags);
    if (status != PNEU_OK)
        return status;
    chunk.octets = pn_stuffing_count(chunk.part, mode_of(flags));
    return push_chunk(session, &chunk, tag);
}
