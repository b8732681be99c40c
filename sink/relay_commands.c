/* ETRN (RFC 1985) and XCLIENT: what one server says to another. */
#include <string.h>

#include "base/memory.h"
#include "sink/commands.h"
#include "wire/limits.h"

/* A domain, "@" and a domain, or "#" and the name of a queue. */
static bool is_node(pn_span node)
{
    for (size_t i = 0; i < node.length; i++) {
        char c = node.data[i];
        bool mark = i == 0 && (c == '@' || c == '#');
        if (!mark && !pn_ascii_is_alnum(c) && c != '-' && c != '.' && c != '_')
            return false;
    }
    return node.length > 1 && node.length <= PN_DOMAIN_MAX;
}

/* RFC 1985 5.3. Without --etrn every node is known. */
void pn_sink_run_etrn(pn_sink_session *session, pn_span argument)
{
    const pn_sink_rules *rules = &session->options->etrn_nodes;
    pn_span node = pn_span_trim(argument);
    const pn_sink_rule *rule = pn_sink_rules_find(rules, node);
    if (session->envelope.open)
        pn_sink_say(session, "503 5.5.1", "Not during a transaction");
    else if (!is_node(node))
        pn_sink_say(session, "501 5.5.4", "Syntax: ETRN domain");
    else if (rule != NULL && rule->reply != NULL)
        pn_sink_say_line(session, pn_span_of(rule->reply));
    else if (rule != NULL || rules->count == 0)
        pn_sink_say_about(session, "250 2.0.0", node, " queuing started");
    else
        pn_sink_say_about(session, "459 4.7.1", node, " not allowed");
}

/* The session begins anew: the client says EHLO again. */
void pn_sink_run_xclient(pn_sink_session *session, pn_span argument)
{
    const char *text = NULL;
    if (session->envelope.open) {
        pn_sink_say(session, "503 5.5.1", "Not during a transaction");
        return;
    }
    const char *code = pn_sink_xclient_take(&session->xclient, argument, &text);
    if (code != NULL) {
        pn_sink_say(session, code, text);
        return;
    }
    const char *login = session->xclient.values[PN_SINK_XCLIENT_LOGIN];
    if (login != NULL) {
        pn_memory_free(session->user);
        session->user = pn_memory_copy_text(login, strlen(login));
        session->mechanism = NULL;
    }
    if (login != NULL && session->user == NULL) {
        pn_sink_say(session, "451 4.3.0", "Out of memory");
        return;
    }
    session->hello = PN_SINK_HELLO_NONE;
    session->offered = 0;
    pn_sink_session_say_greeting(session);
}
