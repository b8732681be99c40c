/* What the program calls: a verb, then "name=value" words. */
#include <stdlib.h>
#include <string.h>

#include "world.h"

/* The words of one call, taken in turn. */
typedef struct arguments {
    const step *at;
    pn_span rest;
    text word; /* "name" or "name=value" */
    const char *value;
} arguments;

static bool next_argument(arguments *from)
{
    if (!script_next_word(&from->rest, &from->word))
        return false;
    from->value = script_split(&from->word);
    return true;
}

static bool is_named(const arguments *now, const char *name)
{
    return strcmp(now->word.data, name) == 0;
}

/* Takes the word that has no name; "" if there is none. */
static const char *take_plain(arguments *from)
{
    return script_next_word(&from->rest, &from->word) ? from->word.data : "";
}

/* The status of a call on the bare session, and so many events for it. */
static void called(world *in, pneu_status status, size_t events)
{
    if (world_note(in, status) == PNEU_OK)
        in->calls += events;
    else
        world_log(in, "misuse %s", pneu_status_name(status) + 5);
}

static uintptr_t next_tag(const world *in)
{
    return TAG_PROGRAM + in->calls;
}

static void call_open(world *in, arguments *from)
{
    static const struct {
        const char *name;
        pneu_opening_tls tls;
    } MODES[] = {{"never", PNEU_OPENING_TLS_NEVER},
                 {"if-offered", PNEU_OPENING_TLS_IF_OFFERED},
                 {"for-auth", PNEU_OPENING_TLS_FOR_AUTH},
                 {"required", PNEU_OPENING_TLS_REQUIRED}};
    text words[4] = {{0}};
    static const char *const NAMES[] = {"helo", "user", "password",
                                        "mechanism"};
    pneu_opening_options options = {.size = sizeof(options),
                                    .host = "mail.example"};
    while (next_argument(from)) {
        for (size_t i = 0; i < 4; i++) {
            if (is_named(from, NAMES[i]) && from->value != NULL)
                text_print(&words[i], "%s", from->value);
            if (is_named(from, "tls") && from->value != NULL &&
                strcmp(from->value, MODES[i].name) == 0)
                options.tls = MODES[i].tls;
        }
        if (is_named(from, "cleartext"))
            options.allow_cleartext_auth = true;
    }
    options.local_name = words[0].data;
    options.user = words[1].data;
    options.password = words[2].data;
    options.mechanism = words[3].data;
    pneu_status status = pneu_opening_new(&in->opening, &options, NULL);
    called(in, status, 0);
    if (status == PNEU_OK)
        pneu_opening_go(in->opening, in->session);
    for (size_t i = 0; i < 4; i++)
        text_free(&words[i]);
}

static void call_mail(world *in, arguments *from)
{
    text address = {0};
    text raw = {0};
    pneu_mail_parameters parameters = {.size = sizeof(parameters)};
    text_print(&address, "%s", take_plain(from));
    while (next_argument(from)) {
        if (is_named(from, "size"))
            parameters.octets = strtoull(from->value, NULL, 10);
        else if (is_named(from, "8bit"))
            parameters.body_8bit = true;
        else if (is_named(from, "utf8"))
            parameters.smtputf8 = true;
        else if (is_named(from, "raw"))
            text_print(&raw, "%s", from->value);
    }
    parameters.raw = raw.data;
    called(
        in,
        pneu_session_mail(in->session, address.data, &parameters, next_tag(in)),
        1);
    text_free(&address);
    text_free(&raw);
}

static void call_rcpt(world *in, arguments *from)
{
    text address = {0};
    text_print(&address, "%s", take_plain(from));
    bool has_raw = next_argument(from) && is_named(from, "raw");
    called(in,
           pneu_session_rcpt(in->session, address.data,
                             has_raw ? from->value : NULL, next_tag(in)),
           1);
    text_free(&address);
}

static void call_data(world *in, arguments *from)
{
    (void)from;
    called(in, pneu_session_data(in->session, next_tag(in)), 2);
}

/* Whole, or with the word "now": given at once. Otherwise in parts, when the
 * session wants them. With the word "more" it is not the last of its message.
 */
static void call_body(world *in, arguments *from)
{
    if (in->body_count == BODIES_MAX)
        abort();
    given_body *body = &in->bodies[in->body_count++];
    const char *word = take_plain(from);
    *body = (given_body){text_span(&from->at->body), 0, true, false};
    if (strcmp(word, "more") == 0)
        body->last = false;
    bool now = strcmp(word, "now") == 0;
    if (!now && (in->chunking != CHUNKING_WHOLE || in->body_count > 1))
        return;
    body->done = true;
    called(in,
           pneu_session_body(in->session, body->octets.data,
                             body->octets.length, body->last),
           0);
}

static void add_recipient(letter *to, const char *address)
{
    size_t count = to->recipient_count + 1;
    to->recipients = must_resize(to->recipients, count * sizeof(text));
    to->recipients[to->recipient_count] = (text){0};
    text_print(&to->recipients[to->recipient_count], "%s", address);
    to->recipient_count = count;
}

/* "to*A..B=u{n}@example.org" */
static void add_range(letter *to, const char *range, const char *pattern)
{
    char *end = NULL;
    size_t first = strtoul(range, &end, 10);
    size_t last = strtoul(end + 2, NULL, 10);
    const char *place = strstr(pattern, "{n}");
    for (size_t n = first; n <= last && place != NULL; n++) {
        text address = {0};
        text_print(&address, "%.*s%zu%s", (int)(place - pattern), pattern, n,
                   place + 3);
        add_recipient(to, address.data);
        text_free(&address);
    }
}

