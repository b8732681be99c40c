#include "flow/batch.h"

#include "base/options.h"
#include "flow/delivery.h"
#include "session/issue.h"

size_t pn_batch_room(const pneu_session *session, bool undivided)
{
    size_t ours = undivided ? SIZE_MAX : PN_BATCH_MOST;
    if (session == NULL)
        return ours;
    uint64_t most = pneu_session_limits(session).rcpt_max; /* RFC 9422 4.2 */
    if (most == 0)
        return undivided ? SIZE_MAX : PN_BATCH_USUAL;
    return most < ours ? (size_t)most : ours;
}

/* Is the domain of recipient i already among those of this batch? */
static bool has_domain_of(const pneu_delivery *delivery, size_t i)
{
    const pn_batch *batch = &delivery->batch;
    for (size_t n = batch->count; n > 0; n--) {
        if (pn_wire_addresses_same_domain(&delivery->letter.addresses, i,
                                          batch->recipients[n - 1]))
            return true;
    }
    return false;
}

static void add(pneu_delivery *delivery, size_t i)
{
    delivery->fates[i].place = PN_PLACE_ISSUED;
    delivery->fates[i].may_have = false;
    delivery->batch.recipients[delivery->batch.count++] = i;
}

/* Who goes next: in order, but for those who would bring one domain too many
 * (RFC 9422 4.3); they come before all others in the next transaction. Past
 * so many of them nobody looks any further: all would be looked at again for
 * every transaction. */
static void fill(pneu_delivery *delivery, const pneu_session *session)
{
    pn_batch *batch = &delivery->batch;
    uint64_t domains_max = pneu_session_limits(session).rcpt_domain_max;
    uint64_t domains = 0;
    size_t room = pn_batch_room(session, delivery->letter.envelope.undivided);
    size_t count = delivery->letter.envelope.recipient_count;
    size_t first_left = count;
    size_t left = 0;
    size_t i = delivery->first_waiting;
    if (room > batch->capacity)
        room = batch->capacity;
    if (domains_max >= room)
        domains_max = 0; /* there cannot be so many: nobody need count */
    for (; i < count && batch->count < room && left < PN_BATCH_MOST; i++) {
        if (delivery->fates[i].place != PN_PLACE_WAITING)
            continue;
        bool is_new = domains_max > 0 && !has_domain_of(delivery, i);
        if (is_new && domains == domains_max) {
            first_left = left++ == 0 ? i : first_left;
            continue;
        }
        domains += is_new;
        add(delivery, i);
    }
    delivery->first_waiting = i < first_left ? i : first_left;
}

static void begin(pneu_delivery *delivery, const pneu_session *session)
{
    pn_batch *batch = &delivery->batch;
    *batch = (pn_batch){
        .recipients = batch->recipients,
        .capacity = batch->capacity,
        .by_bdat = pneu_session_may_chunk(session),
        .is_pipelined =
            pn_session_may_pipeline(session) && session->max_unanswered > 1,
        .is_first = pneu_session_mail_count(session) == 0,
    };
    fill(delivery, session);
}

pneu_status pn_batch_issue_message(pneu_delivery *delivery,
                                   pneu_session *session)
{
    const pn_letter *letter = &delivery->letter;
    const pn_message_facts *facts = &letter->facts;
    unsigned binary = pn_letter_is_binary(letter) ? PNEU_CHUNK_BINARY : 0;
    delivery->batch.message_was_issued = true;
    if (delivery->batch.by_bdat) {
        const pn_chunk whole = {.part = letter->message,
                                .octets = facts->size,
                                .flags = PNEU_CHUNK_LAST | binary,
                                .is_clean = facts->is_crlf};
        return pn_issue_chunk(session, &whole, delivery->tag);
    }
    pneu_status status = pneu_session_data(session, delivery->tag);
    return status == PNEU_OK ? pn_issue_body(session, letter->message, true,
                                             facts->is_crlf && !facts->has_dots)
                             : status;
}

/* Addresses and parameters were checked, for this very session, before the
 * first command (pn_letter_check()). */
static pneu_status issue_mail(pneu_delivery *delivery, pneu_session *session)
{
    const pn_letter *letter = &delivery->letter;
    pneu_status status = pn_issue_check(session);
    return status == PNEU_OK
               ? pn_issue_mail(
                     session,
                     pn_span_of(pn_wire_addresses_sender(&letter->addresses)),
                     &delivery->mail, delivery->tag)
               : status;
}

static pneu_status issue_rcpt(pneu_delivery *delivery, pneu_session *session,
                              size_t i)
{
    pneu_rcpt_parameters own;
    const pn_letter *letter = &delivery->letter;
    const pneu_rcpt_parameters *given = pn_letter_rcpt(letter, i);
    pneu_status status = pn_issue_check(session);
    if (status != PNEU_OK)
        return status;
    bool is_stated = given != NULL && pn_options_copy(&own, sizeof(own), given);
    return pn_issue_rcpt(
        session, pn_span_of(pn_wire_addresses_recipient(&letter->addresses, i)),
        is_stated ? &own : NULL, delivery->tag);
}

pneu_status pn_batch_issue(pneu_delivery *delivery, pneu_session *session)
{
    const pn_batch *batch = &delivery->batch;
    pneu_status status = PNEU_OK;
    begin(delivery, session);
    if (pneu_session_in_transaction(session))
        status = pneu_session_rset(session, delivery->tag);
    if (status == PNEU_OK)
        status = issue_mail(delivery, session);
    for (size_t n = 0; n < batch->count && status == PNEU_OK; n++)
        status = issue_rcpt(delivery, session, batch->recipients[n]);
    if (status == PNEU_OK && !delivery->letter.envelope.all_or_nothing)
        status = pn_batch_issue_message(delivery, session);
    return status;
}
