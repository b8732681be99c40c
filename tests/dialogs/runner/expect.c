/* "=" lines: the next line of the log, or a question about the state. */
#include <string.h>

#include "world.h"

/* Takes the next line of the log; empty if there is none. */
static pn_span next_log_line(world *in)
{
    pn_span rest = text_span(&in->log);
    rest.data += in->log_read;
    rest.length -= in->log_read;
    const char *end = memchr(rest.data, '\n', rest.length);
    if (end == NULL)
        return (pn_span){rest.data, 0};
    rest.length = (size_t)(end - rest.data);
    in->log_read += rest.length + 1;
    return rest;
}

static const char *word_of(const char *status_name)
{
    return status_name + strlen("PNEU_");
}

static void answer_error(const world *in, const char *about, text *to)
{
    (void)about;
    text_print(
        to, "error %s",
        word_of(pneu_status_name(pneu_session_error(in->session)->status)));
}

/* The sentence of the session's, or of the opening's error. */
static void answer_says(const world *in, const char *about, text *to)
{
    const pneu_error *error = pneu_session_error(in->session);
    if (in->opening != NULL &&
        pneu_opening_error(in->opening)->status != PNEU_OK)
        error = pneu_opening_error(in->opening);
    bool found = strstr(error->message, about) != NULL;
    text_print(to, "says %s", found ? about : error->message);
}

static void answer_wants(const world *in, const char *about, text *to)
{
    static const struct {
        unsigned flag;
        const char *word;
    } WANTS[] = {
        {PNEU_WANT_READ, " read"},   {PNEU_WANT_WRITE, " write"},
        {PNEU_WANT_TLS, " tls"},     {PNEU_WANT_BODY, " body"},
        {PNEU_WANT_STEP, " step"},   {PNEU_WANT_COMMAND, " command"},
        {PNEU_WANT_CLOSE, " close"},
    };
    unsigned wants = pneu_session_wants(in->session);
    (void)about;
    text_print(to, "wants");
    for (size_t i = 0; i < sizeof(WANTS) / sizeof(WANTS[0]); i++) {
        if ((wants & WANTS[i].flag) != 0)
            text_print(to, "%s", WANTS[i].word);
    }
}

static void answer_patience(const world *in, const char *about, text *to)
{
    int64_t deadline = pneu_session_deadline_ms(in->session);
    (void)about;
    if (deadline < 0)
        text_print(to, "patience none");
    else
        text_print(to, "patience %lld",
                   (long long)((deadline - in->now_ms) / 1000));
}

/* "extension SIZE 1000": the keyword, then its parameters. */
static void answer_extension(const world *in, const char *about, text *to)
{
    text keyword = {0};
    const char *blank = strchr(about, ' ');
    size_t length = blank != NULL ? (size_t)(blank - about) : strlen(about);
    text_add(&keyword, (pn_span){about, length});
    const char *found = pneu_session_extension(in->session, keyword.data);
    text_print(to, "extension %s", keyword.data);
    if (found == NULL)
        text_print(to, " not offered");
    else if (found[0] != '\0')
        text_print(to, " %s", found);
    text_free(&keyword);
}

static void answer_limits(const world *in, const char *about, text *to)
{
    pneu_limits limits = pneu_session_limits(in->session);
    (void)about;
    text_print(to, "limits %llu %llu %llu", (unsigned long long)limits.mail_max,
               (unsigned long long)limits.rcpt_max,
               (unsigned long long)limits.rcpt_domain_max);
}

/* "extensions N KEYWORD…": all of them, in order. */
static void answer_extensions(const world *in, const char *about, text *to)
{
    size_t count = pneu_session_extension_count(in->session);
    (void)about;
    text_print(to, "extensions %zu", count);
    for (size_t i = 0; i < count; i++) {
        const char *parameters = NULL;
        const char *keyword =
            pneu_session_extension_at(in->session, i, &parameters);
        if (parameters != pneu_session_extension(in->session, keyword))
            text_print(to, " (not as by its name)");
        text_print(to, " %s", keyword);
    }
    if (pneu_session_extension_at(in->session, count, NULL) != NULL)
        text_print(to, " and more");
}

