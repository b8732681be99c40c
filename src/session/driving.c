/* What a driver asks of a session: what to do next, and by when. */
#include "session/session.h"

static bool wants_body(const pneu_session *session)
{
    const pn_queued *next = pn_queue_at(&session->queue, session->handed);
    return session->state == PN_STATE_READY && !session->output_failed &&
           next != NULL && next->command == PNEU_COMMAND_CONTENT &&
           next->go_ahead && !next->lone_dot && !next->has_part &&
           !next->is_whole && session->content.count == 0;
}

/* Is the server's turn to say something? */
static bool is_waiting(const pneu_session *session)
{
    return session->handed > 0 || session->state == PN_STATE_TLS ||
           session->state == PN_STATE_CLOSING || session->output_failed ||
           pn_reply_parser_is_midway(&session->parser);
}

unsigned pneu_session_wants(const pneu_session *session)
{
    unsigned wants = 0;
    if (pn_session_is_over(session))
        return PNEU_WANT_CLOSE;
    if (session->ended)
        return 0;
    if (session->state == PN_STATE_TLS)
        return PNEU_WANT_TLS;
    if (session->state == PN_STATE_CHALLENGED)
        wants |= PNEU_WANT_STEP;
    if (pn_session_has_output(session))
        wants |= PNEU_WANT_WRITE;
    if (wants_body(session))
        wants |= PNEU_WANT_BODY;
    if (wants == 0 && session->queue.count == 0 &&
        session->state == PN_STATE_READY)
        wants |= PNEU_WANT_COMMAND;
    /* also while writing: an answer may come early, and two full socket
     * buffers must not wait for each other */
    if (is_waiting(session) || (wants & (PNEU_WANT_WRITE | PNEU_WANT_BODY)))
        wants |= PNEU_WANT_READ;
    return wants;
}

void pn_session_restart_wait(pneu_session *session)
{
    session->waiting_since_ms = is_waiting(session) ? session->now_ms : -1;
}

static pn_phase waiting_phase(const pneu_session *session)
{
    if (session->state == PN_STATE_TLS)
        return PN_PHASE_OTHER;
    if (session->state == PN_STATE_CLOSING || session->output_failed ||
        session->handed == 0)
        return PN_PHASE_FAREWELL;
    const pn_queued *head = pn_queue_at(&session->queue, 0);
    return pn_command_row_of(head->command)->phase;
}

static int64_t patience_ms(const pneu_session *session, pn_phase phase)
{
    return pn_patience_own_ms(phase, &session->timeouts, session->timeout_ms);
}

int64_t pneu_session_deadline_ms(const pneu_session *session)
{
    int64_t deadline = -1;
    if (pn_session_is_over(session))
        return -1;
    if (session->waiting_since_ms >= 0)
        deadline = session->waiting_since_ms +
                   patience_ms(session, waiting_phase(session));
    if (session->writing_since_ms >= 0) {
        int64_t block =
            session->writing_since_ms + patience_ms(session, PN_PHASE_BLOCK);
        if (deadline < 0 || block < deadline)
            deadline = block;
    }
    return deadline;
}

void pneu_session_tick(pneu_session *session, int64_t now_ms)
{
    session->now_ms = now_ms;
    if (session->waiting_since_ms < 0)
        pn_session_restart_wait(session);
    if (!pn_session_has_output(session))
        session->writing_since_ms = -1;
    else if (session->writing_since_ms < 0)
        session->writing_since_ms = now_ms;
    int64_t deadline = pneu_session_deadline_ms(session);
    if (deadline >= 0 && now_ms >= deadline)
        pneu_session_input_end(session, PNEU_END_TIMEOUT, 0);
}
