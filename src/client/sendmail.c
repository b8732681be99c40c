/* A whole message to all its recipients, over as many connections as that
 * takes. */
#include <string.h>

#include "base/fail.h"
#include "base/options.h"
#include "client/call.h"
#include "client/log.h"
#include "client/open.h"
#include "client/pump.h"

static bool has_delivery_paused(const pneu_client *client)
{
    return pneu_delivery_is_done(client->delivery) ||
           pneu_delivery_renewal(client->delivery) != PNEU_RENEWAL_NONE;
}

static bool has_answer(const pneu_client *client)
{
    return client->single_done;
}

/* The first recipient that this befell, as an error. */
static pneu_status tell_worst(pneu_client *client, pneu_outcome_kind kind,
                              pneu_status status)
{
    const pneu_delivery *delivery = client->delivery;
    const pneu_outcome *outcome = pneu_delivery_outcome(delivery, 0);
    pneu_error error;
    char words[256];
    for (size_t i = 1; outcome->kind != kind; i++)
        outcome = pneu_delivery_outcome(delivery, i);
    pneu_reply_escape(outcome->text, strlen(outcome->text), " ", words,
                      sizeof(words));
    pn_fail(&error, status, "%s for %zu of %zu recipients: %.80s%s%s",
            pneu_outcome_name(kind), pneu_delivery_tally(delivery, kind),
            pneu_delivery_count(delivery), outcome->recipient,
            words[0] != '\0' ? ": " : "", words);
    error.command = outcome->command;
    error.reply_code = outcome->code;
    error.enhanced = outcome->enhanced;
    return pn_client_fail(client, &error);
}

/* failure: why the delivery did not go on, if it did not. */
static pneu_status tell_outcome(pneu_client *client, pneu_status failure)
{
    if (failure == PNEU_OK)
        failure = client->broken.status;
    const struct {
        pneu_outcome_kind kind;
        pneu_status status;
    } worst_first[] = {
        {PNEU_OUTCOME_IN_DOUBT, PNEU_IN_DOUBT},
        {PNEU_OUTCOME_REFUSED_FOR_GOOD, PNEU_REFUSED},
        {PNEU_OUTCOME_REFUSED_FOR_NOW, PNEU_REFUSED},
        {PNEU_OUTCOME_NOT_TRIED, failure != PNEU_OK ? failure : PNEU_LOST},
    };
    for (size_t i = 0; i < sizeof(worst_first) / sizeof(worst_first[0]); i++) {
        if (pneu_delivery_tally(client->delivery, worst_first[i].kind) > 0)
            return tell_worst(client, worst_first[i].kind,
                              worst_first[i].status);
    }
    return PNEU_OK;
}

static pneu_status prepare(pneu_client *client)
{
    pneu_error error;
    pneu_delivery_free(client->delivery);
    client->is_delivering = false;
    client->has_begun = false;
    pneu_status status = pneu_delivery_new(&client->delivery, &client->envelope,
                                           &client->message, &error);
    return status == PNEU_OK ? PNEU_OK : pn_client_fail(client, &error);
}

/* Begins the delivery, or goes on with it, on the present session. */
static pneu_status start(pneu_client *client)
{
    pneu_error error;
    pneu_status status = pneu_delivery_start(client->delivery, client->session,
                                             PN_TAG_DELIVERY, &error);
    if (status != PNEU_OK)
        return pn_client_fail(client, &error);
    client->is_delivering = true;
    client->has_begun = true;
    return PNEU_OK;
}

/* Was nothing sent but to a server that had hung up on an idle connection
 * meanwhile? Then nobody can have the message. */
static bool has_missed_server(const pneu_client *client)
{
    const pneu_delivery *delivery = client->delivery;
    bool is_lost =
        client->broken.status == PNEU_LOST || client->broken.reply_code == 421;
    return client->was_idle && client->may_renew && is_lost &&
           pneu_delivery_tally(delivery, PNEU_OUTCOME_NOT_TRIED) ==
               pneu_delivery_count(delivery);
}

/* RFC 9422: the limit is reached, and the server is told good-bye first. */
static void part(pneu_client *client)
{
    client->single_done = false;
    client->is_parting =
        client->stream != NULL &&
        pneu_session_quit(client->session, PN_TAG_SINGLE) == PNEU_OK;
    if (!client->is_parting)
        pn_client_disconnect(client);
}

/* True if the delivery goes on, over a new connection. */
static bool renew(pneu_client *client)
{
    pneu_renewal reason = pneu_delivery_renewal(client->delivery);
    bool has_missed = reason == PNEU_RENEWAL_NONE && has_missed_server(client);
    if ((reason == PNEU_RENEWAL_NONE && !has_missed) || client->is_cancelled)
        return false;
    client->no_chunking |= reason == PNEU_RENEWAL_NO_CHUNKING;
    client->no_pipelining |= reason == PNEU_RENEWAL_NO_PIPELINING;
    if (reason == PNEU_RENEWAL_MAILMAX)
        part(client);
    else
        pn_client_disconnect(client);
    pn_log_note(client, "a new connection: %s",
                has_missed ? "the server had closed the old one"
                : reason == PNEU_RENEWAL_MAILMAX
                    ? "the server takes no more messages on the old one"
                : reason == PNEU_RENEWAL_NO_CHUNKING
                    ? "the server offers BDAT, but does not take it"
                    : "the server offers PIPELINING, but does not keep to it");
    if (!has_missed)
        return true;
    client->may_renew = false;
    return prepare(client) == PNEU_OK;
}

