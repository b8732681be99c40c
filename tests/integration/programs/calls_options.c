/* The options of `calls`: a client from "name=value" arguments. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"

enum {
    ANSWERS_MAX = 16,
    PINS_MAX = 4
};

typedef enum kind {
    TEXT,
    FLAG,
    PORT,
    TIME_MS,
    CHOICE /* an enum, by its number */
} kind;

typedef struct settings {
    pneu_client_options client;
    pneu_tls_options tls;
    pneu_timeouts timeouts;
} settings;

typedef struct option {
    const char *name;
    kind kind;
    size_t offset;
} option;

static const option options[] = {
    {"host", TEXT, offsetof(settings, client.host)},
    {"port", PORT, offsetof(settings, client.port)},
    {"lmtp", FLAG, offsetof(settings, client.lmtp)},
    {"local_name", TEXT, offsetof(settings, client.local_name)},
    {"source", TEXT, offsetof(settings, client.source)},
    {"source_port", PORT, offsetof(settings, client.source_port)},
    {"proxy", TEXT, offsetof(settings, client.proxy)},
    {"tls", CHOICE, offsetof(settings, client.tls)},
    {"user", TEXT, offsetof(settings, client.user)},
    {"password", TEXT, offsetof(settings, client.password)},
    {"authorization", TEXT, offsetof(settings, client.authorization)},
    {"mechanism", TEXT, offsetof(settings, client.mechanisms)},
    {"auth_policy", CHOICE, offsetof(settings, client.auth_policy)},
    {"no_initial_response", FLAG,
     offsetof(settings, client.no_initial_response)},
    {"allow_cleartext_auth", FLAG,
     offsetof(settings, client.allow_cleartext_auth)},
    {"no_pipelining", FLAG, offsetof(settings, client.no_pipelining)},
    {"no_chunking", FLAG, offsetof(settings, client.no_chunking)},
    {"timeout_ms", TIME_MS, offsetof(settings, client.timeout_ms)},
    {"deadline_ms", TIME_MS, offsetof(settings, client.deadline_ms)},
    {"non_blocking", FLAG, offsetof(settings, client.non_blocking)},
    {"ca_file", TEXT, offsetof(settings, tls.ca_file)},
    {"ca_folder", TEXT, offsetof(settings, tls.ca_folder)},
    {"ca_pem", TEXT, offsetof(settings, tls.ca_pem)},
    {"certificate_file", TEXT, offsetof(settings, tls.certificate_file)},
    {"key_file", TEXT, offsetof(settings, tls.key_file)},
    {"key_password", TEXT, offsetof(settings, tls.key_password)},
    {"name", TEXT, offsetof(settings, tls.name)},
    {"sni", TEXT, offsetof(settings, tls.sni)},
    {"minimum", CHOICE, offsetof(settings, tls.minimum)},
    {"ciphers", TEXT, offsetof(settings, tls.ciphers)},
    {"ciphersuites", TEXT, offsetof(settings, tls.ciphersuites)},
    {"connect_ms", TIME_MS, offsetof(settings, timeouts.connect_ms)},
    {"greeting_ms", TIME_MS, offsetof(settings, timeouts.greeting_ms)},
    {"hello_ms", TIME_MS, offsetof(settings, timeouts.hello_ms)},
    {"mail_ms", TIME_MS, offsetof(settings, timeouts.mail_ms)},
    {"rcpt_ms", TIME_MS, offsetof(settings, timeouts.rcpt_ms)},
    {"data_ms", TIME_MS, offsetof(settings, timeouts.data_ms)},
    {"block_ms", TIME_MS, offsetof(settings, timeouts.block_ms)},
    {"end_ms", TIME_MS, offsetof(settings, timeouts.end_ms)},
    {"other_ms", TIME_MS, offsetof(settings, timeouts.other_ms)},
};

static void show_log(void *context, pneu_log_kind what, const char *line)
{
    static const char marks[] = "*><~";

    (void)context;
    fprintf(stderr, "%c %s\n", marks[what], line);
}

/* Who cancels when so many octets have gone out; 0: nobody. */
static struct {
    pneu_client *client;
    uint64_t cancel_at;
} watched;

static void show_progress(void *context, uint64_t sent, uint64_t total)
{
    (void)context;
    fprintf(stderr, "progress %llu %llu\n", (unsigned long long)sent,
            (unsigned long long)total);
    if (watched.cancel_at && sent >= watched.cancel_at)
        pneu_client_cancel(watched.client);
}

static pneu_status next_answer(ticket *from, pneu_answer *answer)
{
    const char *text =
        from->next < from->count ? from->answers[from->next++] : "!";

    if (!strcmp(text, "!"))
        return PNEU_SYSTEM;
    if (!strcmp(text, "-"))
        return PNEU_OK;
    return pneu_answer_set(answer, text, strlen(text));
}

