/* From a verb to the queue: each issuing call builds its line, checks that
 * it is possible now, and pushes one command (DATA: two). */
#include <string.h>

#include "base/fail.h"
#include "base/options.h"
#include "session/session.h"
#include "wire/line.h"
#include "wire/path.h"

static pneu_status misuse(pneu_session *session, const char *reason)
{
    return pn_fail(&session->misuse, PNEU_MISUSE, "%s", reason);
}

/* What holds for every command but the answer to a challenge. */
static pneu_status check_open(pneu_session *session)
{
    session->misuse = (pneu_error){.status = PNEU_OK};
    if (pn_session_is_over(session) || session->state == PN_STATE_CLOSING)
        return misuse(session, "the session is over");
    if (session->state == PN_STATE_CHALLENGED)
        return misuse(session, "AUTH waits for the answer to a challenge");
    if (session->issuing == PN_ISSUING_BODY)
        return misuse(session, "the message after DATA is not whole yet");
    if (pn_queue_reserve(&session->queue, 2) != PNEU_OK)
        return pn_fail(&session->misuse, PNEU_NO_MEMORY,
                       "no room for another command");
    return PNEU_OK;
}

static pn_line begin_line(pneu_session *session)
{
    return pn_line_begin(&session->lines, &session->misuse);
}

/* Ends the line and queues its command; NULL if that failed. */
static pn_queued *push(pneu_session *session, pn_line *line,
                       pneu_command command, uintptr_t tag)
{
    size_t length = 0;
    if (pn_line_end(line, &length) != PNEU_OK) {
        session->misuse.command = command;
        return NULL;
    }
    pn_queued *queued = pn_queue_push(&session->queue);
    queued->command = command;
    queued->tag = tag;
    queued->line_length = length;
    queued->public_length = length;
    queued->replies_due = 1;
    return queued;
}

static pneu_status push_result(const pneu_session *session,
                               const pn_queued *queued)
{
    return queued != NULL ? PNEU_OK : session->misuse.status;
}

/* A command that is one word and, if argument is not NULL, an argument. */
static pneu_status push_simple(pneu_session *session, pneu_command command,
                               const char *argument, uintptr_t tag)
{
    pneu_status status = check_open(session);
    if (status != PNEU_OK)
        return status;
    pn_line line = begin_line(session);
    pn_line_add_text(&line, pn_command_row_of(command)->name);
    if (argument != NULL) {
        pn_line_add_text(&line, " ");
        pn_line_add_text(&line, argument);
    }
    return push_result(session, push(session, &line, command, tag));
}

/* A name with a blank in it would be two arguments to the server. */
static bool is_one_word(const char *name)
{
    return name != NULL && name[0] != '\0' && strpbrk(name, " \t") == NULL;
}

pneu_status pneu_session_hello(pneu_session *session, bool helo,
                               const char *name, uintptr_t tag)
{
    pneu_command command = helo            ? PNEU_COMMAND_HELO
                           : session->lmtp ? PNEU_COMMAND_LHLO
                                           : PNEU_COMMAND_EHLO;
    if (helo && session->lmtp) /* RFC 2033 4.1 */
        return misuse(session, "LMTP has no HELO");
    if (!is_one_word(name))
        return pn_fail(&session->misuse, PNEU_INVALID,
                       "the client's name for %s must be one word",
                       pn_command_row_of(command)->name);
    pneu_status status = push_simple(session, command, name, tag);
    if (status == PNEU_OK) /* RFC 5321 4.1.4: it resets, as RSET does */
        session->issuing = PN_ISSUING_NONE;
    return status;
}

pneu_status pneu_session_starttls(pneu_session *session, uintptr_t tag)
{
    if (session->protection >= PNEU_PROTECTION_TLS_UNVERIFIED)
        return misuse(session, "the line is under TLS already");
    return push_simple(session, PNEU_COMMAND_STARTTLS, NULL, tag);
}

