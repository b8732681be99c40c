/* XCLIENT: whom the server is to take this client for. The values go as xtext
 * (RFC 3461 4); each attribute must be offered by its name. */
#include <string.h>

#include "base/fail.h"
#include "base/options.h"
#include "session/issue.h"
#include "wire/xtext.h"

static bool is_offered(const pneu_session *session, const char *attribute)
{
    pn_span rest = pn_span_of(pneu_session_extension(session, "XCLIENT"));
    pn_span word;
    while (pn_span_next_word(&rest, &word)) {
        if (pn_span_equal_nocase(word, pn_span_of(attribute)))
            return true;
    }
    return false;
}

static pneu_status add_attribute(pneu_session *session, pn_line *line,
                                 const char *name, const char *value)
{
    if (!is_offered(session, name))
        return pn_fail(&session->misuse, PNEU_NOT_OFFERED,
                       "the server does not take the attribute %s with "
                       "XCLIENT",
                       name);
    if (strpbrk(value, "\r\n") != NULL)
        return pn_fail(&session->misuse, PNEU_LINE_BREAK,
                       "a CR or LF must not stand in %s= of XCLIENT", name);
    pn_line_add_text(line, " ");
    pn_line_add_text(line, name);
    pn_line_add_text(line, "=");
    pn_xtext_add(line, pn_span_of(value[0] != '\0' ? value : "[UNAVAILABLE]"));
    return PNEU_OK;
}

/* Adds all that are stated; none is INVALID. */
static pneu_status add_attributes(pneu_session *session, pn_line *line,
                                  const pneu_xclient *from)
{
    const struct {
        const char *name;
        const char *value;
    } all[] = {
        {"NAME", from->name},         {"ADDR", from->addr},
        {"PORT", from->port},         {"PROTO", from->proto},
        {"HELO", from->helo},         {"LOGIN", from->login},
        {"DESTADDR", from->destaddr}, {"DESTPORT", from->destport},
    };
    pneu_status status = PNEU_OK;
    size_t stated = 0;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (status != PNEU_OK || all[i].value == NULL)
            continue;
        stated++;
        status = add_attribute(session, line, all[i].name, all[i].value);
    }
    if (stated == 0)
        return pn_fail(&session->misuse, PNEU_INVALID,
                       "XCLIENT needs an attribute");
    return status;
}

pneu_status pneu_session_xclient(pneu_session *session,
                                 const pneu_xclient *attributes, uintptr_t tag)
{
    pneu_xclient own;
    pneu_status status = pn_issue_check(session);
    if (status == PNEU_OK)
        status = pn_issue_needs(session, PNEU_COMMAND_XCLIENT, "XCLIENT");
    if (status != PNEU_OK)
        return status;
    status = pn_issue_check_no_transaction(session);
    if (status != PNEU_OK)
        return status;
    if (!pn_options_copy(&own, sizeof(own), attributes))
        return pn_fail(&session->misuse, PNEU_INVALID,
                       "the size of the attributes is not set: use "
                       "PNEU_XCLIENT()");
    pn_line line = pn_issue_line(session);
    pn_line_add_text(&line, "XCLIENT");
    status = add_attributes(session, &line, &own);
    if (status != PNEU_OK) {
        pn_line_drop(&line);
        return status;
    }
    return pn_issue_result(
        session, pn_issue_push(session, &line, PNEU_COMMAND_XCLIENT, tag));
}
