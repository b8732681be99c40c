/* What a connection needs after a delivery. */
#include "delivery.h"
#include "flow/delivery.h"
#include "session/session.h"

bool pn_py_delivery_is_done(const pn_py_delivery *self)
{
    return self->inside == NULL || pneu_delivery_is_done(self->inside);
}

bool pn_py_delivery_has(const pn_py_delivery *self, pneu_outcome_kind kind)
{
    size_t i = 0;
    while (i < self->count && self->inside->fates[i].outcome.kind != kind)
        i++;
    return i < self->count;
}

bool pn_py_delivery_is_leaving(const pn_py_delivery *self)
{
    return !pn_py_delivery_is_done(self) &&
           (self->session->state == PN_STATE_CLOSING ||
            self->session->output_failed);
}

/* The connection is of no use after an error or a 421, and if octets are there
 * that no command has asked for. */
static bool must_close(const pn_py_delivery *self)
{
    const pneu_session *session = self->session;
    return session->output_failed || session->ended ||
           pneu_session_error(session)->status != PNEU_OK ||
           pn_buffer_length(&session->input) > 0 ||
           pn_reply_parser_is_midway(&session->parser);
}

/* smtplib says RSET after every refusal, and so finds out if the server has
 * closed after it. */
static bool must_reset(const pn_py_delivery *self)
{
    return pneu_session_in_transaction(self->session) ||
           !pn_py_delivery_has(self, PNEU_OUTCOME_ACCEPTED);
}

/* RFC 5321 4.2.4: the server says that it does not know what any server knows.
 */
static bool is_unknown(const pn_py_note *note)
{
    return note->code == 500 || note->code == 502;
}

static bool is_every_recipient_unknown(const pn_py_delivery *self)
{
    size_t i = 0;
    while (i < self->count && is_unknown(&self->notes.recipients[i]))
        i++;
    return i == self->count;
}

static bool may_retry(const pn_py_delivery *self)
{
    /* what had an answer to its end was no group: somebody may have it */
    if (self->notes.end.code != 0 || !pn_session_may_pipeline(self->session))
        return false;
    bool is_data_unknown =
        is_unknown(&self->notes.data) ||
        (self->notes.data.code == 503 && self->inside->batch.passed > 0);
    return is_data_unknown || is_every_recipient_unknown(self);
}

unsigned pn_py_delivery_ending(const pn_py_delivery *self)
{
    if (!pn_py_delivery_is_done(self))
        return pn_py_delivery_is_leaving(self) ? PN_PY_HEAR_OUT : PN_PY_GO_ON;
    if (self->session == NULL || must_close(self))
        return PN_PY_CLOSE;
    if (!must_reset(self))
        return 0;
    return PN_PY_RESET | (may_retry(self) ? PN_PY_RETRY : 0);
}