/* Some servers offer more to those who have logged in, and need not say so
 * unasked (RFC 4954 4). True if EHLO is said again, for the delivery's sake. */
static bool ask_again(pneu_client *client)
{
    if (!client->is_offer_old)
        return false;
    client->is_offer_old = false;
    client->single_done = false;
    client->is_asking = pneu_session_hello(client->session, false, client->name,
                                           PN_TAG_SINGLE) == PNEU_OK;
    if (client->is_asking)
        client->error = (pneu_error){.status = PNEU_OK};
    return client->is_asking;
}

/* Goes on until mail can be sent, or EHLO has its answer again. */
static pneu_status step_opening(pneu_client *client)
{
    pneu_status status = client->is_asking ? pn_pump_step(client, has_answer)
                                           : pn_open_step(client);
    if (status == PNEU_AGAIN)
        return status;
    client->is_asking = false;
    if (status == PNEU_OK && client->stream == NULL)
        status = pn_client_fail(client, &client->broken);
    return status;
}

/* A session that can send, and the delivery begun on it. */
static pneu_status begin_delivery(pneu_client *client)
{
    pneu_status status;
    do { /* an opening that fails is not to be got around by asking */
        status = step_opening(client);
        if (status != PNEU_OK)
            return status;
        status = start(client);
    } while (status == PNEU_NOT_OFFERED && ask_again(client));
    return status;
}

/* QUIT was said: waits for its answer. */
static pneu_status step_parting(pneu_client *client)
{
    pneu_error error;
    pneu_status status = pn_pump_step(client, has_answer);
    if (status != PNEU_OK)
        return status;
    client->is_parting = false;
    pn_client_disconnect(client);
    if (!client->is_cancelled)
        return PNEU_OK;
    pn_fail(&error, PNEU_CANCELLED, "cancelled before the rest was sent");
    return pn_client_fail(client, &error);
}

/* No session could be had (any more). */
static pneu_status give_up(pneu_client *client, pneu_status status)
{
    if (client->has_begun)
        pneu_delivery_give_up(client->delivery, &client->error);
    return status;
}

static pneu_status deliver(pneu_client *client)
{
    pneu_status status = PNEU_OK;
    if (client->is_parting)
        status = step_parting(client);
    if (status == PNEU_OK && !client->is_delivering) {
        if (!client->is_asking)
            client->broken = (pneu_error){.status = PNEU_OK};
        status = begin_delivery(client);
    }
    if (status != PNEU_OK && status != PNEU_AGAIN)
        return give_up(client, status);
    if (status == PNEU_OK)
        status = pn_pump_step(client, has_delivery_paused);
    return status;
}

static pneu_status step_sendmail(pneu_client *client)
{
    pneu_status status;
    do {
        status = deliver(client);
        if (status == PNEU_AGAIN)
            return status;
        client->is_delivering = false;
    } while (status == PNEU_OK && renew(client));
    if (!client->has_begun)
        return client->error.status;
    if (!pneu_delivery_is_done(client->delivery)) {
        if (client->stream != NULL) /* cancelled while it was to be renewed */
            pn_client_hang_up(client);
        pneu_delivery_give_up(client->delivery, &client->broken);
    }
    client->has_result = true;
    return tell_outcome(client, status);
}

/* What the program borrows us, whole: later steps have only this. */
static pneu_status take_letter(pneu_client *client,
                               const pneu_envelope *envelope,
                               const pneu_message *message)
{
    pneu_error error;
    if (envelope != NULL && message != NULL &&
        pn_options_copy(&client->envelope, sizeof(client->envelope),
                        envelope) &&
        pn_options_copy(&client->message, sizeof(client->message), message)) {
        client->envelope.size = sizeof(client->envelope);
        client->message.size = sizeof(client->message);
        client->envelope.allow_local |= client->settings.lmtp;
        return PNEU_OK;
    }
    pn_fail(&error, PNEU_INVALID,
            "a delivery needs an envelope and a message, with their sizes set");
    return pn_client_fail(client, &error);
}

pneu_status pneu_client_sendmail(pneu_client *client,
                                 const pneu_envelope *envelope,
                                 const pneu_message *message,
                                 const pneu_delivery **result)
{
    if (result != NULL)
        *result = NULL;
    pneu_status status = pn_call_begin(client, NULL);
    if (status != PNEU_OK)
        return status;
    client->has_result = false;
    client->has_begun = false;
    status = take_letter(client, envelope, message);
    if (status == PNEU_OK)
        status = prepare(client);
    if (status != PNEU_OK)
        return status;
    pn_pump_look(client);
    client->was_idle = client->stream != NULL;
    client->may_renew = true;
    client->is_parting = false;
    client->is_asking = false;
    status = pn_call_run(client, step_sendmail, NULL);
    if (status != PNEU_AGAIN && result != NULL && client->has_result)
        *result = client->delivery;
    return status;
}

const pneu_delivery *pneu_client_result(const pneu_client *client)
{
    return client->has_result && client->step == NULL ? client->delivery : NULL;
}

size_t pneu_client_preflight(const pneu_client *client,
                             const pneu_envelope *envelope,
                             const pneu_message *message, pneu_error *problems,
                             size_t max)
{
    bool is_known =
        client->session != NULL && pneu_session_introduced(client->session);
    pneu_envelope own;
    if (envelope != NULL && pn_options_copy(&own, sizeof(own), envelope)) {
        own.size = sizeof(own);
        own.allow_local |= client->settings.lmtp;
        envelope = &own;
    }
    return pneu_preflight(envelope, message, is_known ? client->session : NULL,
                          problems, max);
}
