/* The receiver: octets in, replies matched to commands by counting alone, and
 * an event for every command. */
#include <string.h>

#include "base/escape.h"
#include "base/fail.h"
#include "session/session.h"

pneu_status pneu_session_input(pneu_session *session, const void *data,
                               size_t length)
{
    pneu_error error;
    if (length == 0 || pn_session_is_over(session))
        return PNEU_OK; /* after a QUIT's answer nothing matters */
    if (session->ended)
        return pn_fail(&session->misuse, PNEU_MISUSE,
                       "the input was ended before");
    if (session->state == PN_STATE_TLS) {
        pn_fail(&error, PNEU_PROTOCOL,
                "the server sent something in the clear after its answer to "
                "STARTTLS");
        pn_session_break(session, &error);
        return PNEU_OK;
    }
    pneu_status status =
        pn_buffer_append(&session->input, (pn_span){data, length});
    if (status != PNEU_OK)
        pn_fail(&session->misuse, status, "no room for the server's octets");
    return status;
}

void pneu_session_input_end(pneu_session *session, pneu_end why,
                            int system_error)
{
    if (session->ended)
        return;
    session->ended = true;
    session->end = why;
    if (system_error != 0)
        session->end_errno = system_error;
}

/* An octet that is not the start of a 421, with nothing asked. */
static bool is_uncalled_for(const pneu_session *session)
{
    static const char SHUTDOWN[] = "421";
    pn_span text = pn_buffer_span(&session->parser.text);
    if (session->parser.reply.line_count > 0)
        return session->parser.reply.code != 421;
    for (size_t i = 0; i < text.length && i < 3; i++) {
        if (text.data[i] != SHUTDOWN[i])
            return true;
    }
    return false;
}

/* Does the oldest command wait for a reply? */
static bool is_reply_awaited(const pneu_session *session)
{
    const pn_queued *head = pn_queue_at(&session->queue, 0);
    return session->handed > 0 ||
           (head != NULL &&
            (head->go_ahead || (head->is_chunk && head->begun)));
}

static void break_uncalled_for(pneu_session *session, pn_span text)
{
    char shown[160];
    pneu_error error;
    pn_escape(text, " / ", shown, sizeof(shown));
    pn_fail(&error, PNEU_PROTOCOL,
            "the server answered something that was not asked: \"%s\"", shown);
    pn_session_break(session, &error);
}

/* Reads on until a reply is whole; false if it is not, or if that broke the
 * session. */
static bool read_reply(pneu_session *session)
{
    size_t used = 0;
    pneu_error error;
    pn_span input = pn_buffer_span(&session->input);
    if (input.length == 0)
        return false;
    pneu_status status =
        pn_reply_parser_feed(&session->parser, input, &used, &error);
    pn_buffer_consume(&session->input, used);
    if (status != PNEU_OK) {
        pn_session_break(session, &error);
        return false;
    }
    if (session->parser.done)
        return true;
    if (!is_reply_awaited(session)) {
        if (is_uncalled_for(session))
            break_uncalled_for(session, pn_buffer_span(&session->parser.text));
        else if (session->waiting_since_ms < 0)
            pn_session_restart_wait(session);
    }
    return false;
}

static const char *end_text(pneu_end end, pneu_status *status)
{
    static const struct {
        pneu_status status;
        const char *text;
    } ENDS[] = {
        [PNEU_END_OF_STREAM] = {PNEU_LOST, "the server closed the connection"},
        [PNEU_END_RESET] = {PNEU_LOST, "the connection broke"},
        [PNEU_END_TIMEOUT] = {PNEU_TIMEOUT, "the server took too long"},
        [PNEU_END_DEADLINE] = {PNEU_DEADLINE, "the deadline passed"},
        [PNEU_END_TLS] = {PNEU_TLS, "TLS failed"},
    };
    *status = ENDS[end].status;
    return ENDS[end].text;
}

static void break_by_end(pneu_session *session)
{
    pneu_error error;
    pneu_status status = PNEU_LOST;
    /* what could not be written is why nobody answered */
    pneu_end end = session->output_failed && session->end == PNEU_END_TIMEOUT
                       ? PNEU_END_RESET
                       : session->end;
    const char *what = end_text(end, &status);
    const pn_queued *head = pn_queue_at(&session->queue, 0);
    const char *name = pn_command_row_of(pn_session_busy_with(session))->name;
    if (head == NULL && session->state != PN_STATE_TLS)
        pn_fail(&error, status, "%s", what);
    else if (session->state == PN_STATE_TLS)
        pn_fail(&error, status, "%s while TLS was to begin", what);
    else if (head->command == PNEU_COMMAND_GREETING)
        pn_fail(&error, status, "%s before its greeting", what);
    else if (session->handed > 0)
        pn_fail(&error, status, "%s while the answer to %s was awaited", what,
                name);
    else
        pn_fail(&error, status, "%s while %s was being sent", what,
                head->command == PNEU_COMMAND_CONTENT ? "the message" : name);
    error.system_error = session->end_errno;
    pn_session_break(session, &error);
}

/* All that came before the end has been read. */
static void finish_input(pneu_session *session)
{
    if (session->state == PN_STATE_CLOSING)
        pn_session_move(session, PN_CAUSE_DRAINED);
    else
        break_by_end(session);
}

