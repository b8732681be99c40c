/* The content and its end: what becomes of a message, and who is told. */
#include <inttypes.h>
#include <stdio.h>

#include "sink/commands.h"
#include "sink/report.h"

/* Hands what was decoded on to the letter's file. */
static void store_decoded(pn_sink_session *session)
{
    pn_sink_store *store = &session->shared->store;
    uint64_t max = session->options->size;
    if (session->content.bare || (max > 0 && session->content.size > max))
        pn_sink_letter_drop(&session->letter, store); /* refused in the end */
    pn_sink_letter_write(&session->letter, store);
}

/* Why the content is refused, or that it is accepted. */
static pn_sink_verdict judge(const pn_sink_session *session)
{
    const pn_sink_options *options = session->options;
    if (session->content.bare)
        return (pn_sink_verdict){
            .code = "550 5.6.0",
            .text = "The content has a CR or LF that is not part of a CRLF"};
    if (options->size > 0 && session->content.size > options->size)
        return (pn_sink_verdict){.code = "552 5.3.4",
                                 .text = "Message too big"};
    if (options->refuse_content != NULL)
        return (pn_sink_verdict){.text = options->refuse_content};
    return (pn_sink_verdict){
        .accepted = true, .code = "250 2.0.0", .text = "Ok: queued as "};
}

/* 2xx is only said once the message is where it belongs. */
static void conclude(pn_sink_session *session)
{
    pn_sink_shared *shared = session->shared;
    pn_sink_letter *letter = &session->letter;
    session->verdict = judge(session);
    if (!session->verdict.accepted)
        pn_sink_letter_drop(letter, &shared->store);
    else if (session->envelope.delivery_count > 0 &&
             !pn_sink_letter_keep(letter, &shared->store))
        session->verdict = (pn_sink_verdict){
            .code = "451 4.3.0", .text = "The message could not be stored"};
    if (session->verdict.accepted && session->envelope.delivery_count > 0)
        pn_sink_report_accepted(session);
    else
        pn_sink_report_refused(session);
}

/* RFC 2033 4.2: what one recipient is told */
static void answer_recipient(pn_sink_session *session,
                             const pn_sink_recipient *recipient)
{
    const pn_sink_verdict *verdict = &session->verdict;
    char text[160];
    if (verdict->code == NULL) {
        pn_sink_say_line(session, pn_span_of(verdict->text));
    } else if (!verdict->accepted) {
        snprintf(text, sizeof(text), " %s", verdict->text);
        pn_sink_say_about(session, verdict->code, recipient->address, text);
    } else if (!recipient->delivered) {
        const pn_sink_rule *rule = pn_sink_rules_find(
            &session->options->refused_deliveries, recipient->address);
        if (rule->reply != NULL)
            pn_sink_say_line(session, pn_span_of(rule->reply));
        else
            pn_sink_say_about(session, rule->code, recipient->address,
                              rule->reason);
    } else {
        snprintf(text, sizeof(text), " %s%s", verdict->text,
                 session->letter.id);
        pn_sink_say_about(session, verdict->code, recipient->address, text);
    }
}

void pn_sink_answer_more(pn_sink_session *session)
{
    pn_sink_recipient recipient;
    while (pn_buffer_length(&session->out) < PN_SINK_OUT_HIGH) {
        if (!pn_sink_envelope_next(&session->envelope, &session->verdict.place,
                                   &recipient)) {
            session->phase = PN_SINK_PHASE_COMMAND;
            pn_sink_session_reset(session);
            return;
        }
        answer_recipient(session, &recipient);
        if (session->phase == PN_SINK_PHASE_OVER)
            return;
    }
}

static void answer(pn_sink_session *session)
{
    const pn_sink_verdict *verdict = &session->verdict;
    char text[PN_SINK_ID_SIZE + 32];
    session->phase = PN_SINK_PHASE_COMMAND;
    if (verdict->code == NULL) {
        pn_sink_say_line(session, pn_span_of(verdict->text));
    } else if (verdict->accepted) {
        snprintf(text, sizeof(text), "%s%s", verdict->text, session->letter.id);
        pn_sink_say(session, verdict->code, text);
    } else {
        pn_sink_say(session, verdict->code, verdict->text);
    }
    pn_sink_session_reset(session);
}

void pn_sink_end_message(pn_sink_session *session)
{
    conclude(session);
    if (session->options->lmtp)
        session->phase = PN_SINK_PHASE_ANSWERS;
    else
        answer(session);
}

static void end_content(pn_sink_session *session, bool more)
{
    session->grouped = more;
    pn_sink_log_note(&session->shared->log, session->number,
                     "C: (%" PRIu64 " octets of content)",
                     session->content.size);
    if (pn_sink_is_too_early(session, false, more)) {
        pn_sink_session_reset(session);
        pn_sink_session_break(session, "554 5.5.0",
                              "SMTP protocol synchronization error: you did "
                              "not wait for the reply to your message");
        return;
    }
    pn_sink_end_message(session);
}

void pn_sink_begin_content(pn_sink_session *session, pn_sink_content_form form)
{
    pn_sink_letter_begin(&session->letter, &session->shared->store,
                         &session->envelope,
                         session->options->refuse_content == NULL &&
                             session->envelope.delivery_count > 0);
    pn_sink_content_init(&session->content, form, session->options->lenient);
}

size_t pn_sink_store_content(pn_sink_session *session, pn_span octets)
{
    pn_sink_store *store = &session->shared->store;
    bool stored = session->letter.file >= 0 && !session->letter.failed;
    pneu_status status;
    pn_buffer_clear(&store->buffer);
    size_t used = pn_sink_content_feed(&session->content, octets,
                                       stored ? &store->buffer : NULL, &status);
    if (status != PNEU_OK) {
        session->letter.failed = true;
        used = pn_sink_content_feed(&session->content, octets, NULL, &status);
    }
    store_decoded(session);
    return used;
}

size_t pn_sink_take_content(pn_sink_session *session, pn_span octets)
{
    size_t used = pn_sink_store_content(session, octets);
    if (session->content.state == PN_SINK_CONTENT_ENDED)
        end_content(session, used < octets.length);
    return used;
}
