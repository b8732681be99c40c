/* BDAT (RFC 3030): content in chunks of a size that is said before. Whatever
 * is said about a chunk, its octets are taken off the line: they are never
 * read as commands. */
#include <inttypes.h>
#include <stdio.h>

#include "sink/commands.h"

/* "86" or "86 LAST"; false if the size cannot be read. */
static bool parse(pn_span argument, pn_sink_chunk *chunk, bool *valid)
{
    pn_span word;
    *chunk = (pn_sink_chunk){.last = false};
    *valid = true;
    if (!pn_span_next_word(&argument, &word) ||
        !pn_span_number(word, &chunk->size))
        return false;
    chunk->left = chunk->size;
    if (pn_span_next_word(&argument, &word)) {
        chunk->last = pn_span_equal_nocase(word, PN_SPAN("LAST"));
        *valid = chunk->last && pn_span_trim(argument).length == 0;
    }
    return true;
}

static void refuse(pn_sink_chunk *chunk, const char *code, const char *text)
{
    chunk->refused = true;
    chunk->code = code;
    chunk->text = text;
}

/* Refuses the chunk if it has no place here. */
static void judge(const pn_sink_session *session, pn_sink_chunk *chunk)
{
    const pn_sink_envelope *envelope = &session->envelope;
    const pn_sink_options *options = session->options;
    uint64_t max = options->size;
    uint64_t before = envelope->chunk_count > 0 ? session->content.size : 0;
    if (options->refuse_bdat != NULL)
        refuse(chunk, NULL, options->refuse_bdat);
    else if (!envelope->open)
        refuse(chunk, "503 5.5.1", "MAIL comes first");
    else if (envelope->recipient_count == 0)
        refuse(chunk, "503 5.5.1", "No valid recipients");
    else if (envelope->chunks_failed) /* RFC 3030 2 */
        refuse(chunk, "503 5.5.1", "A chunk was refused: RSET first");
    else if (options->refuse_data != NULL)
        refuse(chunk, NULL, options->refuse_data);
    else if (max > 0 && (chunk->size > max || before > max - chunk->size))
        refuse(chunk, "552 5.3.4", "Message too big");
}

void pn_sink_run_bdat(pn_sink_session *session, pn_span argument)
{
    pn_sink_chunk *chunk = &session->chunk;
    pn_sink_envelope *envelope = &session->envelope;
    bool valid = true;
    if (!parse(argument, chunk, &valid)) {
        /* where the next command begins, nobody knows */
        pn_sink_session_break(session, "501 5.5.4", "Syntax: BDAT size [LAST]");
        return;
    }
    if (!valid)
        refuse(chunk, "501 5.5.4", "Syntax: BDAT size [LAST]");
    else
        judge(session, chunk);
    session->phase = PN_SINK_PHASE_CHUNK;
    if (chunk->refused)
        return;
    if (envelope->chunk_count++ == 0)
        pn_sink_begin_content(session, envelope->binary
                                           ? PN_SINK_CONTENT_BINARY
                                           : PN_SINK_CONTENT_PLAIN);
}

size_t pn_sink_take_chunk(pn_sink_session *session, pn_span octets)
{
    pn_sink_chunk *chunk = &session->chunk;
    if (octets.length > chunk->left)
        octets.length = (size_t)chunk->left;
    size_t used =
        chunk->refused ? octets.length : pn_sink_store_content(session, octets);
    chunk->left -= used;
    return used;
}

/* RFC 2033 4.3: after the last chunk a reply for each recipient, whatever it
 * is */
static void say_refusal(pn_sink_session *session)
{
    const pn_sink_chunk *chunk = &session->chunk;
    pn_sink_envelope *envelope = &session->envelope;
    pn_sink_letter_drop(&session->letter, &session->shared->store);
    if (session->options->lmtp && chunk->last &&
        envelope->recipient_count > 0) {
        session->verdict =
            (pn_sink_verdict){.code = chunk->code, .text = chunk->text};
        session->phase = PN_SINK_PHASE_ANSWERS;
        return;
    }
    envelope->chunks_failed = envelope->recipient_count > 0;
    if (chunk->code != NULL)
        pn_sink_say(session, chunk->code, chunk->text);
    else
        pn_sink_say_line(session, pn_span_of(chunk->text));
}

static void say_taken(pn_sink_session *session)
{
    char text[64];
    snprintf(text, sizeof(text), "%" PRIu64 " octets received",
             session->chunk.size);
    pn_sink_say(session, "250 2.0.0", text);
}

void pn_sink_end_chunk(pn_sink_session *session, bool more)
{
    const pn_sink_chunk *chunk = &session->chunk;
    session->phase = PN_SINK_PHASE_COMMAND;
    session->grouped = more;
    pn_sink_log_note(&session->shared->log, session->number,
                     "C: (%" PRIu64 " octets of a chunk)", chunk->size);
    if (pn_sink_is_too_early(session, false, more)) {
        pn_sink_session_reset(session);
        pn_sink_session_break(session, "554 5.5.0",
                              "SMTP protocol synchronization error: you did "
                              "not wait for the reply to BDAT");
    } else if (chunk->refused) {
        say_refusal(session);
    } else if (chunk->last) {
        pn_sink_content_end(&session->content);
        pn_sink_end_message(session);
    } else {
        say_taken(session);
    }
}
