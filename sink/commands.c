#include "sink/commands.h"

#include <string.h>

static void run_rset(pn_sink_session *session, pn_span argument)
{
    (void)argument;
    pn_sink_session_reset(session);
    pn_sink_say(session, "250 2.0.0", "Ok");
}

static void run_noop(pn_sink_session *session, pn_span argument)
{
    (void)argument;
    pn_sink_say(session, "250 2.0.0", "Ok");
}

static void run_quit(pn_sink_session *session, pn_span argument)
{
    (void)argument;
    pn_sink_say(session, "221 2.0.0", "Bye");
    session->phase = PN_SINK_PHASE_OVER;
}

static void run_help(pn_sink_session *session, pn_span argument)
{
    (void)argument;
    pn_sink_say(session, "214 2.0.0",
                "This is pneu sink, a test server: see pneu-sink(1)");
}

static void run_expn(pn_sink_session *session, pn_span argument)
{
    (void)argument;
    pn_sink_say(session, "502 5.5.1", "EXPN is not implemented");
}

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
static void run_vrfy(pn_sink_session *session, pn_span argument)
{
    const pn_sink_mailboxes *mailboxes = &session->options->mailboxes;
    pn_span target = verify_target(session, argument);
    size_t matches = 0;
    if (target.length == 0) {
        pn_sink_say(session, "501 5.5.4", "Syntax: VRFY address");
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

/* CHUNKING and others will be rows as well. The verbs of a transaction come
 * first: they are looked for most often. */
static const pn_sink_command COMMANDS[] = {
    {"RCPT", PN_SINK_NEEDS_HELLO, pn_sink_run_rcpt},
    {"MAIL", PN_SINK_NEEDS_HELLO | PN_SINK_NEEDS_POLICY, pn_sink_run_mail},
    {"DATA", PN_SINK_NEEDS_HELLO | PN_SINK_ENDS_GROUP | PN_SINK_NO_ARGUMENT,
     pn_sink_run_data},
    {"RSET", PN_SINK_NO_ARGUMENT, run_rset},
    {"EHLO", PN_SINK_ENDS_GROUP | PN_SINK_SMTP_ONLY | PN_SINK_EXTENDED,
     pn_sink_run_ehlo},
    {"HELO", PN_SINK_ENDS_GROUP | PN_SINK_SMTP_ONLY, pn_sink_run_helo},
    {"LHLO", PN_SINK_ENDS_GROUP | PN_SINK_LMTP_ONLY, pn_sink_run_ehlo},
    {"QUIT", PN_SINK_ENDS_GROUP | PN_SINK_NO_ARGUMENT, run_quit},
    {"NOOP", PN_SINK_ENDS_GROUP, run_noop},
    {"VRFY", PN_SINK_ENDS_GROUP, run_vrfy},
    {"EXPN", PN_SINK_ENDS_GROUP, run_expn},
    {"HELP", PN_SINK_ENDS_GROUP, run_help},
    {"STARTTLS", PN_SINK_ENDS_GROUP | PN_SINK_NO_ARGUMENT,
     pn_sink_run_starttls},
    {"AUTH", PN_SINK_ENDS_GROUP | PN_SINK_NEEDS_HELLO | PN_SINK_HAS_SECRET,
     pn_sink_run_auth},
};

static const pn_sink_command *find(pn_span verb)
{
    for (size_t i = 0; i < sizeof(COMMANDS) / sizeof(COMMANDS[0]); i++) {
        if (pn_span_equal_nocase(verb, pn_span_of(COMMANDS[i].verb)))
            return &COMMANDS[i];
    }
    return NULL;
}

/* RFC 2920 3.1: nothing follows a command whose reply decides what may be
 * said next, and nothing follows any command without PIPELINING. */
bool pn_sink_is_too_early(const pn_sink_session *session, bool ends_group,
                          bool more)
{
    return more && !session->options->lenient &&
           (ends_group || (session->offered & PN_SINK_PIPELINING) == 0);
}

static void log_line(pn_sink_session *session, const pn_sink_command *command,
                     pn_span verb, pn_span line)
{
    pn_span blank;
    pn_span argument = {verb.data + verb.length, line.length - verb.length};
    if (session->shared->log.level < PN_SINK_LOG_DIALOGUE)
        return;
    if (command == NULL || (command->flags & PN_SINK_HAS_SECRET) == 0) {
        pn_sink_log_line(&session->shared->log, session->number, 'C', line);
        return;
    }
    /* "AUTH PLAIN AGFsaWNl…": verb and mechanism stay */
    char shown[64];
    if (!pn_span_next_word(&argument, &blank) || blank.length > 20)
        blank.length = 0;
    int length = snprintf(shown, sizeof(shown), "%s %.*s%s", command->verb,
                          (int)blank.length, blank.length > 0 ? blank.data : "",
                          pn_span_trim(argument).length > 0 ? " ****" : "");
    pn_sink_log_line(&session->shared->log, session->number, 'C',
                     (pn_span){shown, (size_t)length});
}

/* True if the command may not be run here; then that was said. */
static bool is_refused(pn_sink_session *session, const pn_sink_command *command,
                       pn_span argument)
{
    const pn_sink_options *options = session->options;
    unsigned flags = command->flags;
    if ((flags & PN_SINK_EXTENDED) != 0 && options->no_ehlo)
        pn_sink_say(session, "502 5.5.1", "Command not implemented");
    else if ((flags & PN_SINK_NO_ARGUMENT) != 0 &&
             pn_span_trim(argument).length > 0)
        pn_sink_say(session, "501 5.5.4", "This command takes no argument");
    else if ((flags & PN_SINK_NEEDS_HELLO) != 0 &&
             session->hello == PN_SINK_HELLO_NONE)
        pn_sink_say(session, "503 5.5.1",
                    options->lmtp ? "Say LHLO first" : "Say EHLO first");
    else if ((flags & PN_SINK_NEEDS_POLICY) != 0 && options->require_tls &&
             session->tls == NULL)
        pn_sink_say(session, "530 5.7.0",
                    "Must issue a STARTTLS command first");
    else if ((flags & PN_SINK_NEEDS_POLICY) != 0 && options->require_auth &&
             session->user == NULL)
        pn_sink_say(session, "530 5.7.0", "Authentication required");
    else
        return false;
    return true;
}

static bool is_known(const pn_sink_session *session,
                     const pn_sink_command *command)
{
    unsigned hidden =
        session->options->lmtp ? PN_SINK_SMTP_ONLY : PN_SINK_LMTP_ONLY;
    return command != NULL && (command->flags & hidden) == 0;
}

void pn_sink_command_run(pn_sink_session *session, pn_span line, bool more)
{
    size_t length = 0;
    while (length < line.length && line.data[length] != ' ')
        length++;
    pn_span verb = {line.data, length};
    pn_span argument = {line.data + length, line.length - length};
    const pn_sink_command *command = find(verb);
    log_line(session, command, verb, line);
    bool known = is_known(session, command);
    bool ends_group = !known || (command->flags & PN_SINK_ENDS_GROUP) != 0;
    if (pn_sink_is_too_early(session, ends_group, more)) {
        pn_sink_session_break(session, "554 5.5.0",
                              "SMTP protocol synchronization error: you did "
                              "not wait for this reply");
        return;
    }
    if (!known) {
        pn_sink_say(session, "500 5.5.1", "Command not recognized");
        return;
    }
    if (argument.length > 0)
        argument = (pn_span){argument.data + 1, argument.length - 1};
    if (!is_refused(session, command, argument))
        command->run(session, argument);
}