/* Octets of the last message, MAILs, and whether BDAT may be used. */
static void answer_counts(const world *in, const char *about, text *to)
{
    (void)about;
    text_print(to, "counts sent=%llu mails=%llu may-chunk=%s",
               (unsigned long long)pneu_session_body_sent(in->session),
               (unsigned long long)pneu_session_mail_count(in->session),
               pneu_session_may_chunk(in->session) ? "yes" : "no");
}

static void answer_misuse_says(const world *in, const char *about, text *to)
{
    const pneu_error *error = pneu_session_misuse(in->session);
    bool found = strstr(error->message, about) != NULL;
    text_print(to, "because %s", found ? about : error->message);
}

static void answer_state(const world *in, const char *about, text *to)
{
    static const char *const PROTECTIONS[] = {"open", "local", "unverified",
                                              "tls"};
    (void)about;
    text_print(to, "state %s",
               PROTECTIONS[pneu_session_protection(in->session)]);
    if (pneu_session_greeted(in->session))
        text_print(to, " greeted");
    if (pneu_session_introduced(in->session))
        text_print(to, " introduced");
    if (pneu_session_authenticated(in->session))
        text_print(to, " authenticated");
    if (pneu_session_in_transaction(in->session))
        text_print(to, " in-transaction");
}

static const letter *last_letter(const world *in)
{
    const letter *last =
        in->letter_count > 0 ? &in->letters[in->letter_count - 1] : NULL;
    return last != NULL && last->delivery != NULL ? last : NULL;
}

static void answer_exit(const world *in, const char *about, text *to)
{
    const letter *last = last_letter(in);
    (void)about;
    text_print(to, "exit %d",
               last != NULL ? pneu_delivery_exit_status(last->delivery) : -1);
}

/* "text ADDRESS words…": what the outcome says, as it may be shown. */
static void answer_text(const world *in, const char *about, text *to)
{
    const letter *last = last_letter(in);
    size_t length = strcspn(about, " ");
    text_print(to, "text %.*s", (int)length, about);
    for (size_t i = 0; last != NULL && i < last->recipient_count; i++) {
        const pneu_outcome *outcome = pneu_delivery_outcome(last->delivery, i);
        char shown[1024];
        if (!pn_span_equal(pn_span_of(outcome->recipient),
                           (pn_span){about, length}))
            continue;
        pneu_reply_escape(outcome->text, strlen(outcome->text), " | ", shown,
                          sizeof(shown));
        text_print(to, " %s", shown);
        return;
    }
}

static void answer_resend(const world *in, const char *about, text *to)
{
    const letter *last = last_letter(in);
    (void)about;
    text_print(to, "resend");
    for (size_t i = 0; last != NULL && i < last->recipient_count; i++) {
        if (pneu_delivery_may_resend(last->delivery, i))
            text_print(to, " %s",
                       pneu_delivery_outcome(last->delivery, i)->recipient);
    }
}

typedef void answer(const world *in, const char *about, text *to);

static answer *question(pn_span line, const char **about)
{
    static const struct {
        const char *word;
        answer *answer;
    } QUESTIONS[] = {
        {"error", answer_error},         {"says", answer_says},
        {"wants", answer_wants},         {"patience", answer_patience},
        {"extension", answer_extension}, {"state", answer_state},
        {"exit", answer_exit},           {"text", answer_text},
        {"resend", answer_resend},       {"limits", answer_limits},
        {"counts", answer_counts},       {"extensions", answer_extensions},
        {"because", answer_misuse_says},
    };
    size_t length = strcspn(line.data, " ");
    *about = line.data + length + (line.data[length] == ' ');
    for (size_t i = 0; i < sizeof(QUESTIONS) / sizeof(QUESTIONS[0]); i++) {
        if (pn_span_equal((pn_span){line.data, length},
                          pn_span_of(QUESTIONS[i].word)))
            return QUESTIONS[i].answer;
    }
    return NULL;
}

void expect_check(world *in, const step *at)
{
    const char *about = NULL;
    text found = {0};
    pn_span wanted = text_span(&at->octets);
    answer *ask = question(wanted, &about);
    if (ask != NULL)
        ask(in, about, &found);
    else
        text_add(&found, next_log_line(in));
    if (!pn_span_equal(text_span(&found), wanted))
        world_stop(in, at, "expected \"%s\", found \"%s\"", at->octets.data,
                   found.length > 0 ? found.data : "nothing");
    text_free(&found);
}
