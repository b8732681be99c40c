/* A delivery's life: one message to n recipients, transaction after
 * transaction, over one connection or, after a renewal, over another. */
#include "flow/delivery.h"

#include "base/fail.h"
#include "base/memory.h"
#include "session/issue.h"
#include "session/session.h"

enum {
    TEXTS_MAX = 512 * 1024 * 1024
};

/* Room for count recipients, of whom most are in one transaction. */
static bool reserve(pneu_delivery *delivery, size_t count, size_t most)
{
    pn_batch *batch = &delivery->batch;
    if (delivery->fates_capacity < count) {
        pn_memory_free(delivery->fates);
        delivery->fates = pn_memory_new(count, sizeof(*delivery->fates));
        delivery->fates_capacity = delivery->fates != NULL ? count : 0;
    }
    if (batch->capacity < most) {
        pn_memory_free(batch->recipients);
        batch->recipients = pn_memory_new(most, sizeof(*batch->recipients));
        batch->capacity = batch->recipients != NULL ? most : 0;
    }
    return delivery->fates_capacity >= count && batch->capacity >= most;
}

static pneu_status make_room(pneu_delivery *delivery, pneu_error *error)
{
    size_t count = pneu_delivery_count(delivery);
    bool all_at_once =
        count < PN_BATCH_MOST || delivery->letter.envelope.undivided;
    if (!reserve(delivery, count, all_at_once ? count : PN_BATCH_MOST) ||
        pn_buffer_append_char(&delivery->texts, '\0') != PNEU_OK)
        return pn_fail(error, PNEU_NO_MEMORY, "no memory for %zu recipients",
                       count);
    for (size_t i = 0; i < count; i++)
        delivery->fates[i] = (pn_fate){
            .outcome = {.recipient = delivery->letter.envelope.recipients[i],
                        .text = ""}};
    return PNEU_OK;
}

static pneu_status prepare(pneu_delivery *delivery,
                           const pneu_envelope *envelope,
                           const pneu_message *message, pneu_error *error)
{
    pn_problems problems = {.list = error, .max = 1};
    if (pn_letter_read(&delivery->letter, envelope, message, &problems))
        pn_letter_check(&delivery->letter, NULL, &problems);
    return problems.count > 0 ? error->status : make_room(delivery, error);
}

pneu_status pn_delivery_again(pneu_delivery *delivery,
                              const pneu_envelope *envelope,
                              const pneu_message *message, pneu_error *error)
{
    pn_letter_finish(&delivery->letter);
    pn_buffer_clear(&delivery->texts);
    *delivery = (pneu_delivery){
        .fates = delivery->fates,
        .fates_capacity = delivery->fates_capacity,
        .batch = {.recipients = delivery->batch.recipients,
                  .capacity = delivery->batch.capacity},
        .texts = delivery->texts,
    };
    return prepare(delivery, envelope, message, error);
}

pneu_status pneu_delivery_new(pneu_delivery **out,
                              const pneu_envelope *envelope,
                              const pneu_message *message, pneu_error *error)
{
    pneu_error first;
    *out = NULL;
    if (error == NULL)
        error = &first;
    pneu_delivery *delivery = pn_memory_new(1, sizeof(*delivery));
    if (delivery == NULL)
        return pn_fail(error, PNEU_NO_MEMORY, "no memory for a delivery");
    pn_buffer_init(&delivery->texts, TEXTS_MAX);
    pneu_status status = pn_delivery_again(delivery, envelope, message, error);
    if (status != PNEU_OK) {
        pneu_delivery_free(delivery);
        return status;
    }
    *out = delivery;
    return PNEU_OK;
}

void pneu_delivery_free(pneu_delivery *delivery)
{
    if (delivery == NULL)
        return;
    pn_letter_finish(&delivery->letter);
    pn_memory_free(delivery->batch.recipients);
    pn_memory_free(delivery->fates);
    pn_buffer_finish(&delivery->texts);
    pn_memory_free(delivery);
}

/* Part of a transaction was queued: it must not go out as if it were whole. */
static pneu_status stop(pneu_delivery *delivery, pneu_session *session,
                        pneu_error *error)
{
    pneu_error why = *pneu_session_misuse(session);
    delivery->under_way = false;
    pneu_session_cancel(session, &why);
    pneu_delivery_give_up(delivery, &why);
    if (error != NULL)
        *error = why;
    return why.status;
}

