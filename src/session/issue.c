#include "session/issue.h"

#include <string.h>

#include "base/fail.h"

pneu_status pn_issue_misuse(pneu_session *session, const char *reason)
{
    return pn_fail(&session->misuse, PNEU_MISUSE, "%s", reason);
}

pneu_status pn_issue_check(pneu_session *session)
{
    if (session->misuse.status != PNEU_OK)
        session->misuse = (pneu_error){.status = PNEU_OK};
    if (pn_session_is_over(session) || session->state == PN_STATE_CLOSING)
        return pn_issue_misuse(session, "the session is over");
    if (session->state == PN_STATE_CHALLENGED)
        return pn_issue_misuse(session,
                               "AUTH waits for the answer to a challenge");
    if (session->issuing == PN_ISSUING_BODY)
        return pn_issue_misuse(session,
                               "the message after DATA is not whole yet");
    pneu_status room = pn_queue_reserve(&session->queue, 2);
    if (room != PNEU_OK)
        return pn_fail(&session->misuse, room,
                       room == PNEU_NO_MEMORY
                           ? "no memory for another command"
                           : "too many commands wait to be sent");
    return PNEU_OK;
}

pneu_status pn_issue_check_no_transaction(pneu_session *session)
{
    if (session->issuing == PN_ISSUING_NONE ||
        !pneu_session_in_transaction(session))
        return PNEU_OK;
    return pn_issue_misuse(session,
                           "a transaction is under way: end it by RSET");
}

pn_line pn_issue_line(pneu_session *session)
{
    return pn_line_begin(&session->lines, &session->misuse);
}

pn_queued *pn_issue_push(pneu_session *session, pn_line *line,
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

pneu_status pn_issue_result(const pneu_session *session,
                            const pn_queued *queued)
{
    return queued != NULL ? PNEU_OK : session->misuse.status;
}

pneu_status pn_issue_simple(pneu_session *session, pneu_command command,
                            const char *argument, uintptr_t tag)
{
    pneu_status status = pn_issue_check(session);
    if (status != PNEU_OK)
        return status;
    pn_line line = pn_issue_line(session);
    pn_line_add_text(&line, pn_command_row_of(command)->name);
    if (argument != NULL) {
        pn_line_add_text(&line, " ");
        pn_line_add_text(&line, argument);
    }
    return pn_issue_result(session,
                           pn_issue_push(session, &line, command, tag));
}

bool pn_issue_is_word(const char *name)
{
    return name != NULL && name[0] != '\0' && strpbrk(name, " \t") == NULL;
}

pneu_status pn_issue_needs(pneu_session *session, pneu_command command,
                           const char *extension)
{
    if (pneu_session_has_extension(session, extension))
        return PNEU_OK;
    pneu_status status = pn_fail(&session->misuse, PNEU_NOT_OFFERED,
                                 "%s needs %s, which the server does not offer",
                                 pn_command_row_of(command)->name, extension);
    session->misuse.command = command;
    return status;
}
