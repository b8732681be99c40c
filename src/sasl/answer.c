#include "sasl/answer.h"

#include "base/fail.h"

void pn_answer_init(pneu_answer *answer, size_t maximum)
{
    *answer = (pneu_answer){.is_set = false};
    pn_buffer_init(&answer->data, maximum);
}

void pn_answer_clear(pneu_answer *answer)
{
    pn_buffer_finish(&answer->data);
    answer->is_set = false;
    answer->failure = PNEU_OK;
}

pneu_status pn_answer_append(pneu_answer *answer, pn_span octets)
{
    answer->is_set = true;
    return pn_buffer_append(&answer->data, octets);
}

pneu_status pneu_answer_set(pneu_answer *answer, const void *data,
                            size_t length)
{
    pn_answer_clear(answer);
    answer->failure = pn_answer_append(answer, (pn_span){data, length});
    return answer->failure;
}

pneu_status pn_answer_check(const pneu_answer *answer, pneu_status status,
                            const char *who, pneu_error *error)
{
    if (status == PNEU_AGAIN)
        return pn_fail(error, PNEU_MISUSE,
                       "%s asks to be called again, which does not happen",
                       who);
    if (status != PNEU_OK)
        return pn_fail(error, status, "%s ended AUTH: %s", who,
                       pneu_status_text(status));
    if (answer->failure != PNEU_OK)
        return pn_fail(error, answer->failure, "the answer of %s: %s", who,
                       pneu_status_text(answer->failure));
    return PNEU_OK;
}
