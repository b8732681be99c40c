/* One exchange of a mechanism of GNU SASL, for the tests that hold one. */
#ifndef TESTS_TALK_H
#define TESTS_TALK_H

#include "sasl/exchange.h"
#include "unit.h"

typedef struct talk {
    pn_exchange *exchange;
    pn_exchange_options options;
    pneu_answer answer;
    pneu_error error;
} talk;

static inline pneu_status try_begin(talk *of, const char *name)
{
    of->options.mechanism = pn_mechanism_find(pn_span_of(name));
    assert_non_null(of->options.mechanism);
    if (of->options.host == NULL)
        of->options.host = "mail.example.com";
    pn_answer_init(&of->answer, 4000);
    return pn_exchange_new(&of->exchange, &of->options, &of->error);
}

static inline talk begin(const char *name, const char *user,
                         const char *password)
{
    talk made = {.options = {.user = user, .password = password}};
    assert_status(try_begin(&made, name), PNEU_OK);
    return made;
}

static inline void end_talk(talk *of)
{
    pn_answer_clear(&of->answer);
    pn_exchange_free(of->exchange);
}

static inline pneu_status step(talk *of, pn_span challenge)
{
    pn_answer_clear(&of->answer);
    return pn_exchange_step(of->exchange, challenge, &of->answer, &of->error);
}

#endif
