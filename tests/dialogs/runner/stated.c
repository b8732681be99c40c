#include "stated.h"

#include <stdlib.h>
#include <string.h>

void stated_mail_init(stated_mail *to)
{
    *to = (stated_mail){.parameters = {.size = sizeof(to->parameters)}};
}

void stated_rcpt_init(stated_rcpt *to)
{
    *to = (stated_rcpt){.parameters = {.size = sizeof(to->parameters)}};
}

static const char *keep(text *in, const arguments *from)
{
    in->length = 0;
    text_print(in, "%s", from->value != NULL ? from->value : "");
    return in->data;
}

static bool take_text(stated_mail *to, const arguments *from)
{
    if (is_named(from, "envid"))
        to->parameters.envid = keep(&to->texts[0], from);
    else if (is_named(from, "auth"))
        to->parameters.auth = keep(&to->texts[1], from);
    else if (is_named(from, "hold-until"))
        to->parameters.hold_until = keep(&to->texts[2], from);
    else if (is_named(from, "raw"))
        to->parameters.raw = keep(&to->texts[3], from);
    else
        return false;
    return true;
}

static bool take_flag(pneu_mail_parameters *to, const arguments *from)
{
    if (is_named(from, "7bit"))
        to->body = PNEU_BODY_7BIT;
    else if (is_named(from, "8bit"))
        to->body = PNEU_BODY_8BITMIME;
    else if (is_named(from, "binary"))
        to->body = PNEU_BODY_BINARYMIME;
    else if (is_named(from, "utf8"))
        to->smtputf8 = true;
    else if (is_named(from, "require-tls"))
        to->require_tls = true;
    else
        return false;
    return true;
}

/* "by=120;RT" */
static void take_by(pneu_mail_parameters *to, const char *value)
{
    char *end = NULL;
    to->by_seconds = strtoll(value, &end, 10);
    to->by = strncmp(end, ";R", 2) == 0 ? PNEU_DELIVER_BY_RETURN
                                        : PNEU_DELIVER_BY_NOTIFY;
    to->by_trace = strlen(end) == 3 && end[2] == 'T';
}

static bool take_number(pneu_mail_parameters *to, const arguments *from)
{
    const char *value = from->value != NULL ? from->value : "";
    if (is_named(from, "size")) {
        to->octets = strtoull(value, NULL, 10);
    } else if (is_named(from, "hold-for")) {
        to->hold_seconds = (uint32_t)strtoul(value, NULL, 10);
    } else if (is_named(from, "priority")) {
        to->has_priority = true;
        to->priority = (int)strtol(value, NULL, 10);
    } else if (is_named(from, "by")) {
        take_by(to, value);
    } else if (is_named(from, "ret")) {
        to->ret =
            strcmp(value, "full") == 0 ? PNEU_RETURN_FULL : PNEU_RETURN_HEADERS;
    } else {
        return false;
    }
    return true;
}

bool stated_mail_take(stated_mail *to, const arguments *from)
{
    return take_text(to, from) || take_flag(&to->parameters, from) ||
           take_number(&to->parameters, from);
}

/* "success,delay" */
static unsigned notify_flags(const char *value)
{
    static const char *const WORDS[] = {"never", "success", "failure", "delay"};
    unsigned flags = 0;
    for (size_t i = 0; i < 4; i++) {
        if (value != NULL && strstr(value, WORDS[i]) != NULL)
            flags |= 1U << i;
    }
    return flags;
}

bool stated_rcpt_take(stated_rcpt *to, const arguments *from)
{
    if (is_named(from, "notify"))
        to->parameters.notify = notify_flags(from->value);
    else if (is_named(from, "orcpt"))
        to->parameters.orcpt = keep(&to->texts[0], from);
    else if (is_named(from, "orcpt-type"))
        to->parameters.orcpt_type = keep(&to->texts[1], from);
    else if (is_named(from, "raw"))
        to->parameters.raw = keep(&to->texts[2], from);
    else
        return false;
    return true;
}

static void free_texts(text *texts)
{
    for (size_t i = 0; i < STATED_TEXTS; i++)
        text_free(&texts[i]);
}

void stated_mail_free(stated_mail *of)
{
    free_texts(of->texts);
}

void stated_rcpt_free(stated_rcpt *of)
{
    free_texts(of->texts);
}