pneu_status pneu_session_auth(pneu_session *session, const char *mechanism,
                              const void *initial, size_t length, uintptr_t tag)
{
    pneu_status status = check_open(session);
    if (status != PNEU_OK)
        return status;
    if (!is_one_word(mechanism))
        return pn_fail(&session->misuse, PNEU_INVALID,
                       "the name of a SASL mechanism must be one word");
    pn_line line = begin_line(session);
    pn_line_add_text(&line, "AUTH ");
    pn_line_add_text(&line, mechanism);
    size_t public_length = pn_buffer_length(&session->lines) - line.start;
    if (initial != NULL) {
        pn_line_add_text(&line, " ");
        public_length++;
        pn_line_add_base64(&line, (pn_span){initial, length});
    }
    pn_queued *queued = push(session, &line, PNEU_COMMAND_AUTH, tag);
    if (queued != NULL && initial != NULL)
        queued->public_length = public_length;
    return push_result(session, queued);
}

pneu_status pneu_session_auth_response(pneu_session *session,
                                       const void *response, size_t length,
                                       uintptr_t tag)
{
    if (session->state != PN_STATE_CHALLENGED)
        return misuse(session, "no challenge waits for an answer");
    if (pn_queue_reserve(&session->queue, 1) != PNEU_OK)
        return pn_fail(&session->misuse, PNEU_NO_MEMORY,
                       "no room for another command");
    pn_line line = begin_line(session);
    if (response == NULL)
        pn_line_add_text(&line, "*"); /* RFC 4954 4 */
    else if (length > 0)
        pn_line_add_base64(&line, (pn_span){response, length});
    pn_queued *queued = push(session, &line, PNEU_COMMAND_AUTH_RESPONSE, tag);
    if (queued == NULL)
        return session->misuse.status;
    if (response != NULL)
        queued->public_length = 0;
    pn_session_move(session, PN_CAUSE_ANSWERED);
    return PNEU_OK;
}

static void add_mail_parameters(pn_line *line, pn_span octets_text,
                                const pneu_mail_parameters *parameters)
{
    if (parameters->octets > 0) {
        pn_line_add_text(line, " SIZE=");
        pn_line_add(line, octets_text);
    }
    if (parameters->body_8bit)
        pn_line_add_text(line, " BODY=8BITMIME");
    if (parameters->smtputf8)
        pn_line_add_text(line, " SMTPUTF8");
    if (parameters->raw != NULL && parameters->raw[0] != '\0') {
        pn_line_add_text(line, " ");
        pn_line_add_text(line, parameters->raw);
    }
}