static pneu_status issue_next(pneu_delivery *delivery, pneu_session *session,
                              pneu_error *error)
{
    delivery->renewal = PNEU_RENEWAL_NONE;
    if (pn_session_is_used_up(session)) {
        delivery->renewal = PNEU_RENEWAL_MAILMAX;
        return PNEU_OK;
    }
    delivery->under_way = true;
    return pn_batch_issue(delivery, session) == PNEU_OK
               ? PNEU_OK
               : stop(delivery, session, error);
}

pneu_status pneu_delivery_start(pneu_delivery *delivery, pneu_session *session,
                                uintptr_t tag, pneu_error *error)
{
    pneu_error first;
    pn_problems problems = {.list = &first, .max = 1};
    if (delivery->under_way || pneu_delivery_is_done(delivery))
        return pn_fail(error, PNEU_MISUSE,
                       "the delivery is under way or done: it begins once, "
                       "and again only after a renewal");
    pn_letter_check(&delivery->letter, session, &problems);
    if (problems.count == 0 && pn_issue_check(session) != PNEU_OK)
        *pn_problems_next(&problems) = *pneu_session_misuse(session);
    if (problems.count > 0) {
        if (error != NULL)
            *error = first;
        return first.status;
    }
    delivery->tag = tag;
    delivery->mail = pn_letter_mail(&delivery->letter, session);
    return issue_next(delivery, session, error);
}

bool pn_delivery_may_renew(const pneu_delivery *delivery, pneu_renewal reason)
{
    return (delivery->renewed & 1U << reason) == 0 &&
           !delivery->letter.envelope.undivided;
}

pneu_renewal pneu_delivery_renewal(const pneu_delivery *delivery)
{
    return delivery->renewal;
}

uint64_t pneu_delivery_octets(const pneu_delivery *delivery)
{
    return delivery->letter.facts.size;
}

/* Is the batch's reason to renew the only one why nothing more goes here? */
static bool is_to_renew(const pneu_delivery *delivery,
                        const pneu_session *session)
{
    pneu_status broken = pneu_session_error(session)->status;
    switch (delivery->batch.renewal) {
    case PNEU_RENEWAL_NO_CHUNKING:
        return true; /* the session was closed for it */
    case PNEU_RENEWAL_NO_PIPELINING:
        return broken == PNEU_OK || broken == PNEU_LOST;
    default:
        return false;
    }
}

/* The batch is over. */
static pneu_status go_on(pneu_delivery *delivery, pneu_session *session)
{
    const pneu_error *broken = pneu_session_error(session);
    delivery->under_way = false;
    if (pneu_delivery_is_done(delivery))
        return PNEU_OK;
    if (is_to_renew(delivery, session)) {
        delivery->renewal = delivery->batch.renewal;
        delivery->renewed |= 1U << delivery->renewal;
        return PNEU_OK;
    }
    if (broken->status != PNEU_OK) {
        pneu_delivery_give_up(delivery, broken);
        return PNEU_OK;
    }
    return issue_next(delivery, session, NULL);
}

/* What was lost is a text: the outcome stands, and nothing more is begun. */
static pneu_status end_for_memory(pneu_session *session)
{
    pneu_error error;
    pneu_status status = pn_fail(&error, PNEU_NO_MEMORY,
                                 "no memory for the words of an outcome");
    pneu_session_cancel(session, &error);
    return status;
}

pneu_status pneu_delivery_event(pneu_delivery *delivery, pneu_session *session,
                                const pneu_event *event)
{
    pneu_status status = PNEU_OK;
    if (!delivery->under_way)
        return PNEU_OK; /* given up while commands were queued */
    bool is_last = pn_delivery_take(delivery, session, event, &status);
    if (status != PNEU_OK)
        return stop(delivery, session, NULL);
    if (delivery->no_memory)
        status = end_for_memory(session);
    if (is_last) {
        pneu_status next = go_on(delivery, session);
        status = status != PNEU_OK ? status : next;
    }
    return status;
}
