/* The calls of `calls` that are about a message: what MAIL and RCPT state,
 * the message, and what became of it. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"

enum {
    KEPT_SIZE = 1 << 14,
    PROBLEMS_MAX = 32
};

/* What `state` was told, until it is told otherwise. */
static struct {
    pneu_mail_parameters mail;
    pneu_rcpt_parameters rcpt;
    bool allow_local;
    bool allow_long_lines;
    bool all_or_nothing;
    char kept[KEPT_SIZE];
    size_t kept_length;
} stated = {.mail.size = sizeof(pneu_mail_parameters),
            .rcpt.size = sizeof(pneu_rcpt_parameters)};

/* A text that outlives its line. */
static const char *keep(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = stated.kept + stated.kept_length;

    if (size > KEPT_SIZE - stated.kept_length)
        exit(3);
    memcpy(copy, text, size);
    stated.kept_length += size;
    return copy;
}

/* The number of a word in a list with NULL at its end. */
static unsigned choice(const char *const *list, const char *name)
{
    for (unsigned i = 0; list[i]; i++)
        if (!strcmp(list[i], name))
            return i;
    fprintf(stderr, "%s: no such choice\n", name);
    exit(2);
}

static unsigned notify_set(const char *value)
{
    unsigned set = 0;

    if (strstr(value, "never"))
        set |= PNEU_NOTIFY_NEVER;
    if (strstr(value, "success"))
        set |= PNEU_NOTIFY_SUCCESS;
    if (strstr(value, "failure"))
        set |= PNEU_NOTIFY_FAILURE;
    if (strstr(value, "delay"))
        set |= PNEU_NOTIFY_DELAY;
    return set;
}

static bool state_text(const char *name, const char *value)
{
    const struct {
        const char *name;
        const char **field;
    } texts[] = {
        {"envid", &stated.mail.envid},
        {"auth", &stated.mail.auth},
        {"hold_until", &stated.mail.hold_until},
        {"raw", &stated.mail.raw},
        {"orcpt", &stated.rcpt.orcpt},
        {"orcpt_type", &stated.rcpt.orcpt_type},
        {"rcpt_raw", &stated.rcpt.raw},
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!strcmp(texts[i].name, name)) {
            *texts[i].field = keep(value);
            return true;
        }
    return false;
}

static bool state_flag(const char *name)
{
    const struct {
        const char *name;
        bool *field;
    } flags[] = {
        {"smtputf8", &stated.mail.smtputf8},
        {"by_trace", &stated.mail.by_trace},
        {"require_tls", &stated.mail.require_tls},
        {"allow_local", &stated.allow_local},
        {"allow_long_lines", &stated.allow_long_lines},
        {"all_or_nothing", &stated.all_or_nothing},
    };

    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (!strcmp(flags[i].name, name)) {
            *flags[i].field = true;
            return true;
        }
    return false;
}

static bool state_choice(const char *name, const char *value)
{
    static const char *const bodies[] = {"", "7bit", "8bitmime", "binarymime",
                                         NULL};
    static const char *const returns[] = {"", "full", "hdrs", NULL};
    static const char *const bys[] = {"", "notify", "return", NULL};

    if (!strcmp(name, "body"))
        stated.mail.body = (pneu_body_type)choice(bodies, value);
    else if (!strcmp(name, "ret"))
        stated.mail.ret = (pneu_return)choice(returns, value);
    else if (!strcmp(name, "by"))
        stated.mail.by = (pneu_deliver_by)choice(bys, value);
    else if (!strcmp(name, "notify"))
        stated.rcpt.notify = notify_set(value);
    else
        return false;
    return true;
}

static void state_number(const char *name, const char *value)
{
    if (!strcmp(name, "octets")) {
        stated.mail.octets = strtoull(value, NULL, 10);
    } else if (!strcmp(name, "by_seconds")) {
        stated.mail.by_seconds = strtoll(value, NULL, 10);
    } else if (!strcmp(name, "hold_seconds")) {
        stated.mail.hold_seconds = (uint32_t)strtoul(value, NULL, 10);
    } else if (!strcmp(name, "priority")) {
        stated.mail.has_priority = true;
        stated.mail.priority = (int)strtol(value, NULL, 10);
    } else {
        fprintf(stderr, "%s: nothing of that name can be stated\n", name);
        exit(2);
    }
}

static void forget_stated(void)
{
    memset(&stated, 0, sizeof stated);
    stated.mail.size = sizeof stated.mail;
    stated.rcpt.size = sizeof stated.rcpt;
}

/* state, name=value…: what the next envelopes state; nothing else is stated
 * any more. */
static void state(pneu_client *client, const words *given)
{
    char name[64];

    (void)client;
    forget_stated();
    for (size_t i = 1; i < given->count; i++) {
        const char *value = strchr(given->at[i], '=');

        if (!value || value - given->at[i] >= (ptrdiff_t)sizeof name)
            exit(2);
        snprintf(name, sizeof name, "%.*s", (int)(value - given->at[i]),
                 given->at[i]);
        value++;
        if (!state_text(name, value) && !state_flag(name) &&
            !state_choice(name, value))
            state_number(name, value);
    }
    report(given, PNEU_OK, NULL);
}

/* mail, sender, raw parameters. */
static void mail(pneu_client *client, const words *given)
{
    const pneu_reply *reply = NULL;
    pneu_mail_parameters parameters = stated.mail;
    pneu_status status;

    if (word(given, 2))
        parameters.raw = given->at[2];
    status = pneu_client_mail(client, given->at[1], &parameters, &reply);
    report(given, status, reply);
}

