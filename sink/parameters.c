#include "sink/parameters.h"

#include <stdio.h>
#include <string.h>

#include "sink/extensions.h"
#include "sink/parameter_checks.h"

enum {
    IS_XTEXT = 1 << 0,
    HAS_KIND = 1 << 1, /* "rfc822;", before the xtext */
    HOLDS = 1 << 2,    /* only one of these may be given */
    KEYWORD_SHOWN_MAX = 32
};

static const struct {
    pn_span keyword;
    unsigned commands;
    unsigned extension; /* any of these brings it */
    unsigned flags;
    pn_sink_value_check *check;
    const char *syntax; /* words that follow the keyword */
} PARAMETERS[] = {
    {{"SIZE", 4},
     PN_SINK_OF_MAIL,
     PN_SINK_SIZE,
     0,
     pn_sink_check_size,
     "takes a number of octets, of 1 to 20 digits"},
    {{"BODY", 4},
     PN_SINK_OF_MAIL,
     PN_SINK_8BITMIME | PN_SINK_BINARYMIME,
     0,
     pn_sink_check_body,
     "takes 7BIT, 8BITMIME or BINARYMIME, as far as they are offered"},
    {{"SMTPUTF8", 8},
     PN_SINK_OF_MAIL,
     PN_SINK_SMTPUTF8,
     0,
     pn_sink_check_smtputf8,
     "takes no value"},
    {{"AUTH", 4},
     PN_SINK_OF_MAIL,
     PN_SINK_AUTH,
     IS_XTEXT,
     pn_sink_check_auth,
     "takes <> or a mailbox as xtext"},
    {{"RET", 3},
     PN_SINK_OF_MAIL,
     PN_SINK_DSN,
     0,
     pn_sink_check_ret,
     "takes FULL or HDRS"},
    {{"ENVID", 5},
     PN_SINK_OF_MAIL,
     PN_SINK_DSN,
     IS_XTEXT,
     pn_sink_check_envid,
     "takes 1 to 100 characters of xtext for printable ASCII"},
    {{"BY", 2},
     PN_SINK_OF_MAIL,
     PN_SINK_DELIVERBY,
     0,
     pn_sink_check_by,
     "takes seconds and ;R or ;N; with R positive, and not below the minimum"},
    {{"HOLDFOR", 7},
     PN_SINK_OF_MAIL,
     PN_SINK_FUTURERELEASE,
     HOLDS,
     pn_sink_check_holdfor,
     "takes seconds, at least 1 and not more than the maximum"},
    {{"HOLDUNTIL", 9},
     PN_SINK_OF_MAIL,
     PN_SINK_FUTURERELEASE,
     HOLDS,
     pn_sink_check_holduntil,
     "takes a date and time to come, not past the maximum"},
    {{"MT-PRIORITY", 11},
     PN_SINK_OF_MAIL,
     PN_SINK_MT_PRIORITY,
     0,
     pn_sink_check_priority,
     "takes a number from -9 to 9"},
    {{"REQUIRETLS", 10},
     PN_SINK_OF_MAIL,
     PN_SINK_REQUIRETLS,
     0,
     pn_sink_check_nothing,
     "takes no value"},
    {{"NOTIFY", 6},
     PN_SINK_OF_RCPT,
     PN_SINK_DSN,
     0,
     pn_sink_check_notify,
     "takes NEVER, or a list of SUCCESS, FAILURE and DELAY"},
    {{"ORCPT", 5},
     PN_SINK_OF_RCPT,
     PN_SINK_DSN,
     IS_XTEXT | HAS_KIND,
     pn_sink_check_orcpt,
     "takes a type, a semicolon and an address as xtext"},
};

enum {
    PARAMETER_COUNT = sizeof(PARAMETERS) / sizeof(PARAMETERS[0])
};

