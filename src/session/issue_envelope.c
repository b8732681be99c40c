/* MAIL and RCPT: who a message is from and for. */
#include "base/fail.h"
#include "base/options.h"
#include "session/issue.h"
#include "wire/parameters.h"
#include "wire/path.h"

/* The first problem with the parameters, if there is one. */
static pneu_status first_of(pneu_session *session, const pn_problems *problems,
                            pneu_command command)
{
    if (problems->count == 0)
        return PNEU_OK;
    session->misuse.command = command;
    return session->misuse.status;
}

static bool states_utf8(const pneu_mail_parameters *parameters)
{
    return parameters->smtputf8 ||
           pn_parameters_has_raw(parameters->raw, PN_SPAN("SMTPUTF8"));
}

/* RFC 6531 3.4: such an address goes only where MAIL says SMTPUTF8. */
static pneu_status check_utf8(pneu_session *session, pn_span path,
                              bool is_stated)
{
    if (is_stated || !pn_path_needs_utf8(path))
        return PNEU_OK;
    if (!pneu_session_has_extension(session, "SMTPUTF8"))
        return pn_fail(&session->misuse, PNEU_NOT_OFFERED,
                       "an address is not ASCII, and the server does not "
                       "offer SMTPUTF8: write its domain as an A-label "
                       "(xn--…), or use another server");
    return pn_fail(&session->misuse, PNEU_BAD_ADDRESS,
                   "an address is not ASCII: state SMTPUTF8 with MAIL");
}

static pneu_status check_mail(pneu_session *session, pn_span path,
                              const pneu_mail_parameters *parameters,
                              pneu_mail_parameters *own)
{
    pn_offer offer = pn_session_offer(session);
    pn_problems problems = {.list = &session->misuse, .max = 1};
    pneu_status status =
        pn_path_check(path, PN_PATH_NULL | PN_PATH_LOCAL, &session->misuse);
    if (status != PNEU_OK)
        return status;
    pn_parameters_check_mail(parameters, &offer, &problems);
    status = first_of(session, &problems, PNEU_COMMAND_MAIL);
    if (status != PNEU_OK || !pn_options_copy(own, sizeof(*own), parameters))
        return status;
    return check_utf8(session, path, states_utf8(own));
}

pneu_status pn_issue_mail(pneu_session *session, pn_span path,
                          const pneu_mail_parameters *parameters, uintptr_t tag)
{
    pn_line line = pn_issue_line(session);
    pn_line_add_known(&line, PN_SPAN("MAIL FROM:<"));
    pn_line_add_known(&line, path);
    pn_line_add_known(&line, PN_SPAN(">"));
    pn_parameters_add_mail(&line, parameters);
    pn_queued *queued = pn_issue_push(session, &line, PNEU_COMMAND_MAIL, tag);
    if (queued == NULL)
        return session->misuse.status;
    queued->transaction = ++session->issued_transaction;
    session->issued_mails++;
    session->issued_recipients = 0;
    session->issued_utf8 = states_utf8(parameters);
    session->issuing = PN_ISSUING_MAIL;
    return PNEU_OK;
}

pneu_status pneu_session_mail(pneu_session *session, const char *reverse_path,
                              const pneu_mail_parameters *parameters,
                              uintptr_t tag)
{
    pneu_mail_parameters own;
    pn_span path = pn_span_of(reverse_path);
    pneu_status status = pn_issue_check(session);
    if (status != PNEU_OK)
        return status;
    status = pn_issue_check_no_transaction(session);
    if (status == PNEU_OK)
        status = check_mail(session, path, parameters, &own);
    return status == PNEU_OK ? pn_issue_mail(session, path, &own, tag) : status;
}

static pneu_status check_rcpt(pneu_session *session, pn_span path,
                              const pneu_rcpt_parameters *parameters)
{
    pn_offer offer = pn_session_offer(session);
    pn_problems problems = {.list = &session->misuse, .max = 1};
    pneu_status status = pn_path_check(path, PN_PATH_LOCAL, &session->misuse);
    if (status != PNEU_OK)
        return status;
    pn_parameters_check_rcpt(parameters, &offer, &problems);
    status = first_of(session, &problems, PNEU_COMMAND_RCPT);
    return status == PNEU_OK ? check_utf8(session, path, session->issued_utf8)
                             : status;
}

pneu_status pn_issue_rcpt(pneu_session *session, pn_span path,
                          const pneu_rcpt_parameters *parameters, uintptr_t tag)
{
    pn_line line = pn_issue_line(session);
    pn_line_add_known(&line, PN_SPAN("RCPT TO:<"));
    pn_line_add_known(&line, path);
    pn_line_add_known(&line, PN_SPAN(">"));
    if (parameters != NULL)
        pn_parameters_add_rcpt(&line, parameters);
    pn_queued *queued = pn_issue_push(session, &line, PNEU_COMMAND_RCPT, tag);
    if (queued == NULL)
        return session->misuse.status;
    queued->transaction = session->issued_transaction;
    queued->index = session->issued_recipients++;
    session->issuing = PN_ISSUING_RCPT;
    return PNEU_OK;
}

pneu_status pneu_session_rcpt(pneu_session *session, const char *forward_path,
                              const pneu_rcpt_parameters *parameters,
                              uintptr_t tag)
{
    pneu_rcpt_parameters own;
    pn_span path = pn_span_of(forward_path);
    pneu_status status = pn_issue_check(session);
    if (status != PNEU_OK)
        return status;
    if (session->issuing == PN_ISSUING_NONE)
        return pn_issue_misuse(session, "RCPT comes after MAIL");
    if (session->issuing == PN_ISSUING_CHUNK)
        return pn_issue_misuse(session, "RCPT cannot come after BDAT");
    status = check_rcpt(session, path, parameters);
    if (status != PNEU_OK || !pn_options_copy(&own, sizeof(own), parameters))
        return status;
    return pn_issue_rcpt(session, path, &own, tag);
}
