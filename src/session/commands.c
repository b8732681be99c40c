/* From a verb to the queue: the commands that are no part of a transaction.
 */
#include "base/fail.h"
#include "session/issue.h"
#include "wire/path.h"

pneu_status pneu_session_hello(pneu_session *session, bool helo,
                               const char *name, uintptr_t tag)
{
    pneu_command command = helo            ? PNEU_COMMAND_HELO
                           : session->lmtp ? PNEU_COMMAND_LHLO
                                           : PNEU_COMMAND_EHLO;
    if (helo && session->lmtp) /* RFC 2033 4.1 */
        return pn_issue_misuse(session, "LMTP has no HELO");
    if (!pn_issue_is_word(name))
        return pn_fail(&session->misuse, PNEU_INVALID,
                       "the client's name for %s must be one word",
                       pn_command_row_of(command)->name);
    pneu_status status = pn_issue_simple(session, command, name, tag);
    if (status == PNEU_OK) /* RFC 5321 4.1.4: it resets, as RSET does */
        session->issuing = PN_ISSUING_NONE;
    return status;
}

pneu_status pneu_session_starttls(pneu_session *session, uintptr_t tag)
{
    if (session->protection >= PNEU_PROTECTION_TLS_UNVERIFIED)
        return pn_issue_misuse(session, "the line is under TLS already");
    if (pneu_session_in_transaction(session))
        return pn_issue_misuse(session, "a transaction is under way: TLS "
                                        "begins before it, or after RSET");
    return pn_issue_simple(session, PNEU_COMMAND_STARTTLS, NULL, tag);
}

pneu_status pneu_session_auth(pneu_session *session, const char *mechanism,
                              const void *initial, size_t length, uintptr_t tag)
{
    pneu_status status = pn_issue_check(session);
    if (status != PNEU_OK)
        return status;
    if (pneu_session_in_transaction(session)) /* RFC 4954 4 */
        return pn_issue_misuse(session, "a transaction is under way: AUTH "
                                        "comes before it, or after RSET");
    if (!pn_issue_is_word(mechanism))
        return pn_fail(&session->misuse, PNEU_INVALID,
                       "the name of a SASL mechanism must be one word");
    pn_line line = pn_issue_line(session);
    pn_line_add_text(&line, "AUTH ");
    pn_line_add_text(&line, mechanism);
    size_t public_length = pn_buffer_length(&session->lines) - line.start;
    if (initial != NULL) {
        pn_line_add_text(&line, " ");
        public_length++;
        pn_line_add_base64(&line, (pn_span){initial, length});
    }
    pn_queued *queued = pn_issue_push(session, &line, PNEU_COMMAND_AUTH, tag);
    if (queued != NULL && initial != NULL)
        queued->public_length = public_length;
    return pn_issue_result(session, queued);
}

pneu_status pneu_session_auth_response(pneu_session *session,
                                       const void *response, size_t length,
                                       uintptr_t tag)
{
    if (session->state != PN_STATE_CHALLENGED)
        return pn_issue_misuse(session, "no challenge waits for an answer");
    if (pn_queue_reserve(&session->queue, 1) != PNEU_OK)
        return pn_fail(&session->misuse, PNEU_NO_MEMORY,
                       "no room for another command");
    pn_line line = pn_issue_line(session);
    if (response == NULL)
        pn_line_add_text(&line, "*"); /* RFC 4954 4 */
    else if (length > 0)
        pn_line_add_base64(&line, (pn_span){response, length});
    pn_queued *queued =
        pn_issue_push(session, &line, PNEU_COMMAND_AUTH_RESPONSE, tag);
    if (queued == NULL)
        return session->misuse.status;
    if (response != NULL)
        queued->public_length = 0;
    pn_session_move(session, PN_CAUSE_ANSWERED);
    return PNEU_OK;
}

pneu_status pneu_session_rset(pneu_session *session, uintptr_t tag)
{
    pneu_status status = pn_issue_simple(session, PNEU_COMMAND_RSET, NULL, tag);
    if (status != PNEU_OK)
        return status;
    session->issuing = PN_ISSUING_NONE;
    session->issued_resets++;
    return PNEU_OK;
}

pneu_status pneu_session_noop(pneu_session *session, uintptr_t tag)
{
    return pn_issue_simple(session, PNEU_COMMAND_NOOP, NULL, tag);
}

pneu_status pneu_session_quit(pneu_session *session, uintptr_t tag)
{
    return pn_issue_simple(session, PNEU_COMMAND_QUIT, NULL, tag);
}

