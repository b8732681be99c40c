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

/* The verbs of a transaction come first: they are looked for most often. */
static const pn_sink_command COMMANDS[] = {
    {"RCPT", PN_SINK_NEEDS_HELLO, 0, pn_sink_run_rcpt,
     "RCPT TO:<address> [parameters]"},
    {"MAIL", PN_SINK_NEEDS_HELLO | PN_SINK_NEEDS_POLICY, 0, pn_sink_run_mail,
     "MAIL FROM:<address> [parameters]"},
    {"BDAT", PN_SINK_NEEDS_HELLO | PN_SINK_HAS_CHUNK, PN_SINK_CHUNKING,
     pn_sink_run_bdat, "BDAT size [LAST], and as many octets"},
    {"DATA", PN_SINK_NEEDS_HELLO | PN_SINK_ENDS_GROUP | PN_SINK_NO_ARGUMENT, 0,
     pn_sink_run_data, "DATA, and after 354 the message and a dot"},
    {"RSET", PN_SINK_NO_ARGUMENT, 0, run_rset, "RSET ends the transaction"},
    {"EHLO", PN_SINK_ENDS_GROUP | PN_SINK_SMTP_ONLY | PN_SINK_EXTENDED, 0,
     pn_sink_run_ehlo, "EHLO your-host-name"},
    {"HELO", PN_SINK_ENDS_GROUP | PN_SINK_SMTP_ONLY, 0, pn_sink_run_helo,
     "HELO your-host-name"},
    {"LHLO", PN_SINK_ENDS_GROUP | PN_SINK_LMTP_ONLY, 0, pn_sink_run_ehlo,
     "LHLO your-host-name"},
    {"QUIT", PN_SINK_ENDS_GROUP | PN_SINK_NO_ARGUMENT, 0, run_quit,
     "QUIT ends the session"},
    {"NOOP", PN_SINK_ENDS_GROUP, 0, run_noop, "NOOP does nothing"},
    {"VRFY", PN_SINK_ENDS_GROUP | PN_SINK_OPTIONAL, PN_SINK_VRFY,
     pn_sink_run_vrfy, "VRFY address or local part"},
    {"EXPN", PN_SINK_ENDS_GROUP | PN_SINK_OPTIONAL, PN_SINK_EXPN,
     pn_sink_run_expn, "EXPN mailing-list"},
    {"HELP", PN_SINK_ENDS_GROUP | PN_SINK_OPTIONAL, PN_SINK_HELP,
     pn_sink_run_help, "HELP [command]"},
    {"STARTTLS", PN_SINK_ENDS_GROUP | PN_SINK_NO_ARGUMENT, 0,
     pn_sink_run_starttls, "STARTTLS, and after 220 the handshake"},
    {"AUTH", PN_SINK_ENDS_GROUP | PN_SINK_NEEDS_HELLO | PN_SINK_HAS_SECRET, 0,
     pn_sink_run_auth, "AUTH mechanism [initial-response]"},
    {"ETRN", PN_SINK_ENDS_GROUP, PN_SINK_ETRN, pn_sink_run_etrn,
     "ETRN domain, @domain or #queue"},
    {"XCLIENT", PN_SINK_ENDS_GROUP, PN_SINK_XCLIENT, pn_sink_run_xclient,
     "XCLIENT attribute=value ..."},
};

enum {
    COMMAND_COUNT = sizeof(COMMANDS) / sizeof(COMMANDS[0])
};

static const pn_sink_command *find(pn_span verb)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (pn_span_equal_nocase(verb, pn_span_of(COMMANDS[i].verb)))
            return &COMMANDS[i];
    }
    return NULL;
}

/* The commands that an extension brings are those of the last EHLO. */
static bool is_known(const pn_sink_session *session,
                     const pn_sink_command *command)
{
    unsigned hidden =
        session->options->lmtp ? PN_SINK_SMTP_ONLY : PN_SINK_LMTP_ONLY;
    if (command == NULL || (command->flags & hidden) != 0)
        return false;
    return command->extension == 0 ||
           (command->flags & PN_SINK_OPTIONAL) != 0 ||
           (command->extension & session->offered) != 0;
}

const pn_sink_command *pn_sink_command_find(const pn_sink_session *session,
                                            pn_span verb)
{
    const pn_sink_command *command = find(verb);
    return is_known(session, command) ? command : NULL;
}

const pn_sink_command *pn_sink_command_at(const pn_sink_session *session,
                                          size_t i)
{
    for (size_t at = 0; at < COMMAND_COUNT; at++) {
        if (is_known(session, &COMMANDS[at]) && i-- == 0)
            return &COMMANDS[at];
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

/* RFC 5321 has it, but the options do not. */
static bool is_hidden(const pn_sink_command *command,
                      const pn_sink_options *options)
{
    if ((command->flags & PN_SINK_EXTENDED) != 0)
        return options->no_ehlo;
    return (command->flags & PN_SINK_OPTIONAL) != 0 &&
           (options->extensions & command->extension) == 0;
}

/* True if the command may not be run here; then that was said. */
static bool is_refused(pn_sink_session *session, const pn_sink_command *command,
                       pn_span argument)
{
    const pn_sink_options *options = session->options;
    unsigned flags = command->flags;
    if (is_hidden(command, options))
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

/* --refuse-pipelining: a command that did not wait for the reply before it.
 * A chunk must be taken off the line in any case. */
static bool is_refused_group(const pn_sink_session *session,
                             const pn_sink_command *command, bool grouped)
{
    return grouped && session->options->refuse_pipelining != NULL &&
           (command == NULL || (command->flags & PN_SINK_HAS_CHUNK) == 0);
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
    bool grouped = session->grouped;
    session->grouped = more;
    if (is_refused_group(session, command, grouped)) {
        pn_sink_say_line(session,
                         pn_span_of(session->options->refuse_pipelining));
        return;
    }
    bool ends_group = !known || (command->flags & PN_SINK_ENDS_GROUP) != 0;
    bool chunk = known && (command->flags & PN_SINK_HAS_CHUNK) != 0;
    if (!chunk && pn_sink_is_too_early(session, ends_group, more)) {
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
