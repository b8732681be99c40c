#include "sink/limits.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "cli/suggest.h"

enum {
    NUMBER_MAX = 999999, /* RFC 9422 4: at most six digits */
    SECONDS_MAX = 999999999
};

static const struct {
    const char *name;
    size_t place;
    uint64_t min;
    uint64_t max;
    bool stated; /* by LIMITS */
} LIMITS[] = {
    {"RCPTMAX", offsetof(pn_sink_limits, rcpt_max), 1, NUMBER_MAX, true},
    {"MAILMAX", offsetof(pn_sink_limits, mail_max), 1, NUMBER_MAX, true},
    {"RCPTDOMAINMAX", offsetof(pn_sink_limits, rcpt_domain_max), 1,
     PN_SINK_DOMAINS_MAX, true},
    /* RFC 2852 2, and RFC 4865 3: at most nine digits */
    {"DELIVERBY", offsetof(pn_sink_limits, deliver_by_min), 0, SECONDS_MAX,
     false},
    {"FUTURERELEASE", offsetof(pn_sink_limits, hold_max), 1, SECONDS_MAX,
     false},
};

enum {
    LIMIT_COUNT = sizeof(LIMITS) / sizeof(LIMITS[0])
};

static uint64_t *place_of(pn_sink_limits *limits, size_t i)
{
    return (uint64_t *)(void *)((char *)limits + LIMITS[i].place);
}

static uint64_t value_of(const pn_sink_limits *limits, size_t i)
{
    return *(const uint64_t *)(const void *)((const char *)limits +
                                             LIMITS[i].place);
}

static pneu_status refuse_name(pn_span name, pneu_error *error)
{
    const char *names[LIMIT_COUNT + 1] = {NULL};
    char shown[32] = "";
    for (size_t i = 0; i < LIMIT_COUNT; i++)
        names[i] = LIMITS[i].name;
    memcpy(shown, name.data,
           name.length < sizeof(shown) ? name.length : sizeof(shown) - 1);
    const char *near = pn_suggest(shown, names);
    return pn_fail(error, PNEU_INVALID, "--limit: \"%s\" is not a limit%s%s%s",
                   shown, near != NULL ? "; did you mean " : "",
                   near != NULL ? near : "", near != NULL ? "?" : "");
}

pneu_status pn_sink_limits_set(pn_sink_limits *limits, const char *text,
                               pneu_error *error)
{
    pn_span name = {text, strcspn(text, "=")};
    const char *value = text + name.length + (text[name.length] == '=');
    size_t i = 0;
    while (i < LIMIT_COUNT &&
           !pn_span_equal_nocase(pn_span_of(LIMITS[i].name), name))
        i++;
    if (i == LIMIT_COUNT)
        return refuse_name(name, error);
    uint64_t *place = place_of(limits, i);
    if (pn_span_number(pn_span_of(value), place) && *place >= LIMITS[i].min &&
        *place <= LIMITS[i].max)
        return PNEU_OK;
    return pn_fail(error, PNEU_INVALID,
                   "--limit %s= takes a number from %" PRIu64 " to %" PRIu64
                   ", not \"%s\"",
                   LIMITS[i].name, LIMITS[i].min, LIMITS[i].max, value);
}

bool pn_sink_limits_any(const pn_sink_limits *limits)
{
    for (size_t i = 0; i < LIMIT_COUNT; i++) {
        if (LIMITS[i].stated && value_of(limits, i) > 0)
            return true;
    }
    return false;
}

void pn_sink_limits_describe(const pn_sink_limits *limits, char *text,
                             size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < LIMIT_COUNT; i++) {
        uint64_t value = value_of(limits, i);
        if (!LIMITS[i].stated || value == 0 || used >= size)
            continue;
        used += (size_t)snprintf(text + used, size - used, " %s=%" PRIu64,
                                 LIMITS[i].name, value);
    }
}