/* An address or a name, alone in its line; what is not ASCII needs SMTPUTF8,
 * and says so (RFC 6531 3.7.4.2). */
static pneu_status issue_query(pneu_session *session, pneu_command command,
                               const char *about, uintptr_t tag)
{
    const char *verb = pn_command_row_of(command)->name;
    pneu_status status = pn_issue_check(session);
    if (status != PNEU_OK)
        return status;
    if (about == NULL || about[0] == '\0')
        return pn_fail(&session->misuse, PNEU_INVALID,
                       "%s needs a name or an address", verb);
    bool is_utf8 = pn_path_needs_utf8(pn_span_of(about));
    if (is_utf8 && !pn_path_is_utf8(pn_span_of(about)))
        return pn_fail(&session->misuse, PNEU_BAD_ADDRESS,
                       "what %s asks about is not UTF-8", verb);
    if (is_utf8)
        status = pn_issue_needs(session, command, "SMTPUTF8");
    if (status != PNEU_OK)
        return status;
    pn_line line = pn_issue_line(session);
    pn_line_add_text(&line, verb);
    pn_line_add_text(&line, " ");
    pn_line_add_text(&line, about);
    pn_line_add_text(&line, is_utf8 ? " SMTPUTF8" : "");
    return pn_issue_result(session,
                           pn_issue_push(session, &line, command, tag));
}

pneu_status pneu_session_verify(pneu_session *session, const char *address,
                                uintptr_t tag)
{
    return issue_query(session, PNEU_COMMAND_VRFY, address, tag);
}

pneu_status pneu_session_expand(pneu_session *session, const char *list,
                                uintptr_t tag)
{
    return issue_query(session, PNEU_COMMAND_EXPN, list, tag);
}

pneu_status pneu_session_help(pneu_session *session, const char *topic,
                              uintptr_t tag)
{
    bool has_topic = topic != NULL && topic[0] != '\0';
    return pn_issue_simple(session, PNEU_COMMAND_HELP, has_topic ? topic : NULL,
                           tag);
}

pneu_status pneu_session_etrn(pneu_session *session, const char *node,
                              uintptr_t tag)
{
    pneu_status status = pn_issue_check(session);
    if (status == PNEU_OK)
        status = pn_issue_needs(session, PNEU_COMMAND_ETRN, "ETRN");
    if (status != PNEU_OK)
        return status;
    if (!pn_issue_is_word(node))
        return pn_fail(&session->misuse, PNEU_INVALID,
                       "ETRN needs one word: a domain, or \"@domain\", or "
                       "\"#queue\"");
    return pn_issue_simple(session, PNEU_COMMAND_ETRN, node, tag);
}

/* Verbs that change what the session knows, or carry a secret, go through
 * calls of their own. */
static const pn_span *reserved_verb(pn_span text)
{
    static const pn_span RESERVED[] = {
        {"EHLO", 4}, {"LHLO", 4},    {"HELO", 4}, {"STARTTLS", 8}, {"AUTH", 4},
        {"MAIL", 4}, {"RCPT", 4},    {"DATA", 4}, {"BDAT", 4},     {"RSET", 4},
        {"QUIT", 4}, {"XCLIENT", 7}, {"TURN", 4}, {"ATRN", 4},     {"SEND", 4},
        {"SOML", 4}, {"SAML", 4},
    };
    pn_span verb;
    if (!pn_span_next_word(&text, &verb))
        return NULL;
    for (size_t i = 0; i < sizeof(RESERVED) / sizeof(RESERVED[0]); i++) {
        if (pn_span_equal_nocase(verb, RESERVED[i]))
            return &RESERVED[i];
    }
    return NULL;
}

pneu_status pneu_session_command(pneu_session *session, const char *text,
                                 uintptr_t tag)
{
    pneu_status status = pn_issue_check(session);
    if (status != PNEU_OK)
        return status;
    if (text == NULL || text[0] == '\0')
        return pn_fail(&session->misuse, PNEU_INVALID,
                       "an empty line is no command");
    const pn_span *reserved = reserved_verb(pn_span_of(text));
    if (reserved != NULL)
        return pn_fail(&session->misuse, PNEU_MISUSE,
                       "%s cannot be sent as a plain line: the session has "
                       "to keep track of it",
                       reserved->data);
    pn_line line = pn_issue_line(session);
    pn_line_add_text(&line, text);
    return pn_issue_result(
        session, pn_issue_push(session, &line, PNEU_COMMAND_OTHER, tag));
}
