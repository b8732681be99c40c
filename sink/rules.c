#include "sink/rules.h"

#include <fnmatch.h>
#include <string.h>

#include "base/escape.h"
#include "base/fail.h"
#include "base/memory.h"
#include "sink/list.h"
#include "wire/limits.h"

enum {
    REPLY_LENGTH_MAX = 510 /* RFC 5321 4.5.3.1.5, without CRLF */
};

void pn_sink_rules_finish(pn_sink_rules *rules)
{
    for (size_t i = 0; i < rules->count; i++)
        pn_memory_free(rules->list[i].pattern);
    pn_memory_free(rules->list);
    *rules = (pn_sink_rules){0};
}

static bool has_control(pn_span text)
{
    for (size_t i = 0; i < text.length; i++) {
        if ((unsigned char)text.data[i] < 32 || text.data[i] == 127)
            return true;
    }
    return false;
}

/* A reply whose code begins with one of the digits. */
static pneu_status check_reply(const char *reply, const char *digits,
                               pneu_error *error)
{
    pn_span text = pn_span_of(reply);
    char shown[160];
    pn_escape(text, "\\n", shown, sizeof(shown));
    bool coded = text.length >= 3 && strchr(digits, reply[0]) != NULL &&
                 pn_ascii_is_digit(reply[1]) && pn_ascii_is_digit(reply[2]);
    if (!coded || text.length < 5 || reply[3] != ' ')
        return pn_fail(error, PNEU_INVALID,
                       "the reply \"%s\" does not begin with a code from %s400 "
                       "to 599, a blank and words",
                       shown, *digits == '2' ? "200 to 299 or " : "");
    if (has_control(text))
        return pn_fail(error, PNEU_INVALID,
                       "the reply \"%s\" holds a line break or a control "
                       "character",
                       shown);
    if (text.length > REPLY_LENGTH_MAX)
        return pn_fail(error, PNEU_INVALID,
                       "the reply \"%s\" is longer than %d octets", shown,
                       REPLY_LENGTH_MAX);
    return PNEU_OK;
}

pneu_status pn_sink_reply_check(const char *reply, pneu_error *error)
{
    return check_reply(reply, "45", error);
}

/*
 * Where the reply begins in "ADDRESS=REPLY", or NULL. A local part may hold
 * "=" too, so it is the first one with no "@" after it in the same word.
 */
static const char *find_reply(const char *text)
{
    for (const char *at = strchr(text, '='); at != NULL;
         at = strchr(at + 1, '=')) {
        size_t word = strcspn(at, " ");
        if (memchr(at, '@', word) == NULL)
            return at + 1;
    }
    return NULL;
}

static void lower(char *text)
{
    for (; *text != '\0'; text++)
        *text = pn_ascii_lower(*text);
}

pneu_status pn_sink_rules_add(pn_sink_rules *rules, const char *text,
                              const char *code, const char *reason,
                              pneu_error *error)
{
    const char *reply = find_reply(text);
    pneu_status status =
        reply != NULL ? check_reply(reply, code[0] == '2' ? "245" : "45", error)
                      : PNEU_OK;
    if (status != PNEU_OK)
        return status;
    size_t length = reply != NULL ? (size_t)(reply - 1 - text) : strlen(text);
    if (length == 0)
        return pn_fail(error, PNEU_INVALID, "an address to refuse is empty");
    char *pattern = pn_memory_copy_text(text, length);
    pn_sink_rule *rule =
        pattern == NULL
            ? NULL
            : pn_sink_list_add(&rules->list, &rules->count, sizeof(*rule));
    if (rule == NULL) {
        pn_memory_free(pattern);
        return pn_fail(error, PNEU_NO_MEMORY, "no memory for the addresses");
    }
    lower(pattern);
    *rule = (pn_sink_rule){pattern, reply, code, reason};
    return PNEU_OK;
}

const pn_sink_rule *pn_sink_rules_find(const pn_sink_rules *rules,
                                       pn_span address)
{
    char text[PN_PATH_MAX + 1];
    if (rules->count == 0 || address.length >= sizeof(text))
        return NULL;
    memcpy(text, address.data, address.length);
    text[address.length] = '\0';
    lower(text);
    for (size_t i = 0; i < rules->count; i++) {
        const char *pattern = rules->list[i].pattern;
        /* as it stands first: an address literal looks like a glob */
        if (strcmp(pattern, text) == 0 || fnmatch(pattern, text, 0) == 0)
            return &rules->list[i];
    }
    return NULL;
}
