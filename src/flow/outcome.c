#include "flow/outcome.h"

pneu_outcome_kind pn_outcome_of_refusal(const pneu_reply *reply)
{
    return reply->code / 100 == 4 ? PNEU_OUTCOME_REFUSED_FOR_NOW
                                  : PNEU_OUTCOME_REFUSED_FOR_GOOD;
}

static pneu_outcome_kind outcome_of_silence(const pneu_event *event)
{
    if (event->sent != PNEU_SENT_ALL)
        return PNEU_OUTCOME_NOT_TRIED;
    /* RFC 5321 3.8: what a server leaves unanswered after its 421 was not
     * taken. Otherwise it may have been (RFC 1047). */
    return event->after_421 ? PNEU_OUTCOME_NOT_TRIED : PNEU_OUTCOME_IN_DOUBT;
}

pneu_outcome_kind pn_outcome_of_end(const pneu_event *event)
{
    if (event->kind == PNEU_EVENT_DROPPED)
        return outcome_of_silence(event);
    if (pneu_reply_is_positive(event->reply))
        return event->sent == PNEU_SENT_ALL && !event->after_421
                   ? PNEU_OUTCOME_ACCEPTED
                   : PNEU_OUTCOME_IN_DOUBT;
    return event->after_421 ? PNEU_OUTCOME_NOT_TRIED
                            : pn_outcome_of_refusal(event->reply);
}

bool pn_outcome_is_too_many(const pneu_reply *reply, size_t accepted_before)
{
    const pneu_enhanced_code *code = &reply->enhanced;
    bool other_reason =
        code->status_class != 0 && !(code->subject == 5 && code->detail == 3);
    if (accepted_before == 0)
        return false;
    return reply->code == 452 || (reply->code == 552 && !other_reason);
}

const char *pneu_outcome_name(pneu_outcome_kind kind)
{
    switch (kind) {
    case PNEU_OUTCOME_NOT_TRIED:
        return "not tried";
    case PNEU_OUTCOME_ACCEPTED:
        return "accepted";
    case PNEU_OUTCOME_REFUSED_FOR_NOW:
        return "refused for now";
    case PNEU_OUTCOME_REFUSED_FOR_GOOD:
        return "refused for good";
    case PNEU_OUTCOME_IN_DOUBT:
        return "in doubt";
    }
    return "?";
}