static void read_envelope(letter *to, arguments *from, pneu_envelope *out)
{
    static const char *const NAMES[] = {"from", "mail-parameters",
                                        "rcpt-parameters"};
    while (next_argument(from)) {
        for (size_t i = 0; i < 3; i++) {
            if (is_named(from, NAMES[i]))
                text_print(&to->words[i], "%s", from->value);
        }
        if (is_named(from, "to"))
            add_recipient(to, from->value);
        else if (strncmp(from->word.data, "to*", 3) == 0)
            add_range(to, from->word.data + 3, from->value);
        else if (is_named(from, "long-lines"))
            out->allow_long_lines = true;
        else if (is_named(from, "local"))
            out->allow_local = true;
    }
    to->recipient_list = must_resize(NULL, (to->recipient_count + 1) *
                                               sizeof(*to->recipient_list));
    to->accepted_at =
        must_resize(NULL, (to->recipient_count + 1) * sizeof(*to->accepted_at));
    for (size_t i = 0; i < to->recipient_count; i++) {
        to->recipient_list[i] = to->recipients[i].data;
        to->accepted_at[i] = 0;
    }
    out->sender = to->words[0].data;
    out->mail_parameters = to->words[1].data;
    out->rcpt_parameters = to->words[2].data;
    out->recipients = to->recipient_list;
    out->recipient_count = to->recipient_count;
}

static void call_deliver(world *in, arguments *from)
{
    if (in->letter_count == LETTERS_MAX)
        abort();
    size_t number = in->letter_count++;
    letter *to = &in->letters[number];
    pneu_envelope envelope = {.size = sizeof(envelope)};
    pneu_error error = {.status = PNEU_OK};
    *to = (letter){0};
    read_envelope(to, from, &envelope);
    pn_span body = text_span(&from->at->body);
    pneu_status status = pneu_delivery_new(
        &to->delivery, &envelope,
        PNEU_MESSAGE(.data = body.data, .length = body.length), &error);
    if (status == PNEU_OK)
        status = pneu_delivery_start(to->delivery, in->session,
                                     TAG_LETTER + number, &error);
    to->is_started = world_note(in, status) == PNEU_OK;
    to->is_told = !to->is_started;
    if (!to->is_started)
        world_log(in, "misuse %s", pneu_status_name(status) + 5);
}

static void call_hello(world *in, arguments *from)
{
    bool helo = from->at->octets.data[0] == 'h';
    called(
        in,
        pneu_session_hello(in->session, helo, take_plain(from), next_tag(in)),
        1);
}

static void call_starttls(world *in, arguments *from)
{
    (void)from;
    called(in, pneu_session_starttls(in->session, next_tag(in)), 1);
}

static void call_auth(world *in, arguments *from)
{
    text mechanism = {0};
    text_print(&mechanism, "%s", take_plain(from));
    bool has_initial = next_argument(from) && is_named(from, "initial");
    const char *initial = has_initial ? from->value : NULL;
    size_t length =
        has_initial ? from->word.length - (size_t)(initial - from->word.data)
                    : 0;
    called(in,
           pneu_session_auth(in->session, mechanism.data, initial, length,
                             next_tag(in)),
           1);
    text_free(&mechanism);
}

static void call_respond(world *in, arguments *from)
{
    pn_span response = pn_span_of(take_plain(from));
    called(in,
           pneu_session_auth_response(in->session, response.data,
                                      response.length, next_tag(in)),
           1);
}

static void call_abandon(world *in, arguments *from)
{
    (void)from;
    called(in, pneu_session_auth_response(in->session, NULL, 0, next_tag(in)),
           1);
}

static void call_simple(world *in, arguments *from)
{
    static const struct {
        const char *verb;
        pneu_status (*call)(pneu_session *, uintptr_t);
    } CALLS[] = {{"rset", pneu_session_rset},
                 {"noop", pneu_session_noop},
                 {"quit", pneu_session_quit}};
    for (size_t i = 0; i < 3; i++) {
        if (strcmp(from->word.data, CALLS[i].verb) == 0) {
            called(in, CALLS[i].call(in->session, next_tag(in)), 1);
            return;
        }
    }
}

static void call_verify(world *in, arguments *from)
{
    called(in, pneu_session_verify(in->session, take_plain(from), next_tag(in)),
           1);
}

static void call_command(world *in, arguments *from)
{
    called(in,
           pneu_session_command(in->session, take_plain(from), next_tag(in)),
           1);
}

static void call_cancel(world *in, arguments *from)
{
    (void)from;
    pneu_session_cancel(in->session, NULL);
}

void call_make(world *in, const step *at)
{
    static const struct {
        const char *verb;
        void (*make)(world *, arguments *);
    } VERBS[] = {
        {"open", call_open},       {"ehlo", call_hello},
        {"helo", call_hello},      {"starttls", call_starttls},
        {"auth", call_auth},       {"respond", call_respond},
        {"abandon", call_abandon}, {"mail", call_mail},
        {"rcpt", call_rcpt},       {"data", call_data},
        {"body", call_body},       {"deliver", call_deliver},
        {"rset", call_simple},     {"noop", call_simple},
        {"quit", call_simple},     {"verify", call_verify},
        {"command", call_command}, {"cancel", call_cancel},
    };
    arguments from = {.at = at, .rest = text_span(&at->octets)};
    bool known = false;
    if (script_next_word(&from.rest, &from.word)) {
        for (size_t i = 0; i < sizeof(VERBS) / sizeof(VERBS[0]); i++) {
            if (known || strcmp(from.word.data, VERBS[i].verb) != 0)
                continue;
            known = true;
            VERBS[i].make(in, &from);
        }
    }
    if (!known)
        world_stop(in, at, "an unknown call: %s", at->octets.data);
    text_free(&from.word);
}