/* rcpt, recipient, raw parameters. */
static void rcpt(pneu_client *client, const words *given)
{
    const pneu_reply *reply = NULL;
    pneu_rcpt_parameters parameters = stated.rcpt;
    pneu_status status;

    if (word(given, 2))
        parameters.raw = given->at[2];
    status = pneu_client_rcpt(client, given->at[1], &parameters, &reply);
    report(given, status, reply);
}

/* Opens what "@path" names. */
static char *read_file(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    size_t size = (size_t)1 << 26;
    char *content = malloc(size);

    if (!file || !content)
        exit(3);
    *length = fread(content, 1, size, file);
    fclose(file);
    return content;
}

/* A message: the word itself, or "@path", the octets of a file. The caller
 * frees it. */
static char *message_from(const char *given, size_t *length)
{
    char *copy;

    if (*given == '@')
        return read_file(given + 1, length);
    *length = strlen(given);
    copy = malloc(*length + 1);
    if (!copy)
        exit(3);
    memcpy(copy, given, *length + 1);
    return copy;
}

/* data, message. */
static void data(pneu_client *client, const words *given)
{
    size_t length;
    char *content = message_from(given->at[1], &length);
    const pneu_reply *reply = NULL;
    pneu_status status = pneu_client_data(client, content, length, &reply);

    report(given, status, reply);
    free(content);
}

/* big, octets: DATA with a message of so many octets, in short lines. */
static void big(pneu_client *client, const words *given)
{
    size_t length = strtoul(given->at[1], NULL, 10);
    char *content = malloc(length);
    const pneu_reply *reply = NULL;
    pneu_status status;

    if (!content)
        exit(3);
    for (size_t i = 0; i < length; i++)
        content[i] = i % 64 == 63 ? '\n' : 'x';
    status = pneu_client_data(client, content, length, &reply);
    report(given, status, reply);
    free(content);
}

static pneu_envelope envelope_from(const words *given, size_t first)
{
    return (pneu_envelope){.size = sizeof(pneu_envelope),
                           .sender = given->at[1],
                           .mail = &stated.mail,
                           .rcpt = &stated.rcpt,
                           .recipients = given->at + first,
                           .recipient_count = given->count - first,
                           .allow_local = stated.allow_local,
                           .allow_long_lines = stated.allow_long_lines,
                           .all_or_nothing = stated.all_or_nothing};
}

static void show_outcome(const pneu_outcome *outcome)
{
    char text[TEXT_SIZE];

    pneu_reply_escape(outcome->text, strlen(outcome->text), " / ", text,
                      sizeof text);
    printf("outcome\t%s\t%s\t%s\t%d\t%s\n", outcome->recipient,
           pneu_outcome_name(outcome->kind),
           pneu_command_name(outcome->command), outcome->code, text);
}

static void send_envelope(pneu_client *client, const words *given,
                          const pneu_envelope *envelope, const char *content)
{
    size_t length;
    char *octets = message_from(content, &length);
    const pneu_delivery *result = NULL;
    pneu_status status = pneu_client_sendmail(
        client, envelope, PNEU_MESSAGE(.data = octets, .length = length),
        &result);

    report(given, status, NULL);
    for (size_t i = 0; result && i < pneu_delivery_count(result); i++)
        show_outcome(pneu_delivery_outcome(result, i));
    free(octets);
}

/* sendmail, sender, MAIL's raw parameters, RCPT's raw parameters, message,
 * recipients… */
static void sendmail(pneu_client *client, const words *given)
{
    pneu_mail_parameters for_mail = stated.mail;
    pneu_rcpt_parameters for_rcpt = stated.rcpt;
    pneu_envelope envelope = envelope_from(given, 5);

    if (word(given, 2))
        for_mail.raw = given->at[2];
    if (word(given, 3))
        for_rcpt.raw = given->at[3];
    envelope.mail = &for_mail;
    envelope.rcpt = &for_rcpt;
    send_envelope(client, given, &envelope, given->at[4]);
}

/* preflight, sender, message, recipients…: a row with the number of problems,
 * and one for each. */
static void preflight(pneu_client *client, const words *given)
{
    pneu_error problems[PROBLEMS_MAX];
    pneu_envelope envelope = envelope_from(given, 3);
    size_t length;
    char *content = message_from(given->at[2], &length);
    size_t count = pneu_client_preflight(
        client, &envelope, PNEU_MESSAGE(.data = content, .length = length),
        problems, PROBLEMS_MAX);

    show(given->at[0], "", (int)count, "");
    for (size_t i = 0; i < count && i < PROBLEMS_MAX; i++)
        show("problem", pneu_status_name(problems[i].status), 0,
             problems[i].message);
    free(content);
}

/* The tallies, the exit status and the list to send again of the last
 * sendmail. */
static void result(pneu_client *client, const words *given)
{
    const pneu_delivery *last = pneu_client_result(client);
    const char *again[WORDS_MAX];
    size_t count;

    if (!last) {
        show(given->at[0], "none", 0, "");
        return;
    }
    for (int kind = PNEU_OUTCOME_NOT_TRIED; kind <= PNEU_OUTCOME_IN_DOUBT;
         kind++)
        show("tally", pneu_outcome_name((pneu_outcome_kind)kind),
             (int)pneu_delivery_tally(last, (pneu_outcome_kind)kind), "");
    count = pneu_delivery_resend_list(last, again, WORDS_MAX);
    for (size_t i = 0; i < count; i++)
        show("again", "", 0, again[i]);
    show(given->at[0], "", pneu_delivery_exit_status(last), "");
}

const call calls_mail[] = {
    {"state", state},         {"mail", mail},     {"rcpt", rcpt},
    {"data", data},           {"big", big},       {"sendmail", sendmail},
    {"preflight", preflight}, {"result", result}, {NULL, NULL},
};
