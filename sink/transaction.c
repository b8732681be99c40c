/* MAIL, RCPT and DATA: the envelope, up to the content (RFC 5321 3.3). */
#include "sink/commands.h"
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
    const char *text = NULL;
    const char *code = pn_sink_parameters_parse(command, list, session->offered,
                                                parameters, &text);
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
    else if (pn_sink_envelope_open(&session->envelope, path.address,
                                   path.parameters,
                                   parameters.smtputf8) != PNEU_OK)
        pn_sink_say(session, "451 4.3.0", "Out of memory");
    else
        pn_sink_say(session, "250 2.1.0", "Ok");
}

/* RCPT is well-formed: whether this recipient is taken. */
static void take_recipient(pn_sink_session *session, pn_span address)
{
    const pn_sink_options *options = session->options;
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
    bool delivered =
        pn_sink_rules_find(&options->refused_deliveries, address) == NULL;
    if (pn_sink_envelope_add(&session->envelope, address, delivered) == PNEU_OK)
        pn_sink_say(session, "250 2.1.5", "Ok");
    else
        pn_sink_say(session, "452 4.3.0", "Out of memory");
}

void pn_sink_run_rcpt(pn_sink_session *session, pn_span argument)
{
    pn_sink_path path;
    pn_sink_parameters parameters;
    if (!session->envelope.open) {
        pn_sink_say(session, "503 5.5.1", "MAIL comes first");
        return;
    }
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
        take_recipient(session, path.address);
}

void pn_sink_run_data(pn_sink_session *session, pn_span argument)
{
    const pn_sink_options *options = session->options;
    pn_sink_envelope *envelope = &session->envelope;
    (void)argument;
    if (!envelope->open) {
        pn_sink_say(session, "503 5.5.1", "MAIL comes first");
        return;
    }
    if (envelope->recipient_count == 0) {
        /* RFC 5321 3.3; RFC 2033 4.2 asks for 503 */
        pn_sink_say(session, options->lmtp ? "503 5.5.1" : "554 5.5.1",
                    "No valid recipients");
        return;
    }
    if (options->refuse_data != NULL) {
        pn_sink_say_line(session, pn_span_of(options->refuse_data));
        return;
    }
    pn_sink_letter_begin(&session->letter, &session->shared->store, envelope,
                         options->refuse_content == NULL &&
                             envelope->delivery_count > 0);
    pn_sink_content_init(&session->content, session->options->lenient);
    session->phase = PN_SINK_PHASE_CONTENT;
    pn_sink_say(session, "354", "End data with <CR><LF>.<CR><LF>");
}
