/* One call a command: issue it, drive until its reply is there, and tell. */
#include <string.h>

#include "base/fail.h"
#include "base/memory.h"
#include "client/call.h"
#include "client/dial.h"
#include "client/pump.h"
#include "flow/addresses.h"
#include "flow/refusal.h"
#include "wire/path.h"

static bool has_single(const pneu_client *client)
{
    return client->single_done;
}

/* Begins a call that needs a connection. */
static pneu_status begin(pneu_client *client, const pneu_reply **reply)
{
    pneu_error error;
    pneu_status status = pn_call_begin(client, reply);
    if (status != PNEU_OK)
        return status;
    pn_pump_look(client);
    if (client->stream != NULL)
        return PNEU_OK;
    if (client->broken.status != PNEU_OK)
        return pn_client_fail(client, &client->broken);
    pn_fail(&error, PNEU_MISUSE, "there is no connection: connect first");
    return pn_client_fail(client, &error);
}

/* There is no reply, or none that counts. Never OK. */
static pneu_status tell_loss(pneu_client *client)
{
    pneu_error error = client->broken;
    if (client->single_outcome == PNEU_OUTCOME_IN_DOUBT) {
        pn_fail(&error, PNEU_IN_DOUBT, "%s: the message may have been accepted",
                client->broken.message);
        error.command = PNEU_COMMAND_CONTENT;
    } else if (error.status == PNEU_OK) {
        /* the session passed it over, since it had become pointless */
        pn_fail(&error, PNEU_REFUSED,
                "%s was not sent: the sender or every recipient was refused",
                pneu_command_name(client->single_command));
        error.command = client->single_command;
    }
    return pn_client_fail(client, &error);
}

/* Did the server break the session in the same breath as it answered? What
 * was surely answered stays answered: the end of a message, a QUIT. */
static bool is_spoiled(const pneu_client *client)
{
    return client->stream == NULL && client->broken.status != PNEU_OK &&
           client->single_command != PNEU_COMMAND_CONTENT;
}

/* The call's result, when the session has been driven as far as it goes. */
static pneu_status conclude(pneu_client *client)
{
    pneu_error error;
    bool in_doubt = client->single_outcome == PNEU_OUTCOME_IN_DOUBT;
    if (client->error.status != PNEU_OK)
        return client->error.status; /* TLS has told its own story */
    if (!client->has_reply || in_doubt)
        return tell_loss(client);
    if (client->reply.code >= 400) {
        pn_refusal_tell(&error, client->single_command, &client->reply);
        return pn_client_fail(client, &error);
    }
    return is_spoiled(client) ? tell_loss(client) : PNEU_OK;
}

static pneu_status step_single(pneu_client *client)
{
    pneu_status status = pn_pump_step(client, has_single);
    return status == PNEU_OK ? conclude(client) : status;
}

/* Drives a command that was issued to its reply. */
static pneu_status finish(pneu_client *client, pneu_status issued,
                          const pneu_reply **reply)
{
    if (issued != PNEU_OK)
        return pn_client_fail(client, pneu_session_misuse(client->session));
    return pn_call_run(client, step_single, reply);
}

static pneu_status step_connect(pneu_client *client)
{
    pneu_status status = pn_dial_step(client);
    if (status == PNEU_OK)
        status = step_single(client);
    if (status == PNEU_AGAIN)
        return status;
    pn_dial_forget(client);
    if (status != PNEU_OK)
        pn_client_disconnect(client);
    return status;
}

pneu_status pneu_client_connect(pneu_client *client, const pneu_reply **reply)
{
    pneu_status status = pn_call_begin(client, reply);
    if (status != PNEU_OK)
        return status;
    pn_client_disconnect(client);
    return pn_call_run(client, step_connect, reply);
}

static pneu_status hello(pneu_client *client, bool helo,
                         const pneu_reply **reply)
{
    pneu_status status = begin(client, reply);
    if (status != PNEU_OK)
        return status;
    return finish(
        client,
        pneu_session_hello(client->session, helo, client->name, PN_TAG_SINGLE),
        reply);
}

pneu_status pneu_client_ehlo(pneu_client *client, const pneu_reply **reply)
{
    return hello(client, false, reply);
}

