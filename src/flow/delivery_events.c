/* What an event means for the transaction that is under way. */
#include <stdio.h>

#include "base/escape.h"
#include "base/fail.h"
#include "flow/delivery.h"
#include "flow/outcome.h"
#include "flow/refusal.h"

static bool is_positive(const pneu_event *event)
{
    return event->reply != NULL && pneu_reply_is_positive(event->reply);
}

static bool is_healthy(const pneu_session *session)
{
    return pneu_session_error(session)->status == PNEU_OK;
}

/* Is this recipient in the transaction, and without an outcome? */
static bool is_open(const pneu_delivery *delivery, size_t i)
{
    pn_place place = delivery->fates[i].place;
    return place == PN_PLACE_ISSUED || place == PN_PLACE_PASSED;
}

/* Settles all of this transaction who are not settled yet. */
static void settle_batch(pneu_delivery *delivery, const pneu_session *session,
                         pneu_outcome_kind kind, const pneu_event *event)
{
    size_t before = SIZE_MAX;
    for (size_t n = 0; n < delivery->batch.count; n++) {
        size_t i = delivery->batch.recipients[n];
        if (!is_open(delivery, i))
            continue;
        if (before != SIZE_MAX)
            pn_fate_settle_alike(delivery, i, before);
        else if (event->reply != NULL)
            pn_fate_settle_by_reply(delivery, i, kind, event);
        else
            pn_fate_settle_by_error(delivery, i, kind, event->command,
                                    pneu_session_error(session));
        before = i;
    }
}

/* All of this transaction who are not settled yet wait again. */
static void postpone_batch(pneu_delivery *delivery, pneu_renewal reason)
{
    delivery->batch.renewal = reason;
    for (size_t n = 0; n < delivery->batch.count; n++) {
        if (is_open(delivery, delivery->batch.recipients[n]))
            pn_fate_wait(delivery, delivery->batch.recipients[n]);
    }
}

/* A server that does not forget could deliver to those it was told before. */
static bool take_rset(pneu_delivery *delivery, pneu_session *session,
                      const pneu_event *event)
{
    pneu_error error;
    if (event->reply != NULL && !is_positive(event)) {
        delivery->batch.is_spoiled = true;
        pn_refusal_tell(&error, PNEU_COMMAND_RSET, event->reply);
        pneu_session_cancel(session, &error);
    }
    return delivery->batch.is_ending;
}

/* The same sender would be refused for the next hundred as well. But if RSET
 * was refused before it, the server may go on with the old transaction. */
static void take_mail(pneu_delivery *delivery, const pneu_event *event)
{
    if (event->reply == NULL || is_positive(event) ||
        delivery->batch.is_spoiled)
        return;
    pneu_outcome_kind kind = pn_outcome_of_refusal(event->reply);
    delivery->batch.is_spoiled = true;
    for (size_t i = 0; i < pneu_delivery_count(delivery); i++) {
        if (delivery->fates[i].place != PN_PLACE_SETTLED)
            pn_fate_settle_by_reply(delivery, i, kind, event);
    }
}

/* Was a command that the server knows not understood because it came in a
 * group? Only a server that was given groups can be asked without. */
static bool is_group_refused(const pneu_delivery *delivery,
                             const pneu_session *session,
                             const pneu_event *event)
{
    int code = event->reply->code;
    bool is_data = event->command == PNEU_COMMAND_DATA;
    bool not_in_order = is_data && code == 503 && delivery->batch.passed > 0;
    if (is_data && delivery->letter.envelope.all_or_nothing)
        return false; /* it went out alone */
    /* RFC 5321 4.2.4 */
    return delivery->batch.is_pipelined && is_healthy(session) &&
           (code == 500 || code == 502 || not_in_order) &&
           pn_delivery_may_renew(delivery, PNEU_RENEWAL_NO_PIPELINING);
}

static void judge_recipient(pneu_delivery *delivery,
                            const pneu_session *session,
                            const pneu_event *event, size_t i)
{
    pn_batch *batch = &delivery->batch;
    bool may_split = !delivery->letter.envelope.all_or_nothing &&
                     !delivery->letter.envelope.undivided;
    if (is_positive(event)) {
        delivery->fates[i].place = PN_PLACE_PASSED;
        batch->passed++;
    } else if (is_group_refused(delivery, session, event)) {
        batch->renewal = PNEU_RENEWAL_NO_PIPELINING;
        pn_fate_wait(delivery, i);
    } else if (may_split &&
               pn_outcome_is_too_many(event->reply, batch->passed)) {
        pn_fate_wait(delivery, i); /* RFC 5321 4.5.3.1.10 */
    } else {
        pn_fate_settle_by_reply(delivery, i,
                                pn_outcome_of_refusal(event->reply), event);
    }
}

