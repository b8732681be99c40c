/* A session's life, what breaks it, and what can be asked of it. */
#include "session/session.h"

#include <stddef.h>
#include <string.h>

#include "base/fail.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/secret.h"
#include "wire/limits.h"

enum {
    DEFAULT_UNANSWERED = 1000,
    INPUT_MAX = 1024 * 1024,     /* events that nobody takes */
    LINES_MAX = 16 * 1024 * 1024 /* commands that are not written yet */
};

static bool set_options(pneu_session *session,
                        const pneu_session_options *options)
{
    pneu_session_options own;
    if (!pn_options_copy(&own, sizeof(own), options))
        return false;
    session->lmtp = own.lmtp;
    session->no_pipelining = own.no_pipelining;
    session->max_unanswered =
        own.max_unanswered > 0 ? own.max_unanswered : DEFAULT_UNANSWERED;
    session->timeout_ms = own.timeout_ms;
    session->no_chunking = own.no_chunking;
    return pn_options_copy(&session->timeouts, sizeof(session->timeouts),
                           own.timeouts);
}

/* The greeting is the answer to a command that nobody sends. */
static pneu_status expect_greeting(pneu_session *session)
{
    pneu_status status = pn_queue_reserve(&session->queue, 1);
    if (status != PNEU_OK)
        return status;
    pn_queued *greeting = pn_queue_push(&session->queue);
    greeting->command = PNEU_COMMAND_GREETING;
    greeting->replies_due = 1;
    session->handed = 1;
    return PNEU_OK;
}

/* Zeroes all but the memory that it holds, which is emptied. */
static void clear(pneu_session *session)
{
    pn_buffer input = session->input;
    pn_buffer lines = session->lines;
    pn_reply_parser parser = session->parser;
    pn_extensions extensions = session->extensions;
    pn_queue queue = session->queue;
    if (pn_buffer_length(&lines) > 0) /* never written, perhaps a secret */
        pn_secret_wipe(lines.memory, lines.capacity);
    memset(session, 0, offsetof(pneu_session, content.pieces));
    session->input = input;
    session->lines = lines;
    session->parser = parser;
    session->extensions = extensions;
    session->queue = queue;
    pn_buffer_clear(&session->input);
    pn_buffer_clear(&session->lines);
    pn_reply_parser_clear(&session->parser);
    pn_extensions_clear(&session->extensions);
    pn_queue_clear(&session->queue);
}

pneu_status pn_session_again(pneu_session *session,
                             const pneu_session_options *options)
{
    clear(session);
    if (!set_options(session, options))
        return PNEU_INVALID;
    session->waiting_since_ms = -1;
    session->writing_since_ms = -1;
    return expect_greeting(session);
}

pneu_status pneu_session_new(pneu_session **out,
                             const pneu_session_options *options)
{
    *out = NULL;
    pneu_session *session = pn_memory_new(1, sizeof(*session));
    if (session == NULL)
        return PNEU_NO_MEMORY;
    pn_extensions_init(&session->extensions);
    pn_reply_parser_init(&session->parser);
    pn_buffer_init(&session->input, INPUT_MAX);
    pn_buffer_init(&session->lines, LINES_MAX);
    pneu_status status = pn_session_again(session, options);
    if (status != PNEU_OK) {
        pneu_session_free(session);
        return status;
    }
    *out = session;
    return PNEU_OK;
}

void pneu_session_free(pneu_session *session)
{
    if (session == NULL)
        return;
    pn_extensions_finish(&session->extensions);
    pn_reply_parser_finish(&session->parser);
    pn_buffer_finish(&session->input);
    pn_buffer_finish(&session->lines);
    pn_queue_finish(&session->queue);
    pn_memory_free(session);
}

void pn_session_move(pneu_session *session, pn_cause cause)
{
    session->state = pn_state_after(session->state, cause);
    pn_session_restart_wait(session);
}

bool pn_session_is_over(const pneu_session *session)
{
    return session->state == PN_STATE_CLOSED ||
           session->state == PN_STATE_BROKEN;
}

void pn_session_break(pneu_session *session, const pneu_error *error)
{
    if (pn_session_is_over(session))
        return;
    if (session->error.status == PNEU_OK) {
        session->error = *error;
        if (session->error.command == PNEU_COMMAND_NONE)
            session->error.command = pn_session_busy_with(session);
    }
    pn_session_move(session, PN_CAUSE_FAULT);
}

