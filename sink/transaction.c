/* MAIL, RCPT and DATA: the envelope, up to the content (RFC 5321 3.3). */
#include "sink/commands.h"
#include "sink/parameters.h"
#include "sink/path_argument.h"
#include "wire/path.h"

static void say_rule(pn_sink_session *session, const pn_sink_rule *rule,
                     pn_span address)
{
    if (rule->reply != NULL)
        pn_sink_say_line(session, pn_span_of(rule->reply));
    else
        pn_sink_say_about(session, rule->code, address, rule->reason);
}

/* Reads the parameters; false, and it was said, if one of them is wrong. */
static bool take_parameters(pn_sink_session *session, unsigned command,
                            pn_span list, pn_sink_parameters *parameters)
{
    char text[PN_SINK_PARAMETER_TEXT_SIZE];
    pn_sink_parameter_rules rules = {command, session->offered,
                                     &session->options->limits};
    const char *code = pn_sink_parameters_parse(&rules, list, parameters, text);
    if (code != NULL)
        pn_sink_say(session, code, text);
    return code == NULL;
}

/* False, and it was said, for an address that is not valid here. */
static bool check_address(pn_sink_session *session, pn_span address,
                          unsigned allowed, bool smtputf8, const char *code)
{
    if (pn_path_check(address, allowed, NULL) != PNEU_OK) {
        pn_sink_say(session, code, "This is not a valid address");
        return false;
    }
    if (!smtputf8 && pn_path_needs_utf8(address)) {
        pn_sink_say(session, "553 5.6.7",
                    "This address needs SMTPUTF8 with MAIL");
        return false;
    }
    return true;
}

static bool begin_mail(pn_sink_session *session)
{
    uint64_t max = session->options->limits.mail_max;
    session->mail_count++;
    if (max > 0 && session->mail_count > max) { /* RFC 9422 4 */
        pn_sink_session_break(session, "421 4.7.0",
                              "Too many messages on this connection");
        return false;
    }
    if (session->envelope.open) {
        pn_sink_say(session, "503 5.5.1", "A transaction is open: RSET first");
        return false;
    }
    if (session->shared->ending) {
        pn_sink_session_break(session, "421 4.3.2",
                              "Ending: the number of messages is reached");
        return false;
    }
    return true;
}

static void open_envelope(pn_sink_session *session, const pn_sink_path *path,
                          const pn_sink_parameters *parameters)
{
    pn_sink_envelope *envelope = &session->envelope;
    if (pn_sink_envelope_open(envelope, path->address, path->parameters) !=
        PNEU_OK) {
        pn_sink_say(session, "451 4.3.0", "Out of memory");
        return;
    }
    envelope->smtputf8 = parameters->smtputf8;
    envelope->binary = parameters->binary;
    pn_sink_say(session, "250 2.1.0", "Ok");
}

void pn_sink_run_mail(pn_sink_session *session, pn_span argument)
{
    pn_sink_path path;
    pn_sink_parameters parameters;
    if (!begin_mail(session))
        return;
    if (!pn_sink_path_parse(argument, PN_SPAN("FROM:"), &path)) {
        pn_sink_say(session, "501 5.5.4",
                    "Syntax: MAIL FROM:<address> [parameters]");
        return;
    }
    if (!take_parameters(session, PN_SINK_OF_MAIL, path.parameters,
                         &parameters) ||
        !check_address(session, path.address, PN_PATH_NULL, parameters.smtputf8,
                       "553 5.1.7"))
        return;
    const pn_sink_rule *rule =
        pn_sink_rules_find(&session->options->refused_senders, path.address);
    uint64_t max = session->options->size;
    if (rule != NULL)
        say_rule(session, rule, path.address);
    else if (max > 0 && parameters.size > max) /* RFC 1870 6.1 */
        pn_sink_say(session, "552 5.3.4", "Message too big");
    else
        open_envelope(session, &path, &parameters);
}