pneu_status pneu_client_helo(pneu_client *client, const pneu_reply **reply)
{
    return hello(client, true, reply);
}

static bool has_tls(const pneu_client *client)
{
    return client->error.status != PNEU_OK ||
           (client->single_done && (client->reply.code != 220 ||
                                    pneu_session_protection(client->session) >=
                                        PNEU_PROTECTION_TLS_UNVERIFIED));
}

static pneu_status step_starttls(pneu_client *client)
{
    pneu_status status = pn_pump_step(client, has_tls);
    return status == PNEU_OK ? conclude(client) : status;
}

static bool is_under_tls(const pneu_client *client)
{
    return pneu_session_protection(client->session) >=
           PNEU_PROTECTION_TLS_UNVERIFIED;
}

static pneu_status issue_starttls(pneu_client *client)
{
    pneu_error error;
    if (!is_under_tls(client) &&
        !pneu_client_has_extension(client, "STARTTLS")) {
        pn_fail(&error, PNEU_NOT_OFFERED, "the server does not offer STARTTLS");
        error.command = PNEU_COMMAND_STARTTLS;
        return pn_client_fail(client, &error);
    }
    client->plan.verify = client->settings.tls != PNEU_TLS_OPTIONAL;
    client->single_done = false;
    client->step = step_starttls;
    if (pneu_session_starttls(client->session, PN_TAG_SINGLE) != PNEU_OK)
        return pn_client_fail(client, pneu_session_misuse(client->session));
    return step_starttls(client);
}

/* EHLO was said first, to know whether STARTTLS is offered. */
static pneu_status step_greet_first(pneu_client *client)
{
    pneu_status status = step_single(client);
    return status == PNEU_OK ? issue_starttls(client) : status;
}

pneu_status pneu_client_starttls(pneu_client *client, const pneu_reply **reply)
{
    pneu_status status = begin(client, reply);
    if (status != PNEU_OK)
        return status;
    if (pneu_session_introduced(client->session) || is_under_tls(client))
        return pn_call_run(client, issue_starttls, reply);
    status =
        pneu_session_hello(client->session, false, client->name, PN_TAG_SINGLE);
    if (status != PNEU_OK)
        return finish(client, status, reply);
    return pn_call_run(client, step_greet_first, reply);
}

/* Mail must not go in the clear because a step was forgotten. */
static pneu_status check_tls(pneu_client *client)
{
    pneu_error error;
    if (client->plan.starttls != PNEU_OPENING_TLS_REQUIRED ||
        is_under_tls(client))
        return PNEU_OK;
    pn_fail(&error, PNEU_UNPROTECTED,
            "the TLS mode asks for TLS, and it has not begun: call "
            "pneu_client_starttls() first");
    error.command = PNEU_COMMAND_MAIL;
    return pn_client_fail(client, &error);
}

/* The address as it goes out: own, to be freed, in place of one whose domain
 * is not ASCII. */
static pneu_status to_wire(pneu_client *client, pneu_command command,
                           const char *address, char **own)
{
    pneu_error error;
    bool needs_utf8 = false;
    enum {
        ALLOWED = PN_PATH_NULL | PN_PATH_LOCAL
    };
    pn_span span = pn_span_of(address);
    *own = NULL;
    if (!pn_path_needs_utf8(span) ||
        pn_path_check(span, ALLOWED, NULL) != PNEU_OK)
        return PNEU_OK; /* what is wrong with it, the session says */
    pneu_status status =
        pn_address_convert(span, ALLOWED, own, &needs_utf8, &error);
    if (status == PNEU_OK)
        return PNEU_OK;
    error.command = command;
    return pn_client_fail(client, &error);
}

pneu_status pneu_client_mail(pneu_client *client, const char *sender,
                             const pneu_mail_parameters *parameters,
                             const pneu_reply **reply)
{
    char *own = NULL;
    pneu_status status = begin(client, reply);
    if (status == PNEU_OK)
        status = check_tls(client);
    if (status == PNEU_OK)
        status = to_wire(client, PNEU_COMMAND_MAIL, sender, &own);
    if (status != PNEU_OK)
        return status;
    if (sender == NULL)
        sender = "";
    status = pneu_session_mail(client->session, own != NULL ? own : sender,
                               parameters, PN_TAG_SINGLE);
    pn_memory_free(own);
    return finish(client, status, reply);
}

