#include "cli/phases.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/span.h"
#include "cli/exit.h"
#include "cli/value.h"

static const struct {
    const char *name;
    size_t offset;
} PHASES[] = {{"connect", offsetof(pneu_timeouts, connect_ms)},
              {"greeting", offsetof(pneu_timeouts, greeting_ms)},
              {"hello", offsetof(pneu_timeouts, hello_ms)},
              {"mail", offsetof(pneu_timeouts, mail_ms)},
              {"rcpt", offsetof(pneu_timeouts, rcpt_ms)},
              {"data", offsetof(pneu_timeouts, data_ms)},
              {"block", offsetof(pneu_timeouts, block_ms)},
              {"end", offsetof(pneu_timeouts, end_ms)},
              {"other", offsetof(pneu_timeouts, other_ms)}};

static int64_t *field_of(pneu_timeouts *timeouts, pn_span name)
{
    for (size_t i = 0; i < sizeof(PHASES) / sizeof(PHASES[0]); i++) {
        if (pn_span_equal(name, pn_span_of(PHASES[i].name)))
            return (int64_t *)(void *)((char *)timeouts + PHASES[i].offset);
    }
    return NULL;
}

static int parse_one(pneu_timeouts *timeouts, const char *value,
                     pn_problem *problem)
{
    char option[40];
    const char *equals = strchr(value, '=');
    size_t length = equals != NULL ? (size_t)(equals - value) : 0;
    int64_t *field = field_of(timeouts, (pn_span){value, length});
    if (equals == NULL)
        return pn_value_refuse("--phase-timeout", value,
                               "write NAME=SECONDS, as in data=30", problem);
    if (field == NULL)
        return pn_value_refuse("--phase-timeout", value,
                               "the phases are connect, greeting, hello, "
                               "mail, rcpt, data, block, end and other",
                               problem);
    snprintf(option, sizeof(option), "--phase-timeout %.*s", (int)length,
             value);
    return pn_value_seconds(option, equals + 1, field, problem);
}

int pn_phases_parse(pneu_timeouts *timeouts, const pn_list *values,
                    pn_problem *problem)
{
    int exit = PN_EXIT_OK;
    *timeouts = *PNEU_TIMEOUTS(0);
    for (size_t i = 0; i < values->count && exit == PN_EXIT_OK; i++)
        exit = parse_one(timeouts, values->items[i], problem);
    return exit;
}
