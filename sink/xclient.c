#include "sink/xclient.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/memory.h"
#include "sink/xtext.h"

enum {
    VALUE_MAX = 255
};

static bool is_address(const char *value)
{
    unsigned char binary[sizeof(struct in6_addr)];
    static const char PREFIX[] = "IPV6:";
    if (pn_span_starts_nocase(pn_span_of(value), PN_SPAN("IPV6:")))
        return inet_pton(AF_INET6, value + sizeof(PREFIX) - 1, binary) == 1;
    return inet_pton(AF_INET, value, binary) == 1;
}

static bool is_port(const char *value)
{
    uint64_t number = 0;
    return pn_span_number(pn_span_of(value), &number) && number <= UINT16_MAX;
}

static bool is_protocol(const char *value)
{
    pn_span text = pn_span_of(value);
    return pn_span_equal_nocase(text, PN_SPAN("SMTP")) ||
           pn_span_equal_nocase(text, PN_SPAN("ESMTP"));
}

static bool is_text(const char *value)
{
    return value != NULL;
}

static const struct {
    const char *name;
    bool (*check)(const char *value);
} ATTRIBUTES[PN_SINK_XCLIENT_COUNT] = {
    {"NAME", is_text},        {"ADDR", is_address},  {"PORT", is_port},
    {"PROTO", is_protocol},   {"HELO", is_text},     {"LOGIN", is_text},
    {"DESTADDR", is_address}, {"DESTPORT", is_port},
};

const char *const PN_SINK_XCLIENT_NAMES =
    " NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT";

const char *pn_sink_xclient_name(size_t i)
{
    return ATTRIBUTES[i].name;
}

void pn_sink_xclient_finish(pn_sink_xclient *xclient)
{
    for (size_t i = 0; i < PN_SINK_XCLIENT_COUNT; i++)
        pn_memory_free(xclient->values[i]);
    *xclient = (pn_sink_xclient){.said = false};
}

static bool is_unknown(pn_span value)
{
    return pn_span_equal_nocase(value, PN_SPAN("[UNAVAILABLE]")) ||
           pn_span_equal_nocase(value, PN_SPAN("[TEMPUNAVAIL]"));
}

/* Decodes xtext to printable ASCII; false for what is none, or too long. */
static bool decode(pn_span text, char value[VALUE_MAX + 1])
{
    size_t length = 0;
    char octet = 0;
    if (text.length == 0 || !pn_sink_xtext_check(text, true))
        return false;
    while (pn_sink_xtext_next(&text, &octet)) {
        if (length == VALUE_MAX)
            return false;
        value[length++] = octet;
    }
    value[length] = '\0';
    return true;
}

static size_t find(pn_span name)
{
    size_t i = 0;
    while (i < PN_SINK_XCLIENT_COUNT &&
           !pn_span_equal_nocase(pn_span_of(ATTRIBUTES[i].name), name))
        i++;
    return i;
}

/* Takes one attribute; where it was given before in given, it is an error. */
static const char *take_one(pn_sink_xclient *fresh, unsigned *given,
                            pn_span word, const char **text)
{
    static const char CODE[] = "501 5.5.4";
    char value[VALUE_MAX + 1];
    const char *equals = memchr(word.data, '=', word.length);
    size_t length = equals != NULL ? (size_t)(equals - word.data) : word.length;
    size_t i = find((pn_span){word.data, length});
    *text = "Not an attribute of XCLIENT, or one that is given twice";
    if (i == PN_SINK_XCLIENT_COUNT || (*given & 1U << i) != 0)
        return CODE;
    *given |= 1U << i;
    *text = "An attribute of XCLIENT has a bad value";
    if (equals == NULL)
        return CODE;
    pn_span encoded = {equals + 1, word.length - length - 1};
    if (is_unknown(encoded))
        return NULL;
    if (!decode(encoded, value) || !ATTRIBUTES[i].check(value))
        return CODE;
    *text = "Out of memory";
    fresh->values[i] = pn_memory_copy_text(value, strlen(value));
    return fresh->values[i] != NULL ? NULL : "451 4.3.0";
}

const char *pn_sink_xclient_take(pn_sink_xclient *xclient, pn_span list,
                                 const char **text)
{
    pn_sink_xclient fresh = {.said = true};
    unsigned given = 0;
    pn_span word;
    while (pn_span_next_word(&list, &word)) {
        const char *code = take_one(&fresh, &given, word, text);
        if (code != NULL) {
            pn_sink_xclient_finish(&fresh);
            return code;
        }
    }
    *text = "Syntax: XCLIENT attribute=value ...";
    if (given == 0)
        return "501 5.5.4";
    for (size_t i = 0; i < PN_SINK_XCLIENT_COUNT; i++) {
        if ((given & 1U << i) == 0)
            continue;
        pn_memory_free(xclient->values[i]);
        xclient->values[i] = fresh.values[i];
    }
    xclient->said = true;
    return NULL;
}
