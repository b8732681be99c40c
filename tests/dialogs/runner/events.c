/* What the session says has happened, and who is to know of it. */
#include "world.h"

const char *command_word(pneu_command command)
{
    static const char *const WORDS[] = {
        [PNEU_COMMAND_NONE] = "NONE",
        [PNEU_COMMAND_GREETING] = "GREETING",
        [PNEU_COMMAND_EHLO] = "EHLO",
        [PNEU_COMMAND_LHLO] = "LHLO",
        [PNEU_COMMAND_HELO] = "HELO",
        [PNEU_COMMAND_STARTTLS] = "STARTTLS",
        [PNEU_COMMAND_AUTH] = "AUTH",
        [PNEU_COMMAND_AUTH_RESPONSE] = "AUTH-RESPONSE",
        [PNEU_COMMAND_MAIL] = "MAIL",
        [PNEU_COMMAND_RCPT] = "RCPT",
        [PNEU_COMMAND_DATA] = "DATA",
        [PNEU_COMMAND_BDAT] = "BDAT",
        [PNEU_COMMAND_CONTENT] = "CONTENT",
        [PNEU_COMMAND_RSET] = "RSET",
        [PNEU_COMMAND_NOOP] = "NOOP",
        [PNEU_COMMAND_VRFY] = "VRFY",
        [PNEU_COMMAND_EXPN] = "EXPN",
        [PNEU_COMMAND_HELP] = "HELP",
        [PNEU_COMMAND_ETRN] = "ETRN",
        [PNEU_COMMAND_XCLIENT] = "XCLIENT",
        [PNEU_COMMAND_QUIT] = "QUIT",
        [PNEU_COMMAND_OTHER] = "OTHER",
    };
    return (size_t)command < sizeof(WORDS) / sizeof(WORDS[0]) ? WORDS[command]
                                                              : "?";
}

static void print_event(text *to, const pneu_event *event)
{
    static const char *const SENT[] = {"nothing", "part", "all"};
    const pneu_reply *reply = event->reply;
    text_print(to, "%s %s",
               event->kind == PNEU_EVENT_REPLY ? "reply" : "dropped",
               command_word(event->command));
    if (reply != NULL)
        text_print(to, " %d", reply->code);
    if (reply != NULL && reply->enhanced.status_class != 0)
        text_print(to, " %u.%u.%u", reply->enhanced.status_class,
                   reply->enhanced.subject, reply->enhanced.detail);
    if (event->index > 0)
        text_print(to, " index=%zu", event->index);
    if (event->kind == PNEU_EVENT_DROPPED)
        text_print(to, " sent=%s", SENT[event->sent]);
    if (event->after_421)
        text_print(to, " after-421");
}

static void keep_trace(world *in, const pneu_event *event)
{
    print_event(&in->trace, event);
    text_print(&in->trace, " tag=%zu due=%zu sent=%d", (size_t)event->tag,
               event->replies_due, (int)event->sent);
    if (event->reply != NULL) {
        text_add(&in->trace, PN_SPAN(" \""));
        text_add_shown(&in->trace, (pn_span){event->reply->text,
                                             event->reply->text_length});
        text_add(&in->trace, PN_SPAN("\""));
    }
    text_add(&in->trace, PN_SPAN("\n"));
}

static void note_accepted(world *in, letter *of)
{
    for (size_t i = 0; i < of->recipient_count; i++) {
        const pneu_outcome *outcome = pneu_delivery_outcome(of->delivery, i);
        if (of->accepted_at[i] == 0 && outcome->kind == PNEU_OUTCOME_ACCEPTED)
            of->accepted_at[i] = in->read;
    }
}

static void to_letter(world *in, letter *of, const pneu_event *event)
{
    pneu_status status = pneu_delivery_event(of->delivery, in->session, event);
    if (world_note(in, status) != PNEU_OK)
        world_log(in, "delivery %s", pneu_status_name(status) + 5);
    if (event->command == PNEU_COMMAND_CONTENT)
        note_accepted(in, of);
}

static void to_program(world *in, const pneu_event *event)
{
    if (event->tag >= TAG_PROGRAM)
        in->events++;
    print_event(&in->log, event);
    text_add(&in->log, PN_SPAN("\n"));
}

static void route(world *in, const pneu_event *event)
{
    bool opening = in->opening != NULL && !pneu_opening_is_done(in->opening);
    size_t number = event->tag - TAG_LETTER;
    keep_trace(in, event);
    if (opening && (event->tag == PNEU_OPENING_TAG ||
                    event->command == PNEU_COMMAND_GREETING))
        pneu_opening_event(in->opening, in->session, event);
    else if (number < in->letter_count)
        to_letter(in, &in->letters[number], event);
    else
        to_program(in, event);
}

void events_take(world *in)
{
    pneu_event event;
    while (pneu_session_next_event(in->session, &event))
        route(in, &event);
}

static void tell_opening(world *in)
{
    const pneu_error *error = pneu_opening_error(in->opening);
    in->opening_told = true;
    if (world_note(in, error->status) == PNEU_OK) {
        world_log(in, "ready");
        return;
    }
    text_print(&in->log, "failed %s", pneu_status_name(error->status) + 5);
    if (error->reply_code != 0)
        text_print(&in->log, " %s %d", command_word(error->command),
                   error->reply_code);
    text_add(&in->log, PN_SPAN("\n"));
}

static void tell_outcome(world *in, const pneu_outcome *outcome)
{
    static const char *const KINDS[] = {
        [PNEU_OUTCOME_NOT_TRIED] = "not-tried",
        [PNEU_OUTCOME_ACCEPTED] = "accepted",
        [PNEU_OUTCOME_REFUSED_FOR_NOW] = "refused-for-now",
        [PNEU_OUTCOME_REFUSED_FOR_GOOD] = "refused-for-good",
        [PNEU_OUTCOME_IN_DOUBT] = "in-doubt",
    };
    text_add(&in->log, PN_SPAN("outcome "));
    text_add_shown(&in->log, pn_span_of(outcome->recipient));
    text_print(&in->log, " %s", KINDS[outcome->kind]);
    if (outcome->code != 0)
        text_print(&in->log, " %s %d", command_word(outcome->command),
                   outcome->code);
    if (outcome->enhanced.status_class != 0)
        text_print(&in->log, " %u.%u.%u", outcome->enhanced.status_class,
                   outcome->enhanced.subject, outcome->enhanced.detail);
    text_add(&in->log, PN_SPAN("\n"));
}

static void tell_letter(world *in, letter *of)
{
    of->is_told = true;
    for (size_t i = 0; i < of->recipient_count; i++)
        tell_outcome(in, pneu_delivery_outcome(of->delivery, i));
}

void events_tell(world *in)
{
    bool over = (pneu_session_wants(in->session) & PNEU_WANT_CLOSE) != 0;
    if (in->opening != NULL && !in->opening_told) {
        if (over && !pneu_opening_is_done(in->opening))
            pneu_opening_go(in->opening, in->session);
        if (pneu_opening_is_done(in->opening))
            tell_opening(in);
    }
    letters_renew(in);
    for (size_t i = 0; i < in->letter_count; i++) {
        letter *of = &in->letters[i];
        if (of->delivery != NULL && !of->is_told &&
            pneu_delivery_is_done(of->delivery))
            tell_letter(in, of);
    }
}