void pn_session_farewell(pneu_session *session, const pneu_error *error)
{
    if (pn_session_is_over(session))
        return;
    if (session->error.status == PNEU_OK && error != NULL)
        session->error = *error;
    pn_session_move(session, PN_CAUSE_FAREWELL);
    if (session->handed == 0)
        pn_session_move(session, PN_CAUSE_DRAINED);
}

pneu_command pn_session_busy_with(const pneu_session *session)
{
    const pn_queued *head = pn_queue_at(&session->queue, 0);
    if (session->state == PN_STATE_TLS)
        return PNEU_COMMAND_STARTTLS;
    return head != NULL ? head->command : PNEU_COMMAND_NONE;
}

/* Is there a message whose end was sent and not answered? */
static bool has_end_unanswered(const pneu_session *session)
{
    for (size_t i = 0; i < session->handed; i++) {
        const pn_queued *queued = pn_queue_at(&session->queue, i);
        if (queued->command == PNEU_COMMAND_CONTENT && !queued->skipped)
            return true;
    }
    return false;
}

void pneu_session_cancel(pneu_session *session, const pneu_error *why)
{
    pneu_error cancelled;
    pn_fail(&cancelled, PNEU_CANCELLED, "the session was cancelled");
    pn_session_farewell(session, why != NULL ? why : &cancelled);
    if (!has_end_unanswered(session)) /* no other answer is worth the wait */
        pn_session_move(session, PN_CAUSE_DRAINED);
}

/* Has nothing been said on the line yet? */
static bool is_new(const pneu_session *session)
{
    return session->state == PN_STATE_GREETING && !session->ended &&
           pn_buffer_length(&session->input) == 0 &&
           !pn_reply_parser_is_midway(&session->parser);
}

pneu_status pneu_session_resume(pneu_session *session,
                                const pneu_extension *offered, size_t count)
{
    if (!is_new(session) || session->queue.count > 1)
        return pn_fail(&session->misuse, PNEU_MISUSE,
                       "only a new session can be resumed");
    pneu_status status = pn_session_take_offer(session, offered, count);
    if (status != PNEU_OK)
        return status;
    pn_queue_pop(&session->queue); /* the greeting, which was heard */
    session->handed = 0;
    session->greeted = true;
    session->introduced = true;
    pn_session_move(session, PN_CAUSE_GREETED);
    return PNEU_OK;
}

pneu_status pneu_session_protected(pneu_session *session, pneu_protection how)
{
    if (!is_new(session) && session->state != PN_STATE_TLS)
        return pn_fail(&session->misuse, PNEU_MISUSE,
                       "TLS cannot begin now: issue STARTTLS first");
    session->protection = how;
    if (session->state == PN_STATE_TLS) {
        /* RFC 3207 4.2: all that was learned in the clear is forgotten */
        pn_extensions_clear(&session->extensions);
        session->introduced = false;
        session->authenticated = false;
        pn_session_move(session, PN_CAUSE_PROTECTED);
    }
    return PNEU_OK;
}

const pneu_error *pneu_session_error(const pneu_session *session)
{
    return &session->error;
}

const pneu_error *pneu_session_misuse(const pneu_session *session)
{
    return &session->misuse;
}

bool pneu_session_greeted(const pneu_session *session)
{
    return session->greeted;
}

bool pneu_session_introduced(const pneu_session *session)
{
    return session->introduced;
}

bool pneu_session_authenticated(const pneu_session *session)
{
    return session->authenticated;
}

/* The last command in the queue that has to do with a transaction decides;
 * without one, what the server has answered does. */
bool pneu_session_in_transaction(const pneu_session *session)
{
    for (size_t i = session->queue.count; i > 0; i--) {
        switch (pn_queue_at(&session->queue, i - 1)->command) {
        case PNEU_COMMAND_MAIL:
        case PNEU_COMMAND_RCPT:
        case PNEU_COMMAND_DATA:
        case PNEU_COMMAND_BDAT:
        case PNEU_COMMAND_CONTENT:
            return true;
        case PNEU_COMMAND_RSET:
        case PNEU_COMMAND_EHLO:
        case PNEU_COMMAND_LHLO:
        case PNEU_COMMAND_HELO:
            return false;
        default:
            break;
        }
    }
    return session->transaction_open;
}

pneu_protection pneu_session_protection(const pneu_session *session)
{
    return session->protection;
}

bool pneu_session_is_lmtp(const pneu_session *session)
{
    return session->lmtp;
}