static pneu_status ticket_step(void *context, const void *challenge,
                               size_t length, pneu_answer *answer)
{
    char text[TEXT_SIZE] = "";

    if (challenge)
        pneu_reply_escape(challenge, length, " / ", text, sizeof text);
    show("challenge", challenge ? "" : "none", (int)length, text);
    return next_answer(context, answer);
}

static pneu_status token_step(void *context, bool was_refused,
                              pneu_answer *token)
{
    show("token", "", was_refused, "");
    return next_answer(context, token);
}

pneu_mechanism ticket_mechanism(ticket *from, const char *name,
                                const char *const *answers, size_t count)
{
    bool waits = count > 0 && !strcmp(answers[0], "~");

    *from = (ticket){.answers = answers + waits, .count = count - waits};
    return (pneu_mechanism){.size = sizeof(pneu_mechanism),
                            .name = name,
                            .no_initial_response = waits,
                            .step = ticket_step,
                            .context = from};
}

/* Splits at colons; what it gives lives as long as the program. */
static size_t split_answers(char *value, const char **parts)
{
    size_t count = 0;

    for (char *rest; value && count < ANSWERS_MAX; value = rest) {
        rest = strchr(value, ':');
        if (rest)
            *rest++ = '\0';
        parts[count++] = value;
    }
    return count;
}

/* own=NAME:answer:answer…; see ticket_mechanism(). */
static void set_own(settings *to, char *value)
{
    static const char *parts[ANSWERS_MAX];
    static ticket mine;
    static pneu_mechanism mechanism;
    size_t count = split_answers(value, parts);

    mechanism = ticket_mechanism(&mine, parts[0], parts + 1, count - 1);
    to->client.own_mechanism = &mechanism;
}

/* token=first:second… */
static void set_token(settings *to, char *value)
{
    static const char *parts[ANSWERS_MAX];
    static ticket mine;

    mine = (ticket){.answers = parts, .count = split_answers(value, parts)};
    to->client.token = token_step;
    to->client.token_context = &mine;
}

static void add_pin(settings *to, const char *value)
{
    static const char *pins[PINS_MAX];

    if (to->tls.pin_count == PINS_MAX)
        exit(3);
    pins[to->tls.pin_count++] = value;
    to->tls.pins = pins;
}

static bool set_special(settings *to, const char *name, char *value)
{
    if (!strcmp(name, "own"))
        set_own(to, value);
    else if (!strcmp(name, "token"))
        set_token(to, value);
    else if (!strcmp(name, "pin"))
        add_pin(to, value);
    else if (!strcmp(name, "progress"))
        to->client.progress = show_progress;
    else if (!strcmp(name, "cancel_at"))
        watched.cancel_at = strtoull(value, NULL, 10);
    else if (!strcmp(name, "no_log"))
        to->client.log = NULL;
    else if (!strcmp(name, "size"))
        to->client.size = strtoul(value, NULL, 10);
    else
        return false;
    return true;
}

static void set_field(settings *to, const option *row, const char *value)
{
    void *field = (char *)to + row->offset;

    if (row->kind == TEXT)
        *(const char **)field = value;
    else if (row->kind == FLAG)
        *(bool *)field = true;
    else if (row->kind == PORT)
        *(uint16_t *)field = (uint16_t)strtoul(value, NULL, 10);
    else if (row->kind == TIME_MS)
        *(int64_t *)field = strtoll(value, NULL, 10);
    else
        *(int *)field = (int)strtol(value, NULL, 10);
}

static void set_option(settings *to, char *argument)
{
    char *value = strchr(argument, '=');

    if (!value)
        exit(2);
    *value++ = '\0';
    if (set_special(to, argument, value))
        return;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (!strcmp(options[i].name, argument)) {
            set_field(to, &options[i], value);
            return;
        }
    fprintf(stderr, "%s: no such option\n", argument);
    exit(2);
}

pneu_client *client_from(int argc, char **argv)
{
    settings given = {.client = {.size = sizeof given.client,
                                 .log = show_log,
                                 .tls_options = &given.tls,
                                 .timeouts = &given.timeouts},
                      .tls.size = sizeof given.tls,
                      .timeouts.size = sizeof given.timeouts};
    pneu_error failure;

    for (int i = 1; i < argc; i++)
        set_option(&given, argv[i]);
    if (pneu_client_new(&watched.client, &given.client, &failure) == PNEU_OK)
        return watched.client;
    show("new", pneu_status_name(failure.status), 0, failure.message);
    return NULL;
}
