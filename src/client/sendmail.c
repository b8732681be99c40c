/* A whole message to all its recipients, and AUTH on its own. */
#include <string.h>

#include "base/fail.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/secret.h"
#include "client/client.h"
#include "client/pump.h"

static bool is_delivered(const pneu_client *client)
{
    return pneu_delivery_is_done(client->delivery);
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

static pneu_status tell_outcome(pneu_client *client)
{
    pneu_status broken = client->broken.status;
    const struct {
        pneu_outcome_kind kind;
        pneu_status status;
    } worst_first[] = {
        {PNEU_OUTCOME_IN_DOUBT, PNEU_IN_DOUBT},
        {PNEU_OUTCOME_REFUSED_FOR_GOOD, PNEU_REFUSED},
        {PNEU_OUTCOME_REFUSED_FOR_NOW, PNEU_REFUSED},
        {PNEU_OUTCOME_NOT_TRIED, broken != PNEU_OK ? broken : PNEU_LOST},
    };
    for (size_t i = 0; i < sizeof(worst_first) / sizeof(worst_first[0]); i++) {
        if (pneu_delivery_tally(client->delivery, worst_first[i].kind) > 0)
            return tell_worst(client, worst_first[i].kind,
                              worst_first[i].status);
    }
    return PNEU_OK;
}

static pneu_status prepare(pneu_client *client, const pneu_envelope *envelope,
                           const pneu_message *message)
{
    pneu_error error;
    pneu_delivery_free(client->delivery);
    client->delivery = NULL;
    pneu_envelope own;
    if (!pn_options_copy(&own, sizeof(own), envelope))
        envelope = NULL; /* the delivery says what is wrong */
    own.size = sizeof(own);
    own.allow_local |= client->lmtp;
    pneu_status status = pneu_delivery_new(
        &client->delivery, envelope != NULL ? &own : NULL, message, &error);
    return status == PNEU_OK ? PNEU_OK : pn_client_fail(client, &error);
}

pneu_status pneu_client_sendmail(pneu_client *client,
                                 const pneu_envelope *envelope,
                                 const pneu_message *message,
                                 const pneu_delivery **result)
{
    pneu_error error;
    if (result != NULL)
        *result = NULL;
    pn_client_begin(client);
    pneu_status status = prepare(client, envelope, message);
    if (status == PNEU_OK)
        status = pn_client_open(client);
    if (status != PNEU_OK)
        return status;
    status = pneu_delivery_start(client->delivery, client->session,
                                 PN_TAG_DELIVERY, &error);
    if (status != PNEU_OK)
        return pn_client_fail(client, &error);
    pn_pump_run(client, is_delivered);
    if (!is_delivered(client))
        pneu_delivery_give_up(client->delivery, &client->broken);
    if (result != NULL)
        *result = client->delivery;
    return tell_outcome(client);
}

static void free_credentials(char *user, char *password)
{
    pn_secret_free_text(user);
    pn_secret_free_text(password);
}

/* Opens with these credentials, and keeps them only if they were right. */
static pneu_status open_as(pneu_client *client, char *user, char *password)
{
    char *old_user = client->user;
    char *old_password = client->password;
    client->user = user;
    client->password = password;
    pneu_status status = pn_client_open(client);
    if (status == PNEU_OK) {
        free_credentials(old_user, old_password);
        return PNEU_OK;
    }
    client->user = old_user;
    client->password = old_password;
    free_credentials(user, password);
    return status;
}

static pneu_status check_login(pneu_client *client, const char *user,
                               const char *password)
{
    pneu_error error;
    if (user == NULL || password == NULL) {
        pn_fail(&error, PNEU_INVALID, "AUTH needs a user name and a password");
        return pn_client_fail(client, &error);
    }
    if (client->session != NULL &&
        pneu_session_authenticated(client->session)) {
        pn_fail(&error, PNEU_MISUSE, "the session is authenticated already");
        return pn_client_fail(client, &error);
    }
    return PNEU_OK;
}

pneu_status pneu_client_login(pneu_client *client, const char *user,
                              const char *password, const pneu_reply **reply)
{
    pneu_error error;
    if (reply != NULL)
        *reply = NULL;
    pn_client_begin(client);
    pneu_status status = check_login(client, user, password);
    if (status != PNEU_OK)
        return status;
    char *own_user = pn_memory_copy_text(user, strlen(user));
    char *own_password = pn_memory_copy_text(password, strlen(password));
    if (own_user == NULL || own_password == NULL) {
        free_credentials(own_user, own_password);
        pn_fail(&error, PNEU_NO_MEMORY, "no memory for credentials");
        return pn_client_fail(client, &error);
    }
    status = open_as(client, own_user, own_password);
    if (reply != NULL && client->has_reply)
        *reply = &client->reply;
    return status;
}