static pn_span number_text(uint64_t number, char text[20])
{
    size_t at = 20;
    do {
        text[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return (pn_span){text + at, 20 - at};
}

pneu_status pneu_session_mail(pneu_session *session, const char *reverse_path,
                              const pneu_mail_parameters *parameters,
                              uintptr_t tag)
{
    char digits[20];
    pneu_mail_parameters own;
    pneu_status status = check_open(session);
    if (status != PNEU_OK)
        return status;
    if (!pn_options_copy(&own, sizeof(own), parameters))
        return pn_fail(&session->misuse, PNEU_INVALID,
                       "the size of the parameters is not set");
    if (session->issuing != PN_ISSUING_NONE)
        return misuse(session, "a transaction is under way: end it by RSET");
    status = pn_path_check(pn_span_of(reverse_path),
                           PN_PATH_NULL | PN_PATH_LOCAL, &session->misuse);
    if (status != PNEU_OK)
        return status;
    pn_line line = begin_line(session);
    pn_line_add_text(&line, "MAIL FROM:<");
    pn_line_add_text(&line, reverse_path);
    pn_line_add_text(&line, ">");
    add_mail_parameters(&line, number_text(own.octets, digits), &own);
    pn_queued *queued = push(session, &line, PNEU_COMMAND_MAIL, tag);
    if (queued == NULL)
        return session->misuse.status;
    queued->transaction = ++session->issued_transaction;
    session->issued_recipients = 0;
    session->issuing = PN_ISSUING_MAIL;
    return PNEU_OK;
}

pneu_status pneu_session_rcpt(pneu_session *session, const char *forward_path,
                              const char *parameters, uintptr_t tag)
{
    pneu_status status = check_open(session);
    if (status != PNEU_OK)
        return status;
    if (session->issuing == PN_ISSUING_NONE)
        return misuse(session, "RCPT comes after MAIL");
    pn_span path = pn_span_of(forward_path);
    status = pn_path_check(path, PN_PATH_LOCAL, &session->misuse);
    if (status != PNEU_OK)
        return status;
    pn_line line = begin_line(session);
    pn_line_add_text(&line, "RCPT TO:<");
    pn_line_add(&line, path);
    pn_line_add_text(&line, ">");
    if (parameters != NULL && parameters[0] != '\0') {
        pn_line_add_text(&line, " ");
        pn_line_add_text(&line, parameters);
    }
    pn_queued *queued = push(session, &line, PNEU_COMMAND_RCPT, tag);
    if (queued == NULL)
        return session->misuse.status;
    queued->transaction = session->issued_transaction;
    queued->index = session->issued_recipients++;
    session->issuing = PN_ISSUING_RCPT;
    return PNEU_OK;
}

pneu_status pneu_session_data(pneu_session *session, uintptr_t tag)
{
    pneu_status status = check_open(session);
    if (status != PNEU_OK)
        return status;
    if (session->issuing != PN_ISSUING_RCPT)
        return misuse(session, "DATA comes after RCPT");
    pn_line line = begin_line(session);
    pn_line_add_text(&line, "DATA");
    pn_queued *data = push(session, &line, PNEU_COMMAND_DATA, tag);
    if (data == NULL)
        return session->misuse.status;
    data->transaction = session->issued_transaction;
    pn_queued *content = pn_queue_push(&session->queue);
    content->command = PNEU_COMMAND_CONTENT;
    content->tag = tag;
    content->transaction = session->issued_transaction;
    content->replies_due = 1;
    session->issuing = PN_ISSUING_BODY;
    return PNEU_OK;
}

pneu_status pneu_session_body(pneu_session *session, const void *data,
                              size_t length, bool last)
{
    size_t i = 0;
    pn_queued *content = pn_queue_at(&session->queue, 0);
    while (content != NULL &&
           (content->command != PNEU_COMMAND_CONTENT || content->is_whole))
        content = pn_queue_at(&session->queue, ++i);
    if (content == NULL)
        return misuse(session, "no DATA waits for a message");
    if (content->has_part)
        return misuse(session, "the part before is not handed out yet");
    content->part = (pn_span){data, length};
    content->has_part = true;
    content->is_whole = last;
    if (last && content->transaction == session->issued_transaction &&
        session->issuing == PN_ISSUING_BODY)
        session->issuing = PN_ISSUING_NONE;
    return PNEU_OK;
}

pneu_status pneu_session_rset(pneu_session *session, uintptr_t tag)
{
    pneu_status status = push_simple(session, PNEU_COMMAND_RSET, NULL, tag);
    if (status == PNEU_OK)
        session->issuing = PN_ISSUING_NONE;
    return status;
}

pneu_status pneu_session_noop(pneu_session *session, uintptr_t tag)
{
    return push_simple(session, PNEU_COMMAND_NOOP, NULL, tag);
}

pneu_status pneu_session_quit(pneu_session *session, uintptr_t tag)
{
    return push_simple(session, PNEU_COMMAND_QUIT, NULL, tag);
}

pneu_status pneu_session_verify(pneu_session *session, const char *address,
                                uintptr_t tag)
{
    if (address == NULL || address[0] == '\0')
        return pn_fail(&session->misuse, PNEU_INVALID,
                       "VRFY needs a name or an address");
    if (pn_path_needs_utf8(pn_span_of(address))) /* RFC 6531 3.7.4.2 */
        return pn_fail(&session->misuse, PNEU_BAD_ADDRESS,
                       "VRFY with an address that is not ASCII is not "
                       "supported");
    return push_simple(session, PNEU_COMMAND_VRFY, address, tag);
}

/* Verbs that change what the session knows, or carry a secret, go through
 * calls of their own. */
static const pn_span *reserved_verb(pn_span text)
{
    static const pn_span RESERVED[] = {
        {"EHLO", 4}, {"LHLO", 4}, {"HELO", 4}, {"STARTTLS", 8},
        {"AUTH", 4}, {"MAIL", 4}, {"RCPT", 4}, {"DATA", 4},
        {"BDAT", 4}, {"RSET", 4}, {"QUIT", 4},
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
    pneu_status status = check_open(session);
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
    pn_line line = begin_line(session);
    pn_line_add_text(&line, text);
    return push_result(session, push(session, &line, PNEU_COMMAND_OTHER, tag));
}
