#include "sasl/own.h"

#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/fail.h"
#include "base/memory.h"
#include "base/options.h"

enum {
    NAME_MAX_LENGTH = 20 /* RFC 4422 3.1 */
};

typedef struct own_exchange {
    pn_exchange base;
    const pneu_mechanism *own;
} own_exchange;

static pneu_status step(pn_exchange *exchange, pn_span challenge,
                        pneu_answer *answer, pneu_error *error)
{
    const pneu_mechanism *own = ((const own_exchange *)exchange)->own;
    char who[64];
    snprintf(who, sizeof(who), "the program's mechanism %s", own->name);
    pneu_status status =
        own->step(own->context, challenge.data, challenge.length, answer);
    status = pn_answer_check(answer, status, who, error);
    if (status == PNEU_OK && challenge.data != NULL)
        answer->is_set = true; /* to a challenge there is always an answer */
    return status;
}

/* Only the program knows, and it does not say. */
static bool is_complete(const pn_exchange *exchange)
{
    (void)exchange;
    return true;
}

static void free_exchange(pn_exchange *exchange)
{
    pn_memory_free(exchange);
}

static const pn_exchange_table TABLE = {
    .step = step, .is_complete = is_complete, .free = free_exchange};

pneu_status pn_own_new(pn_exchange **exchange,
                       const pn_exchange_options *options, pneu_error *error)
{
    own_exchange *made = pn_memory_new(1, sizeof(*made));
    if (made == NULL)
        return pn_fail(error, PNEU_NO_MEMORY, "no memory for AUTH");
    made->base = (pn_exchange){&TABLE, options->mechanism};
    made->own = options->own;
    *exchange = &made->base;
    return PNEU_OK;
}

static bool is_name(pn_span name)
{
    for (size_t i = 0; i < name.length; i++) {
        char c = name.data[i];
        if (!pn_ascii_is_alnum(c) && c != '-' && c != '_')
            return false;
    }
    return name.length > 0 && name.length <= NAME_MAX_LENGTH;
}

pneu_status pn_own_check(const pneu_mechanism *mechanism, pneu_error *error)
{
    pneu_mechanism own;
    char shown[60];
    if (mechanism == NULL)
        return PNEU_OK;
    if (!pn_options_copy(&own, sizeof(own), mechanism))
        return pn_fail(error, PNEU_INVALID,
                       "the size of own_mechanism is not set");
    if (own.step == NULL)
        return pn_fail(error, PNEU_INVALID, "own_mechanism has no step");
    if (own.name != NULL && strpbrk(own.name, "\r\n") != NULL)
        return pn_fail(error, PNEU_LINE_BREAK,
                       "the name of own_mechanism must not hold CR or LF");
    if (is_name(pn_span_of(own.name)))
        return PNEU_OK;
    pn_escape(pn_span_of(own.name), "\\n", shown, sizeof(shown));
    return pn_fail(error, PNEU_INVALID,
                   "\"%s\" is no name for a SASL mechanism: 1 to 20 letters, "
                   "digits, \"-\" and \"_\"",
                   shown);
}