/* "KEYWORD=value", or a keyword alone. */
static void split(pn_span word, pn_span *keyword, pn_span *value)
{
    const char *equals = memchr(word.data, '=', word.length);
    size_t length = equals != NULL ? (size_t)(equals - word.data) : word.length;
    size_t skip = equals != NULL ? length + 1 : length;
    *keyword = (pn_span){word.data, length};
    *value = (pn_span){word.data + skip, word.length - skip};
}

static size_t find(pn_span keyword)
{
    size_t i = 0;
    while (i < PARAMETER_COUNT &&
           !pn_span_equal_nocase(PARAMETERS[i].keyword, keyword))
        i++;
    return i;
}

/* The client's own word goes into the reply only if it looks like one. */
static const char *refuse_keyword(pn_span keyword, char *text)
{
    bool shown = keyword.length > 0 && keyword.length <= KEYWORD_SHOWN_MAX;
    for (size_t i = 0; i < keyword.length && shown; i++)
        shown = pn_ascii_is_alnum(keyword.data[i]) || keyword.data[i] == '-';
    if (!shown)
        keyword = PN_SPAN("A parameter");
    snprintf(text, PN_SINK_PARAMETER_TEXT_SIZE,
             "%.*s is not known or not offered here", (int)keyword.length,
             keyword.data);
    return "555 5.5.4";
}

static const char *refuse_value(size_t i, const char *why, char *text)
{
    snprintf(text, PN_SINK_PARAMETER_TEXT_SIZE, "%s %s",
             PARAMETERS[i].keyword.data, why);
    return "501 5.5.4";
}

/* What was seen before that excludes parameter i. */
static unsigned excluders(size_t i)
{
    unsigned set = 1U << i;
    for (size_t other = 0; other < PARAMETER_COUNT; other++) {
        if ((PARAMETERS[i].flags & PARAMETERS[other].flags & HOLDS) != 0)
            set |= 1U << other;
    }
    return set;
}

const char *pn_sink_parameters_parse(const pn_sink_parameter_rules *rules,
                                     pn_span list,
                                     pn_sink_parameters *parameters,
                                     char text[PN_SINK_PARAMETER_TEXT_SIZE])
{
    unsigned seen = 0;
    pn_span word;
    *parameters = (pn_sink_parameters){.size = 0};
    while (pn_span_next_word(&list, &word)) {
        pn_span keyword;
        pn_span value;
        split(word, &keyword, &value);
        size_t i = find(keyword);
        if (i == PARAMETER_COUNT ||
            (PARAMETERS[i].commands & rules->command) == 0 ||
            (PARAMETERS[i].extension & rules->offered) == 0)
            return refuse_keyword(keyword, text);
        if ((seen & 1U << i) != 0)
            return refuse_value(i, "is given twice", text);
        if ((seen & excluders(i)) != 0)
            return refuse_value(i, "does not go with the other one", text);
        if (!PARAMETERS[i].check(value, rules, parameters))
            return refuse_value(i, PARAMETERS[i].syntax, text);
        seen |= 1U << i;
    }
    return NULL;
}

bool pn_sink_parameters_next(pn_span *list, pn_sink_parameter *parameter)
{
    pn_span word;
    pn_span keyword;
    if (!pn_span_next_word(list, &word))
        return false;
    *parameter = (pn_sink_parameter){.skip = 0};
    split(word, &keyword, &parameter->value);
    size_t i = find(keyword);
    if (i == PARAMETER_COUNT)
        return false;
    parameter->keyword = PARAMETERS[i].keyword;
    parameter->xtext = (PARAMETERS[i].flags & IS_XTEXT) != 0;
    if ((PARAMETERS[i].flags & HAS_KIND) == 0)
        return true;
    pn_span kind = {parameter->value.data, 0};
    while (kind.length < parameter->value.length &&
           kind.data[kind.length] != ';')
        kind.length++;
    parameter->skip = kind.length + 1;
    if (pn_span_equal_nocase(kind, PN_SPAN("utf-8")))
        parameter->xtext = false;
    return true;
}