/* The first of this transaction who has an outcome; count if nobody has. */
static size_t first_settled(const pneu_delivery *delivery)
{
    const pn_batch *batch = &delivery->batch;
    for (size_t n = 0; n < batch->count; n++) {
        if (delivery->fates[batch->recipients[n]].place == PN_PLACE_SETTLED)
            return batch->recipients[n];
    }
    return pneu_delivery_count(delivery);
}

/* One was refused, so nobody else is to have it. */
static void settle_all_or_nothing(pneu_delivery *delivery, size_t refused)
{
    pneu_error why;
    char shown[160];
    const char *name = delivery->letter.envelope.recipients[refused];
    pn_escape(pn_span_of(name), " ", shown, sizeof(shown));
    pn_fail(&why, PNEU_CANCELLED,
            "<%s> was refused, and the message was to go to all or to nobody",
            shown);
    why.command = PNEU_COMMAND_RCPT;
    delivery->batch.renewal = PNEU_RENEWAL_NONE;
    pn_fates_give_up(delivery, &why);
}

/* Every RCPT has its answer, and nothing of the message has left. True if the
 * transaction is over by that. */
static bool decide(pneu_delivery *delivery, pneu_session *session,
                   pneu_status *status)
{
    pn_batch *batch = &delivery->batch;
    size_t refused = first_settled(delivery);
    bool is_refused = refused < pneu_delivery_count(delivery);
    if (!is_healthy(session)) { /* all go again, or nobody */
        postpone_batch(delivery,
                       is_refused ? PNEU_RENEWAL_NONE : batch->renewal);
        return true;
    }
    if (batch->passed == batch->count) {
        *status = pn_batch_issue_message(delivery, session);
        return false;
    }
    if (is_refused)
        settle_all_or_nothing(delivery, refused);
    else
        postpone_batch(delivery, batch->renewal);
    if (!pneu_session_in_transaction(session))
        return true;
    batch->is_ending = true;
    *status = pneu_session_rset(session, delivery->tag);
    return false;
}

/* RFC 5321 3.8: a 421 may come unasked, so from there on the count is not
 * sure. */
static bool is_counted_by_421(const pneu_event *event)
{
    return event->after_421 ||
           (event->reply != NULL && event->reply->code == 421);
}

/* One whose RCPT has no answer stays as it is: behind it the end of the
 * message may have left. */
static bool take_rcpt(pneu_delivery *delivery, pneu_session *session,
                      const pneu_event *event, pneu_status *status)
{
    size_t i = delivery->batch.recipients[event->index];
    bool is_last = event->index + 1 == delivery->batch.count;
    bool is_unsure = is_counted_by_421(event);
    delivery->batch.is_spoiled |= is_unsure;
    delivery->fates[i].may_have = is_unsure || is_positive(event);
    /* if it is settled, a refused MAIL was the first cause */
    if (event->reply != NULL && is_open(delivery, i))
        judge_recipient(delivery, session, event, i);
    return delivery->letter.envelope.all_or_nothing && is_last &&
           decide(delivery, session, status);
}

static void take_data(pneu_delivery *delivery, const pneu_session *session,
                      const pneu_event *event)
{
    delivery->batch.data_was_sent = event->sent == PNEU_SENT_ALL;
    if (event->reply == NULL || event->reply->code == 354)
        return;
    if (is_group_refused(delivery, session, event))
        postpone_batch(delivery, PNEU_RENEWAL_NO_PIPELINING);
    else
        settle_batch(delivery, session, pn_outcome_of_refusal(event->reply),
                     event);
}

/* The server closed as soon as it had seen the first group, and no octet of
 * the message had left. */
static bool is_group_dropped(const pneu_delivery *delivery,
                             const pneu_session *session,
                             const pneu_event *event)
{
    const pn_batch *batch = &delivery->batch;
    return event->kind == PNEU_EVENT_DROPPED && batch->is_first &&
           batch->is_pipelined && !batch->by_bdat && batch->data_was_sent &&
           !batch->was_answered && event->sent == PNEU_SENT_NOTHING &&
           pneu_session_error(session)->status == PNEU_LOST &&
           pn_delivery_may_renew(delivery, PNEU_RENEWAL_NO_PIPELINING);
}

/* Do these words say that BDAT is not known? RFC 5321 4.2.4, RFC 3030 2 */
static bool is_bdat_unknown(const pneu_delivery *delivery,
                            const pneu_event *event)
{
    return delivery->batch.by_bdat && event->reply != NULL &&
           !event->after_421 &&
           (event->reply->code == 500 || event->reply->code == 502 ||
            event->reply->code == 521);
}

/* May the message, refused so, go again without BDAT? Not if something else
 * had ended the session, and not if it cannot go without. */
