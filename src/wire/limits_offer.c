#include "wire/limits_offer.h"

#include <string.h>

/* RFC 9422 4: one to six digits, the first of them not 0 */
enum {
    DIGITS_MAX = 6
};

static bool read_value(pn_span text, uint64_t *value)
{
    return text.length <= DIGITS_MAX && pn_span_number(text, value) &&
           text.data[0] != '0';
}

static uint64_t *limit_of(pn_limits *limits, pn_span name)
{
    if (pn_span_equal_nocase(name, PN_SPAN("MAILMAX")))
        return &limits->mail_max;
    if (pn_span_equal_nocase(name, PN_SPAN("RCPTMAX")))
        return &limits->rcpt_max;
    if (pn_span_equal_nocase(name, PN_SPAN("RCPTDOMAINMAX")))
        return &limits->rcpt_domain_max;
    return NULL; /* one that is not known, or not yet */
}

pn_limits pn_limits_parse(const char *parameters)
{
    pn_limits limits = {0};
    pn_span rest = pn_span_of(parameters);
    pn_span word;
    while (pn_span_next_word(&rest, &word)) {
        uint64_t value = 0;
        const char *equals = memchr(word.data, '=', word.length);
        if (equals == NULL)
            continue;
        size_t length = (size_t)(equals - word.data);
        uint64_t *limit = limit_of(&limits, (pn_span){word.data, length});
        pn_span digits = {equals + 1, word.length - length - 1};
        if (limit != NULL && read_value(digits, &value) &&
            (*limit == 0 || value < *limit))
            *limit = value;
    }
    return limits;
}