/* RCPT is well-formed: whether this recipient is taken. */
static void take_recipient(pn_sink_session *session, const pn_sink_path *path)
{
    const pn_sink_options *options = session->options;
    pn_span address = path->address;
    const pn_sink_rule *rule =
        pn_sink_rules_find(&options->refused_recipients, address);
    if (rule != NULL) {
        say_rule(session, rule, address);
        return;
    }
    if (session->envelope.recipient_count >= options->recipients_max) {
        pn_sink_say(session, "452 4.5.3", "Too many recipients");
        return;
    }
    if (!pn_sink_domains_add(&session->domains, address)) {
        /* RFC 9422 4 */
        pn_sink_say(session, "452 4.5.3",
                    "Too many domains of recipients on this connection");
        return;
    }
    pn_sink_recipient added = {
        address, path->parameters,
        pn_sink_rules_find(&options->refused_deliveries, address) == NULL};
    if (pn_sink_envelope_add(&session->envelope, &added) == PNEU_OK)
        pn_sink_say(session, "250 2.1.5", "Ok");
    else
        pn_sink_say(session, "452 4.3.0", "Out of memory");
}

static bool begin_rcpt(pn_sink_session *session)
{
    pn_sink_envelope *envelope = &session->envelope;
    uint64_t max = session->options->limits.rcpt_max;
    if (!envelope->open) {
        pn_sink_say(session, "503 5.5.1", "MAIL comes first");
        return false;
    }
    if (envelope->chunk_count > 0) {
        pn_sink_say(session, "503 5.5.1", "The content has begun");
        return false;
    }
    envelope->rcpt_count++;
    if (max > 0 && envelope->rcpt_count > max) { /* RFC 9422 4 */
        pn_sink_say(session, "452 4.5.3", "Too many recipients");
        return false;
    }
    return true;
}

void pn_sink_run_rcpt(pn_sink_session *session, pn_span argument)
{
    pn_sink_path path;
    pn_sink_parameters parameters;
    if (!begin_rcpt(session))
        return;
    if (!pn_sink_path_parse(argument, PN_SPAN("TO:"), &path)) {
        pn_sink_say(session, "501 5.5.4",
                    "Syntax: RCPT TO:<address> [parameters]");
        return;
    }
    if (!take_parameters(session, PN_SINK_OF_RCPT, path.parameters,
                         &parameters))
        return;
    /* a local part alone is for LMTP, and for postmaster (RFC 5321 4.1.1.3) */
    bool local = session->options->lmtp || pn_path_is_postmaster(path.address);
    if (check_address(session, path.address, local ? PN_PATH_LOCAL : 0,
                      session->envelope.smtputf8, "553 5.1.3"))
        take_recipient(session, &path);
}

/* True if DATA may not follow here; then that was said. */
static bool is_data_misplaced(pn_sink_session *session)
{
    const pn_sink_envelope *envelope = &session->envelope;
    if (!envelope->open)
        pn_sink_say(session, "503 5.5.1", "MAIL comes first");
    else if (envelope->chunk_count > 0 || envelope->chunks_failed)
        /* RFC 3030 2 */
        pn_sink_say(session, "503 5.5.1", "DATA does not follow BDAT");
    else if (envelope->binary) /* RFC 3030 3 */
        pn_sink_say(session, "503 5.5.1", "BODY=BINARYMIME needs BDAT");
    else if (envelope->recipient_count == 0)
        /* RFC 5321 3.3; RFC 2033 4.2 asks for 503 */
        pn_sink_say(session, session->options->lmtp ? "503 5.5.1" : "554 5.5.1",
                    "No valid recipients");
    else
        return false;
    return true;
}

void pn_sink_run_data(pn_sink_session *session, pn_span argument)
{
    (void)argument;
    if (is_data_misplaced(session))
        return;
    if (session->options->refuse_data != NULL) {
        pn_sink_say_line(session, pn_span_of(session->options->refuse_data));
        return;
    }
    pn_sink_begin_content(session, PN_SINK_CONTENT_DOTTED);
    session->phase = PN_SINK_PHASE_CONTENT;
    pn_sink_say(session, "354", "End data with <CR><LF>.<CR><LF>");
}
