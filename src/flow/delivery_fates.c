/* The outcomes of a delivery, and the words of each. */
#include <string.h>

#include "flow/delivery.h"

enum {
    TEXT_MAX = 1024 /* of a server's words for one recipient */
};

/* Keeps a text; the same one twice running is kept once: the words for 100
 * recipients of one message are one and the same. */
static size_t keep_text(pneu_delivery *delivery, pn_span text)
{
    pn_span all = pn_buffer_span(&delivery->texts);
    if (text.length > TEXT_MAX)
        text.length = TEXT_MAX;
    if (pn_span_equal(pn_span_of(all.data + delivery->last_text), text))
        return delivery->last_text;
    pneu_status status = PNEU_OK;
    char *copy = pn_buffer_reserve(&delivery->texts, text.length + 1, &status);
    if (copy == NULL) {
        delivery->no_memory = true;
        return 0; /* the empty text: the outcome itself is not lost */
    }
    memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    delivery->last_text = all.length;
    pn_buffer_added(&delivery->texts, text.length + 1);
    return delivery->last_text;
}

static pn_fate *settle(pneu_delivery *delivery, size_t i,
                       pneu_outcome_kind kind, pneu_command command)
{
    pn_fate *it = &delivery->fates[i];
    it->outcome.kind = kind;
    it->outcome.command = command;
    if (it->place != PN_PLACE_SETTLED)
        delivery->settled++;
    it->place = PN_PLACE_SETTLED;
    return it;
}

void pn_fate_settle_by_reply(pneu_delivery *delivery, size_t i,
                             pneu_outcome_kind kind, const pneu_event *event)
{
    const pneu_reply *reply = event->reply;
    pn_fate *it = settle(delivery, i, kind, event->command);
    it->outcome.code = reply->code;
    it->outcome.enhanced = reply->enhanced;
    it->text = keep_text(delivery, (pn_span){reply->text, reply->text_length});
}

void pn_fate_settle_alike(pneu_delivery *delivery, size_t i, size_t before)
{
    const pn_fate *like = &delivery->fates[before];
    pn_fate *it =
        settle(delivery, i, like->outcome.kind, like->outcome.command);
    it->outcome.code = like->outcome.code;
    it->outcome.enhanced = like->outcome.enhanced;
    it->text = like->text;
}

void pn_fate_settle_by_error(pneu_delivery *delivery, size_t i,
                             pneu_outcome_kind kind, pneu_command command,
                             const pneu_error *why)
{
    bool is_known = why->command != PNEU_COMMAND_NONE;
    pn_fate *it = settle(delivery, i, kind, is_known ? why->command : command);
    /* an answer that broke the protocol is no answer to a recipient */
    if (why->status == PNEU_REFUSED) {
        it->outcome.code = why->reply_code;
        it->outcome.enhanced = why->enhanced;
    }
    it->text = keep_text(delivery, pn_span_of(why->message));
}

void pn_fate_wait(pneu_delivery *delivery, size_t i)
{
    delivery->fates[i].place = PN_PLACE_WAITING;
    if (i < delivery->first_waiting)
        delivery->first_waiting = i;
}

void pn_fates_give_up(pneu_delivery *delivery, const pneu_error *why)
{
    bool is_on_its_way =
        delivery->under_way && delivery->batch.message_was_issued;
    for (size_t i = 0; i < pneu_delivery_count(delivery); i++) {
        pn_place place = delivery->fates[i].place;
        bool is_waiting = place == PN_PLACE_WAITING;
        if (place != PN_PLACE_SETTLED)
            pn_fate_settle_by_error(delivery, i,
                                    is_on_its_way && !is_waiting
                                        ? PNEU_OUTCOME_IN_DOUBT
                                        : PNEU_OUTCOME_NOT_TRIED,
                                    why->command, why);
    }
    delivery->renewal = PNEU_RENEWAL_NONE;
}

void pneu_delivery_give_up(pneu_delivery *delivery, const pneu_error *why)
{
    pn_fates_give_up(delivery, why);
    delivery->under_way = false; /* events that still come change nothing */
}

bool pneu_delivery_is_done(const pneu_delivery *delivery)
{
    return !delivery->under_way &&
           delivery->settled == pneu_delivery_count(delivery);
}

size_t pneu_delivery_count(const pneu_delivery *delivery)
{
    return delivery->letter.envelope.recipient_count;
}

const pneu_outcome *pneu_delivery_outcome(const pneu_delivery *delivery,
                                          size_t i)
{
    if (i >= pneu_delivery_count(delivery))
        return NULL;
    pn_fate *it = &delivery->fates[i];
    it->outcome.text = pn_buffer_span(&delivery->texts).data + it->text;
    return &it->outcome;
}
