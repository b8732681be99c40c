/* What the program calls: a verb, then "name=value" words. */
#include <stdlib.h>
#include <string.h>

#include "stated.h"

/* A word that nobody knows would prove nothing. */
static void check_known(world *in, const arguments *from, bool known)
{
    if (!known)
        world_stop(in, from->at, "an unknown word: %s", from->word.data);
}

static uintptr_t next_tag(const world *in)
{
    return TAG_PROGRAM + in->calls;
}

static void call_mail(world *in, arguments *from)
{
    text address = {0};
    stated_mail stated;
    stated_mail_init(&stated);
    text_print(&address, "%s", take_plain(from));
    while (next_argument(from))
        check_known(in, from, stated_mail_take(&stated, from));
    called(in,
           pneu_session_mail(in->session, address.data, &stated.parameters,
                             next_tag(in)),
           1);
    text_free(&address);
    stated_mail_free(&stated);
}

static void call_rcpt(world *in, arguments *from)
{
    text address = {0};
    stated_rcpt stated;
    stated_rcpt_init(&stated);
    text_print(&address, "%s", take_plain(from));
    while (next_argument(from))
        check_known(in, from, stated_rcpt_take(&stated, from));
    called(in,
           pneu_session_rcpt(in->session, address.data, &stated.parameters,
                             next_tag(in)),
           1);
    text_free(&address);
    stated_rcpt_free(&stated);
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

/* The chunk is given whole, from where it lies in the script. */
static void call_bdat(world *in, arguments *from)
{
    unsigned flags = 0;
    pn_span chunk = text_span(&from->at->body);
    while (next_argument(from)) {
        bool is_last = is_named(from, "last");
        bool is_binary = is_named(from, "binary");
        check_known(in, from, is_last || is_binary);
        flags |= is_last ? (unsigned)PNEU_CHUNK_LAST : 0;
        flags |= is_binary ? (unsigned)PNEU_CHUNK_BINARY : 0;
    }
    called(in,
           pneu_session_bdat(in->session, chunk.data, chunk.length, flags,
                             next_tag(in)),
           1);
}

static void call_xclient(world *in, arguments *from)
{
    text texts[8] = {{0}};
    pneu_xclient attributes = {.size = sizeof(attributes)};
    const struct {
        const char *name;
        const char **value;
    } all[] = {
        {"name", &attributes.name},         {"addr", &attributes.addr},
        {"port", &attributes.port},         {"proto", &attributes.proto},
        {"helo", &attributes.helo},         {"login", &attributes.login},
        {"destaddr", &attributes.destaddr}, {"destport", &attributes.destport},
    };
    while (next_argument(from)) {
        for (size_t i = 0; i < 8; i++) {
            if (!is_named(from, all[i].name) || from->value == NULL)
                continue;
            text_print(&texts[i], "%s", from->value);
            *all[i].value = texts[i].data;
        }
    }
    called(in, pneu_session_xclient(in->session, &attributes, next_tag(in)), 1);
    for (size_t i = 0; i < 8; i++)
        text_free(&texts[i]);
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

static void call_about(world *in, arguments *from)
{
    static const struct {
        const char *verb;
        pneu_status (*call)(pneu_session *, const char *, uintptr_t);
    } CALLS[] = {{"verify", pneu_session_verify},
                 {"expand", pneu_session_expand},
                 {"help", pneu_session_help},
                 {"etrn", pneu_session_etrn},
                 {"command", pneu_session_command}};
    for (size_t i = 0; i < 5; i++) {
        if (strcmp(from->word.data, CALLS[i].verb) != 0)
            continue;
        called(in, CALLS[i].call(in->session, take_plain(from), next_tag(in)),
               1);
        return;
    }
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
        {"quit", call_simple},     {"verify", call_about},
        {"expand", call_about},    {"help", call_about},
        {"etrn", call_about},      {"command", call_about},
        {"bdat", call_bdat},       {"xclient", call_xclient},
        {"cancel", call_cancel},
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