static bool may_go_without_bdat(const pneu_delivery *delivery,
                                const pneu_session *session,
                                const pneu_event *event)
{
    const pneu_error *broken = pneu_session_error(session);
    bool by_this = broken->status == PNEU_REFUSED &&
                   broken->reply_code == event->reply->code;
    return (is_healthy(session) || by_this) &&
           !pn_letter_is_binary(&delivery->letter) &&
           pn_delivery_may_renew(delivery, PNEU_RENEWAL_NO_CHUNKING);
}

/* RFC 3030 2: the server may go on to read the chunk as commands, so the line
 * is closed at once. */
static void close_unknown(pneu_session *session, const pneu_event *event)
{
    pneu_error error;
    pn_refusal_tell(&error, PNEU_COMMAND_BDAT, event->reply);
    pneu_session_cancel(session, &error);
}

/* The server took something that it had refused the sender of, or was not to
 * remember, or had taken leave before: nobody knows for whom. */
static bool take_spoiled(pneu_delivery *delivery, pneu_session *session,
                         const pneu_event *event)
{
    pneu_error error;
    for (size_t n = 0; n < delivery->batch.count; n++) {
        size_t i = delivery->batch.recipients[n];
        if (delivery->fates[i].may_have)
            pn_fate_settle_by_reply(delivery, i, PNEU_OUTCOME_IN_DOUBT, event);
    }
    pn_fail(&error, PNEU_PROTOCOL,
            "the server accepted a message though it had refused its "
            "transaction");
    error.command = PNEU_COMMAND_CONTENT;
    pneu_session_cancel(session, &error);
    return true;
}

/* The first of this transaction whose RCPT was accepted and who has no answer;
 * SIZE_MAX if nobody is left. */
static size_t next_accepted(const pneu_delivery *delivery)
{
    for (size_t n = 0; n < delivery->batch.count; n++) {
        size_t i = delivery->batch.recipients[n];
        if (delivery->fates[i].place == PN_PLACE_PASSED)
            return i;
    }
    return SIZE_MAX;
}

/* RFC 2033 4.2: those before it are settled, so it is the first left. */
static bool take_lmtp_answer(pneu_delivery *delivery, pneu_session *session,
                             const pneu_event *event)
{
    size_t i = next_accepted(delivery);
    pneu_outcome_kind kind = pn_outcome_of_end(event);
    if (event->index == 0 && is_bdat_unknown(delivery, event)) {
        delivery->batch.is_unsure = true;
        close_unknown(session, event);
    }
    /* RFC 2033 4.2: taken before its end, so nobody knows what for whom */
    if (event->sent != PNEU_SENT_ALL && kind == PNEU_OUTCOME_IN_DOUBT)
        settle_batch(delivery, session, kind, event);
    /* it may answer a line of the message that was read as a command */
    if (delivery->batch.is_unsure && kind == PNEU_OUTCOME_ACCEPTED)
        kind = PNEU_OUTCOME_IN_DOUBT;
    if (i != SIZE_MAX && is_open(delivery, i))
        pn_fate_settle_by_reply(delivery, i, kind, event);
    return next_accepted(delivery) == SIZE_MAX;
}

/* True if this was the transaction's last event. */
static bool take_content(pneu_delivery *delivery, pneu_session *session,
                         const pneu_event *event)
{
    bool one_each = pneu_session_is_lmtp(session) && event->reply != NULL;
    if (is_positive(event) && delivery->batch.is_spoiled)
        return take_spoiled(delivery, session, event);
    if (one_each && delivery->batch.passed > 1)
        return take_lmtp_answer(delivery, session, event);
    if (is_group_dropped(delivery, session, event)) {
        postpone_batch(delivery, PNEU_RENEWAL_NO_PIPELINING);
    } else if (is_bdat_unknown(delivery, event)) {
        if (may_go_without_bdat(delivery, session, event))
            postpone_batch(delivery, PNEU_RENEWAL_NO_CHUNKING);
        close_unknown(session, event);
    }
    settle_batch(delivery, session, pn_outcome_of_end(event), event);
    return true;
}

bool pn_delivery_take(pneu_delivery *delivery, pneu_session *session,
                      const pneu_event *event, pneu_status *status)
{
    *status = PNEU_OK;
    delivery->batch.was_answered |= event->reply != NULL;
    switch (event->command) {
    case PNEU_COMMAND_RSET:
        return take_rset(delivery, session, event);
    case PNEU_COMMAND_MAIL:
        take_mail(delivery, event);
        return false;
    case PNEU_COMMAND_RCPT:
        return take_rcpt(delivery, session, event, status);
    case PNEU_COMMAND_DATA:
        take_data(delivery, session, event);
        return false;
    case PNEU_COMMAND_CONTENT:
        return take_content(delivery, session, event);
    default:
        return false;
    }
}
