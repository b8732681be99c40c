/* AUTH on its own: with a user's credentials, or a mechanism of the program's
 * making. */
#include "base/fail.h"
#include "client/call.h"
#include "client/open.h"
#include "client/pump.h"

/* Opens with these credentials, and keeps them only if they were right. */
static pneu_status step_login(pneu_client *client)
{
    pneu_status status = pn_open_step(client);
    if (status == PNEU_AGAIN)
        return status;
    client->credentials = &client->settings.credentials;
    if (status == PNEU_OK && client->attempt.own == NULL) {
        pn_credentials_finish(&client->settings.credentials);
        client->settings.credentials = client->attempt;
        client->attempt = (pn_credentials){0};
    }
    pn_credentials_finish(&client->attempt);
    return status;
}

static pneu_status check_state(pneu_client *client)
{
    pneu_error error;
    if (client->session != NULL &&
        pneu_session_authenticated(client->session)) {
        pn_fail(&error, PNEU_MISUSE, "the session is authenticated already");
        return pn_client_fail(client, &error);
    }
    return PNEU_OK;
}

static pneu_status fail_no_memory(pneu_client *client)
{
    pneu_error error;
    pn_fail(&error, PNEU_NO_MEMORY, "no memory for credentials");
    return pn_client_fail(client, &error);
}

static pneu_status run(pneu_client *client, const pneu_reply **reply)
{
    client->credentials = &client->attempt;
    pn_pump_look(client);
    return pn_call_run(client, step_login, reply);
}

pneu_status pneu_client_login(pneu_client *client, const char *user,
                              const char *password, const pneu_reply **reply)
{
    pneu_error error;
    pneu_status status = pn_call_begin(client, reply);
    if (status != PNEU_OK)
        return status;
    if (user == NULL || password == NULL) {
        pn_fail(&error, PNEU_INVALID, "AUTH needs a user name and a password");
        return pn_client_fail(client, &error);
    }
    status = check_state(client);
    if (status != PNEU_OK)
        return status;
    if (!pn_credentials_copy_as(&client->attempt, &client->settings.credentials,
                                user, password))
        return fail_no_memory(client);
    return run(client, reply);
}

pneu_status pneu_client_auth(pneu_client *client,
                             const pneu_mechanism *mechanism,
                             const pneu_reply **reply)
{
    pneu_error error;
    pneu_status status = pn_call_begin(client, reply);
    if (status != PNEU_OK)
        return status;
    if (mechanism == NULL) {
        pn_fail(&error, PNEU_INVALID, "AUTH needs a mechanism");
        return pn_client_fail(client, &error);
    }
    status = check_state(client);
    if (status != PNEU_OK)
        return status;
    client->attempt = (pn_credentials){.own = mechanism};
    return run(client, reply);
}