pneu_status pneu_client_rcpt(pneu_client *client, const char *recipient,
                             const pneu_rcpt_parameters *parameters,
                             const pneu_reply **reply)
{
    char *own = NULL;
    pneu_status status = begin(client, reply);
    if (status == PNEU_OK)
        status = to_wire(client, PNEU_COMMAND_RCPT, recipient, &own);
    if (status != PNEU_OK)
        return status;
    status = pneu_session_rcpt(client->session, own != NULL ? own : recipient,
                               parameters, PN_TAG_SINGLE);
    pn_memory_free(own);
    return finish(client, status, reply);
}

pneu_status pneu_client_data(pneu_client *client, const void *data,
                             size_t length, const pneu_reply **reply)
{
    pneu_error error;
    pneu_status status = begin(client, reply);
    if (status != PNEU_OK)
        return status;
    if (client->settings.lmtp) {
        pn_fail(&error, PNEU_MISUSE,
                "LMTP answers for each recipient: use sendmail");
        return pn_client_fail(client, &error);
    }
    status = pneu_session_data(client->session, PN_TAG_SINGLE);
    if (status == PNEU_OK)
        status = pneu_session_body(client->session, data, length, true);
    return finish(client, status, reply);
}

/* A command that takes nothing, or one text. */
static pneu_status run_plain(pneu_client *client,
                             pneu_status (*issue)(pneu_session *, uintptr_t),
                             const pneu_reply **reply)
{
    pneu_status status = begin(client, reply);
    if (status != PNEU_OK)
        return status;
    return finish(client, issue(client->session, PN_TAG_SINGLE), reply);
}

static pneu_status run_text(pneu_client *client,
                            pneu_status (*issue)(pneu_session *, const char *,
                                                 uintptr_t),
                            const char *text, const pneu_reply **reply)
{
    pneu_status status = begin(client, reply);
    if (status != PNEU_OK)
        return status;
    return finish(client, issue(client->session, text, PN_TAG_SINGLE), reply);
}

pneu_status pneu_client_rset(pneu_client *client, const pneu_reply **reply)
{
    return run_plain(client, pneu_session_rset, reply);
}

pneu_status pneu_client_noop(pneu_client *client, const pneu_reply **reply)
{
    return run_plain(client, pneu_session_noop, reply);
}

pneu_status pneu_client_verify(pneu_client *client, const char *address,
                               const pneu_reply **reply)
{
    return run_text(client, pneu_session_verify, address, reply);
}

pneu_status pneu_client_expand(pneu_client *client, const char *list,
                               const pneu_reply **reply)
{
    return run_text(client, pneu_session_expand, list, reply);
}

pneu_status pneu_client_help(pneu_client *client, const char *topic,
                             const pneu_reply **reply)
{
    return run_text(client, pneu_session_help, topic, reply);
}

pneu_status pneu_client_etrn(pneu_client *client, const char *node,
                             const pneu_reply **reply)
{
    return run_text(client, pneu_session_etrn, node, reply);
}

pneu_status pneu_client_command(pneu_client *client, const char *line,
                                const pneu_reply **reply)
{
    return run_text(client, pneu_session_command, line, reply);
}

pneu_status pneu_client_xclient(pneu_client *client,
                                const pneu_xclient *attributes,
                                const pneu_reply **reply)
{
    pneu_status status = begin(client, reply);
    if (status != PNEU_OK)
        return status;
    return finish(
        client,
        pneu_session_xclient(client->session, attributes, PN_TAG_SINGLE),
        reply);
}

static pneu_status step_quit(pneu_client *client)
{
    pneu_status status = step_single(client);
    if (status != PNEU_AGAIN)
        pn_client_disconnect(client);
    return status;
}

pneu_status pneu_client_quit(pneu_client *client, const pneu_reply **reply)
{
    pneu_status status = begin(client, reply);
    if (status != PNEU_OK)
        return status;
    if (pneu_session_quit(client->session, PN_TAG_SINGLE) == PNEU_OK)
        return pn_call_run(client, step_quit, reply);
    pn_client_fail(client, pneu_session_misuse(client->session));
    pn_client_disconnect(client);
    return client->error.status;
}
