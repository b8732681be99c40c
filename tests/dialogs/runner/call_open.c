/* "open": the opening, with its options. */
#include <stdlib.h>
#include <string.h>

#include "arguments.h"

/* The words that an opening's options are made of, until it has copied them. */
typedef struct open_words {
    text helo;
    text host;
    text user;
    text password;
    text mechanisms;
    text authorization;
} open_words;

static void take_tls(const arguments *from, pneu_opening_options *options)
{
    static const struct {
        const char *name;
        pneu_opening_tls tls;
    } MODES[] = {{"never", PNEU_OPENING_TLS_NEVER},
                 {"if-offered", PNEU_OPENING_TLS_IF_OFFERED},
                 {"for-auth", PNEU_OPENING_TLS_FOR_AUTH},
                 {"required", PNEU_OPENING_TLS_REQUIRED}};
    for (size_t i = 0; i < sizeof(MODES) / sizeof(MODES[0]); i++) {
        if (strcmp(from->value, MODES[i].name) == 0)
            options->tls = MODES[i].tls;
    }
}

static void take_policy(const arguments *from, pneu_opening_options *options)
{
    if (strcmp(from->value, "never-next") == 0)
        options->policy = PNEU_AUTH_NEVER_NEXT;
    else if (strcmp(from->value, "always-next") == 0)
        options->policy = PNEU_AUTH_ALWAYS_NEXT;
}

/*
 * The token call-back. Its context is the step, whose words outlive the
 * opening: of "token=a,b" it gives a, and b when a was refused; of "token=a" a
 * again; of "token=a," nothing, by CANCELLED.
 */
static pneu_status give_token(void *context, bool was_refused,
                              pneu_answer *token)
{
    const step *at = context;
    arguments words = {.at = at, .rest = text_span(&at->octets)};
    pneu_status status = PNEU_CANCELLED;
    while (next_argument(&words)) {
        if (words.value == NULL || !is_named(&words, "token"))
            continue;
        const char *comma = strchr(words.value, ',');
        const char *second = comma != NULL ? comma + 1 : words.value;
        size_t first =
            comma != NULL ? (size_t)(comma - words.value) : strlen(second);
        if (!was_refused)
            status = pneu_answer_set(token, words.value, first);
        else if (second[0] != '\0')
            status = pneu_answer_set(token, second, strlen(second));
    }
    text_free(&words.word);
    return status;
}

static void take_flag(const arguments *from, pneu_opening_options *options)
{
    if (is_named(from, "cleartext"))
        options->allow_cleartext_auth = true;
    else if (is_named(from, "no-initial"))
        options->no_initial_response = true;
}

static void take_value(const arguments *from, open_words *words,
                       pneu_opening_options *options)
{
    const struct {
        const char *name;
        text *to;
    } TEXTS[] = {{"helo", &words->helo},
                 {"host", &words->host},
                 {"user", &words->user},
                 {"password", &words->password},
                 {"mechanism", &words->mechanisms},
                 {"mechanisms", &words->mechanisms},
                 {"authorization", &words->authorization}};
    for (size_t i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++) {
        if (is_named(from, TEXTS[i].name))
            text_print(TEXTS[i].to, "%s", from->value);
    }
    if (is_named(from, "tls"))
        take_tls(from, options);
    else if (is_named(from, "policy"))
        take_policy(from, options);
    else if (is_named(from, "token")) {
        options->token = give_token;
        options->token_context = (void *)(uintptr_t)from->at;
    } else if (is_named(from, "port"))
        options->port = (uint16_t)strtoul(from->value, NULL, 10);
    else if (is_named(from, "token-length")) /* of so many "t" */
        for (unsigned long n = strtoul(from->value, NULL, 10); n > 0; n--)
            text_add(&words->password, PN_SPAN("t"));
}

static void free_words(open_words *words)
{
    text_free(&words->helo);
    text_free(&words->host);
    text_free(&words->user);
    text_free(&words->password);
    text_free(&words->mechanisms);
    text_free(&words->authorization);
}

void call_open(world *in, arguments *from)
{
    open_words words = {.helo = {0}};
    pneu_opening_options options = {.size = sizeof(options)};
    while (next_argument(from)) {
        if (from->value != NULL)
            take_value(from, &words, &options);
        else
            take_flag(from, &options);
    }
    options.host = words.host.data != NULL ? words.host.data : "mail.example";
    options.local_name = words.helo.data;
    options.user = words.user.data;
    options.password = words.password.data;
    options.mechanisms = words.mechanisms.data;
    options.authorization = words.authorization.data;
    pneu_status status = pneu_opening_new(&in->opening, &options, NULL);
    called(in, status, 0);
    if (status == PNEU_OK)
        pneu_opening_go(in->opening, in->session);
    free_words(&words);
}
