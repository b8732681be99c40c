#include "sasl/token.h"

#include "base/fail.h"

static const char WHO[] = "the token call-back";

void pn_token_init(pn_token *token, const char *given,
                   pneu_token_function *function, void *context)
{
    *token =
        (pn_token){.given = given, .function = function, .context = context};
    pn_answer_init(&token->value, PN_ANSWER_MAX);
}

void pn_token_finish(pn_token *token)
{
    pn_answer_clear(&token->value);
}

/* Takes what the call-back gave in place of what there was. */
static pneu_status take(pn_token *token, pneu_answer *fresh, pneu_error *error)
{
    if (pn_buffer_length(&fresh->data) == 0)
        return pn_fail(error, PNEU_AUTH_FAILED, "%s gave no token", WHO);
    if (token->is_refused &&
        pn_span_equal(pn_buffer_span(&fresh->data),
                      pn_buffer_span(&token->value.data))) {
        token->is_stale = true;
        return pn_fail(error, PNEU_AUTH_FAILED,
                       "%s gave the token that was refused", WHO);
    }
    pn_answer_clear(&token->value);
    token->value = *fresh;
    pn_answer_init(fresh, PN_ANSWER_MAX);
    token->is_refused = false;
    return PNEU_OK;
}

static pneu_status ask(pn_token *token, pneu_error *error)
{
    pneu_answer fresh;
    pn_answer_init(&fresh, PN_ANSWER_MAX);
    pneu_status status =
        token->function(token->context, token->is_refused, &fresh);
    status = pn_answer_check(&fresh, status, WHO, error);
    if (status == PNEU_OK)
        status = take(token, &fresh, error);
    pn_answer_clear(&fresh);
    return status;
}

pneu_status pn_token_get(pn_token *token, pn_span *out, pneu_error *error)
{
    pneu_status status = PNEU_OK;
    if (token->function == NULL) {
        *out = pn_span_of(token->given);
        return PNEU_OK;
    }
    if (!token->value.is_set || token->is_refused)
        status = ask(token, error);
    *out = pn_buffer_span(&token->value.data);
    return status;
}

bool pn_token_refuse(pn_token *token)
{
    if (token->function == NULL || token->was_asked_again)
        return false;
    token->is_refused = true;
    token->was_asked_again = true;
    return true;
}
