/* "deliver": a delivery, with its envelope and message; and its renewal over
 * another connection. */
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "stated.h"

/* What a delivery states beside the addresses. */
struct letter_words {
    stated_mail mail;
    stated_rcpt rcpt;  /* for all */
    stated_rcpt *each; /* for one */
    const pneu_rcpt_parameters **each_list;
    bool is_each; /* somebody has some of its own */
};

static void add_recipient(letter *to, const char *address)
{
    size_t count = to->recipient_count + 1;
    letter_words *words = to->more;
    to->recipients = must_resize(to->recipients, count * sizeof(text));
    to->recipients[to->recipient_count] = (text){0};
    text_print(&to->recipients[to->recipient_count], "%s", address);
    words->each = must_resize(words->each, count * sizeof(*words->each));
    stated_rcpt_init(&words->each[to->recipient_count]);
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

/* What is stated for RCPT: behind an address, for that one alone. */
static void take_rcpt(letter *to, const arguments *from)
{
    letter_words *words = to->more;
    size_t count = to->recipient_count;
    if (count == 0)
        stated_rcpt_take(&words->rcpt, from);
    else if (stated_rcpt_take(&words->each[count - 1], from))
        words->is_each = true;
}

static void read_word(letter *to, const arguments *from, pneu_envelope *out)
{
    static const char *const NAMES[] = {"from", "mail-parameters",
                                        "rcpt-parameters"};
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
    else if (is_named(from, "all-or-nothing"))
        out->all_or_nothing = true;
    else if (is_named(from, "undivided"))
        out->undivided = true;
    else if (is_named(from, "renewable"))
        to->is_renewable = true;
    else if (!stated_mail_take(&to->more->mail, from))
        take_rcpt(to, from);
}

static void list_recipients(letter *to, pneu_envelope *out)
{
    letter_words *words = to->more;
    size_t count = to->recipient_count;
    to->recipient_list =
        must_resize(NULL, (count + 1) * sizeof(*to->recipient_list));
    to->accepted_at = must_resize(NULL, (count + 1) * sizeof(*to->accepted_at));
    words->each_list =
        must_resize(NULL, (count + 1) * sizeof(*words->each_list));
    for (size_t i = 0; i < count; i++) {
        to->recipient_list[i] = to->recipients[i].data;
        to->accepted_at[i] = 0;
        const pneu_rcpt_parameters *own = &words->each[i].parameters;
        bool is_stated =
            own->notify != 0 || own->orcpt != NULL || own->raw != NULL;
        words->each_list[i] = is_stated ? own : NULL;
    }
    out->recipients = to->recipient_list;
    out->recipient_count = count;
    out->rcpt_each = words->is_each ? words->each_list : NULL;
}

static void read_envelope(letter *to, arguments *from, pneu_envelope *out)
{
    letter_words *words = must_resize(NULL, sizeof(*words));
    *words = (letter_words){.each = NULL};
    to->more = words;
    stated_mail_init(&words->mail);
    stated_rcpt_init(&words->rcpt);
    do
        read_word(to, from, out);
    while (next_argument(from));
    list_recipients(to, out);
    out->sender = to->words[0].data;
    if (to->words[1].data != NULL)
        words->mail.parameters.raw = to->words[1].data;
    if (to->words[2].data != NULL)
        words->rcpt.parameters.raw = to->words[2].data;
    out->mail = &words->mail.parameters;
    out->rcpt = &words->rcpt.parameters;
}

static void start(world *in, size_t number)
{
    letter *of = &in->letters[number];
    pneu_status status =
        world_note(in, pneu_delivery_start(of->delivery, in->session,
                                           TAG_LETTER + number, NULL));
    if (status != PNEU_OK) {
        of->is_told = of->is_told || !of->is_started;
        world_log(in, "misuse %s", pneu_status_name(status) + 5);
        return;
    }
    of->is_started = true;
    of->renewal_told = PNEU_RENEWAL_NONE;
}

static void begin(world *in, arguments *from)
{
    if (in->letter_count == LETTERS_MAX)
        abort();
    size_t number = in->letter_count++;
    letter *to = &in->letters[number];
    pneu_envelope envelope = {.size = sizeof(envelope)};
    *to = (letter){0};
    read_envelope(to, from, &envelope);
    pn_span body = text_span(&from->at->body);
    pneu_status status = pneu_delivery_new(
        &to->delivery, &envelope,
        PNEU_MESSAGE(.data = body.data, .length = body.length), NULL);
    if (world_note(in, status) == PNEU_OK) {
        start(in, number);
        return;
    }
    to->is_told = true;
    world_log(in, "misuse %s", pneu_status_name(status) + 5);
}

/* "deliver renew [no-pipelining] [no-chunking]": another connection. */
static void renew(world *in, arguments *from)
{
    const script *of = in->script;
    pneu_session *session = NULL;
    pneu_session_options options = {.size = sizeof(options),
                                    .lmtp = of->lmtp,
                                    .no_pipelining = of->no_pipelining,
                                    .max_unanswered = of->max_unanswered,
                                    .timeout_ms =
                                        (int64_t)of->timeout_s * 1000};
    while (next_argument(from)) {
        options.no_pipelining |= is_named(from, "no-pipelining");
        options.no_chunking |= is_named(from, "no-chunking");
    }
    if (world_note(in, pneu_session_new(&session, &options)) != PNEU_OK) {
        world_stop(in, from->at, "no session for the renewal");
        return;
    }
    drive_end(in, PNEU_END_OF_STREAM);
    drive(in);
    pneu_session_free(in->session);
    pneu_opening_free(in->opening);
    in->session = session;
    in->opening = NULL;
    in->opening_told = false;
    in->deaf = false;
    in->deaf_told = false;
    pneu_session_tick(in->session, in->now_ms);
}

void call_deliver(world *in, arguments *from)
{
    if (!next_argument(from))
        abort();
    if (is_named(from, "renew"))
        renew(in, from);
    else if (is_named(from, "again"))
        start(in, in->letter_count - 1);
    else
        begin(in, from);
}

static void give_up(const world *in, letter *of)
{
    pneu_error why = *pneu_session_error(in->session);
    if (why.status == PNEU_OK)
        why = (pneu_error){.status = PNEU_LOST,
                           .message = "there is no other connection"};
    pneu_delivery_give_up(of->delivery, &why);
}

void letters_renew(world *in)
{
    static const char *const NAMES[] = {
        [PNEU_RENEWAL_MAILMAX] = "mailmax",
        [PNEU_RENEWAL_NO_CHUNKING] = "no-chunking",
        [PNEU_RENEWAL_NO_PIPELINING] = "no-pipelining",
    };
    for (size_t i = 0; i < in->letter_count; i++) {
        letter *of = &in->letters[i];
        if (!of->is_started || of->is_told)
            continue;
        pneu_renewal renewal = pneu_delivery_renewal(of->delivery);
        if (renewal == PNEU_RENEWAL_NONE)
            continue;
        if (!of->is_renewable || in->stopped || in->at_end) {
            give_up(in, of);
        } else if (of->renewal_told != renewal) {
            of->renewal_told = renewal;
            world_log(in, "renewal %s", NAMES[renewal]);
        }
    }
}

void letter_free(letter *of)
{
    letter_words *words = of->more;
    pneu_delivery_free(of->delivery);
    for (size_t i = 0; i < of->recipient_count; i++) {
        text_free(&of->recipients[i]);
        stated_rcpt_free(&words->each[i]);
    }
    for (size_t i = 0; i < 3; i++)
        text_free(&of->words[i]);
    stated_mail_free(&words->mail);
    stated_rcpt_free(&words->rcpt);
    free(of->recipients);
    free(of->recipient_list);
    free(of->accepted_at);
    free(words->each);
    free(words->each_list);
    free(words);
}
