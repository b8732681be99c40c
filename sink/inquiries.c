/* VRFY, EXPN and HELP: what a client may ask (RFC 5321 3.5, 4.1.1.8). */
#include "sink/commands.h"

/* What may be shown in a reply: the client's own octets, if printable. */
static pn_span showable(pn_span text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (!pn_ascii_is_printable(text.data[i]))
            return PN_SPAN("?");
    }
    text.length = text.length > PN_PATH_MAX ? PN_PATH_MAX : text.length;
    return text;
}

static pn_span without_brackets(pn_span text)
{
    if (text.length > 1 && text.data[0] == '<' &&
        text.data[text.length - 1] == '>')
        return (pn_span){text.data + 1, text.length - 2};
    return text;
}

/* RFC 6531 3.7.4.2: VRFY may end in SMTPUTF8 */
static pn_span verify_target(const pn_sink_session *session, pn_span argument)
{
    static const pn_span MARK = {" SMTPUTF8", 9};
    pn_span target = pn_span_trim(argument);
    if ((session->offered & PN_SINK_SMTPUTF8) != 0 &&
        target.length > MARK.length) {
        size_t start = target.length - MARK.length;
        if (pn_span_equal_nocase((pn_span){target.data + start, MARK.length},
                                 MARK))
            target.length = start;
    }
    return without_brackets(pn_span_trim(target));
}

/* RFC 5321 3.5 */
void pn_sink_run_vrfy(pn_sink_session *session, pn_span argument)
{
    const pn_sink_mailboxes *mailboxes = &session->options->mailboxes;
    pn_span target = verify_target(session, argument);
    size_t matches = 0;
    if (target.length == 0) {
        pn_sink_say(session, "501 5.5.4", "Syntax: VRFY address");
        return;
    }
    if (pn_sink_mailing_lists_find(&session->options->lists, target) != NULL) {
        pn_sink_say_about(session, "550 5.1.1", showable(target),
                          " is a mailing list, not a user");
        return;
    }
    if (mailboxes->count == 0) {
        pn_sink_say(session, "252 2.5.0",
                    "Cannot verify, but will take a message");
        return;
    }
    const pn_sink_mailbox *found =
        pn_sink_mailboxes_find(mailboxes, target, &matches);
    if (matches == 0)
        pn_sink_say_about(session, "550 5.1.1", showable(target),
                          "... User unknown");
    else if (matches > 1)
        pn_sink_say_about(session, "553 5.1.4", showable(target),
                          "... User ambiguous");
    else
        pn_sink_say_mailbox(session, "250 2.1.5", found->name, found->address);
}

/* RFC 5321 3.5.2: a line a member, with its name where it is known */
static void say_members(pn_sink_session *session, pn_span members)
{
    pn_span address;
    while (pn_sink_mailing_list_next(&members, &address)) {
        size_t matches = 0;
        const pn_sink_mailbox *known = pn_sink_mailboxes_find(
            &session->options->mailboxes, address, &matches);
        pn_sink_mailbox shown = {{NULL, 0}, address};
        if (matches == 1)
            shown.name = known->name;
        pn_sink_say_mailbox_part(session, "250 2.1.5", members.length == 0,
                                 &shown);
    }
}

void pn_sink_run_expn(pn_sink_session *session, pn_span argument)
{
    const pn_sink_options *options = session->options;
    pn_span target = verify_target(session, argument);
    size_t matches = 0;
    const pn_sink_mailing_list *list =
        pn_sink_mailing_lists_find(&options->lists, target);
    if (options->lists.count == 0)
        pn_sink_say(session, "502 5.5.1", "EXPN is not implemented");
    else if (target.length == 0)
        pn_sink_say(session, "501 5.5.4", "Syntax: EXPN mailing-list");
    else if (list != NULL)
        say_members(session, list->members);
    else if (pn_sink_mailboxes_find(&options->mailboxes, target, &matches) !=
             NULL)
        pn_sink_say_about(session, "550 5.1.1", showable(target),
                          " is a user, not a mailing list");
    else
        pn_sink_say_about(session, "550 5.1.1", showable(target),
                          "... List unknown");
}

static void say_topics(pn_sink_session *session)
{
    static const char CODE[] = "214 2.0.0";
    const pn_sink_command *command;
    pn_sink_say_text_part(session, CODE,
                          "This is pneu sink, a test server: see pneu-sink(1)");
    pn_sink_say_text_part(session, CODE, "Commands, each for HELP command:");
    for (size_t i = 0; (command = pn_sink_command_at(session, i)) != NULL; i++)
        pn_sink_say_text_part(session, CODE, command->verb);
    pn_sink_say(session, CODE, "End of HELP");
}

void pn_sink_run_help(pn_sink_session *session, pn_span argument)
{
    pn_span topic = pn_span_trim(argument);
    if (topic.length == 0) {
        say_topics(session);
        return;
    }
    const pn_sink_command *command = pn_sink_command_find(session, topic);
    if (command != NULL)
        pn_sink_say(session, "214 2.0.0", command->syntax);
    else
        pn_sink_say(session, "504 5.5.4", "There is no help for this topic");
}