static void pop_head(pneu_session *session)
{
    const pn_queued *head = pn_queue_at(&session->queue, 0);
    if (head->skipped)
        session->skipped--;
    pn_queue_pop(&session->queue);
    if (session->handed > 0)
        session->handed--;
    pn_session_restart_wait(session);
    if (session->state == PN_STATE_CLOSING && session->handed == 0)
        pn_session_move(session, PN_CAUSE_DRAINED);
}

static pneu_sent sent_of(const pneu_session *session, const pn_queued *head)
{
    if (head->skipped || head->lone_dot)
        return PNEU_SENT_NOTHING;
    if (session->handed > 0)
        return PNEU_SENT_ALL;
    return head->begun ? PNEU_SENT_PART : PNEU_SENT_NOTHING;
}

static void describe(const pneu_session *session, const pn_queued *head,
                     pneu_event *event)
{
    event->command = head->command;
    event->tag = head->tag;
    event->index = head->index;
    event->sent = sent_of(session, head);
    event->after_421 = session->after_421;
    size_t own = session->handed > 0 && !head->skipped ? 1 : 0;
    event->replies_due = session->handed - session->skipped - own;
    if (head->command == PNEU_COMMAND_CONTENT && head->replies_had > 0) {
        event->index = head->replies_had - 1;
        event->replies_due += head->replies_due - head->replies_had;
    }
}

/* The head will not be answered: it was skipped, or the session is over. */
static bool drop_head(pneu_session *session, pneu_event *event)
{
    pn_queued *head = pn_queue_at(&session->queue, 0);
    if (head == NULL || !(head->skipped || pn_session_is_over(session)))
        return false;
    describe(session, head, event);
    event->kind = PNEU_EVENT_DROPPED;
    pop_head(session);
    return true;
}

static bool is_possible(const pn_command_row *row, int code)
{
    if (code >= 400 || row->positive == 0)
        return true;
    return code == row->positive || code / 100 == row->positive ||
           (row->intermediate != 0 && code == row->intermediate);
}

static void note_shutdown(pneu_session *session, const pneu_reply *reply)
{
    char words[256];
    pneu_error error;
    pn_escape((pn_span){reply->text, reply->text_length}, " ", words,
              sizeof(words));
    pn_fail(&error, PNEU_REFUSED, "the server closes the connection: 421 %s",
            words);
    error.command = pn_session_busy_with(session);
    error.reply_code = reply->code;
    error.enhanced = reply->enhanced;
    session->after_421 = true;
    pn_session_farewell(session, &error);
}

static void break_wrong_code(pneu_session *session, const char *name,
                             const pneu_reply *reply)
{
    char words[256];
    pneu_error error;
    pn_escape((pn_span){reply->text, reply->text_length}, " ", words,
              sizeof(words));
    pn_fail(&error, PNEU_PROTOCOL, "%s cannot be answered with %d: \"%s\"",
            name, reply->code, words);
    error.reply_code = reply->code;
    pn_session_break(session, &error);
}

/* RFC 2033 4.2: over LMTP the end of a message has an answer for each recipient
 * that was accepted (by BDAT only the last chunk). All RCPTs are answered when
 * it is the oldest command. */
static void fix_replies_due(const pneu_session *session, pn_queued *head)
{
    if (head->command == PNEU_COMMAND_CONTENT && session->lmtp)
        head->replies_due = session->current.accepted;
}

/* A whole reply, and the oldest command waits for it. */
static bool answer_head(pneu_session *session, pneu_event *event)
{
    const pneu_reply *reply = &session->parser.reply;
    pn_queued *head = pn_queue_at(&session->queue, 0);
    const pn_command_row *row = pn_command_row_of(head->command);
    if (!is_possible(row, reply->code)) {
        break_wrong_code(session, row->name, reply);
        return false;
    }
    if (head->replies_had++ == 0)
        fix_replies_due(session, head);
    describe(session, head, event);
    event->kind = head->lone_dot ? PNEU_EVENT_DROPPED : PNEU_EVENT_REPLY;
    event->reply = head->lone_dot ? NULL : reply;
    bool is_quit = head->command == PNEU_COMMAND_QUIT;
    bool is_last = head->replies_had == head->replies_due;
    row->handler(session, head, reply);
    if (reply->code == 421 && !is_quit) /* RFC 5321 3.8 */
        note_shutdown(session, reply);
    if (is_last)
        pop_head(session);
    else
        pn_session_restart_wait(session);
    return true;
}

static bool take_reply(pneu_session *session, pneu_event *event)
{
    const pneu_reply *reply = &session->parser.reply;
    if (is_reply_awaited(session))
        return answer_head(session, event);
    if (reply->code == 421)
        note_shutdown(session, reply);
    else
        break_uncalled_for(session, (pn_span){reply->text, reply->text_length});
    return false;
}

/* Nothing whole is left to read: true if that changed anything, the end
 * having come, or a command having become pointless. */
static bool settle_down(pneu_session *session)
{
    if (pn_session_is_over(session))
        return true;
    if (session->ended) {
        finish_input(session);
        return true;
    }
    pn_session_skip(session);
    const pn_queued *head = pn_queue_at(&session->queue, 0);
    return pn_session_is_over(session) || (head != NULL && head->skipped);
}

bool pneu_session_next_event(pneu_session *session, pneu_event *event)
{
    *event = (pneu_event){.kind = PNEU_EVENT_REPLY};
    for (;;) {
        if (drop_head(session, event))
            return true;
        if (pn_session_is_over(session))
            return false;
        if (!read_reply(session)) {
            if (!settle_down(session))
                return false;
        } else if (take_reply(session, event)) {
            return true;
        }
    }
}
