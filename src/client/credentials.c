#include "client/credentials.h"

#include "base/memory.h"
#include "base/options.h"
#include "base/secret.h"

bool pn_credentials_copy(pn_credentials *to, const pneu_client_options *from)
{
    *to = (pn_credentials){
        .policy = from->auth_policy,
        .no_initial_response = from->no_initial_response,
        .token = from->token,
        .token_context = from->token_context,
        .own = from->own_mechanism,
    };
    if (pn_options_copy_text(&to->user, from->user) &&
        pn_options_copy_text(&to->password, from->password) &&
        pn_options_copy_text(&to->authorization, from->authorization) &&
        pn_options_copy_text(&to->mechanisms, from->mechanisms))
        return true;
    pn_credentials_finish(to);
    return false;
}

bool pn_credentials_copy_as(pn_credentials *to, const pn_credentials *from,
                            const char *user, const char *password)
{
    return pn_credentials_copy(
        to,
        PNEU_CLIENT_OPTIONS(.user = user, .password = password,
                            .authorization = from->authorization,
                            .mechanisms = from->mechanisms,
                            .auth_policy = from->policy,
                            .no_initial_response = from->no_initial_response));
}

void pn_credentials_finish(pn_credentials *credentials)
{
    pn_secret_free_text(credentials->user);
    pn_secret_free_text(credentials->password);
    pn_memory_free(credentials->authorization);
    pn_memory_free(credentials->mechanisms);
    *credentials = (pn_credentials){0};
}

bool pn_credentials_are_given(const pn_credentials *credentials)
{
    return credentials->user != NULL || credentials->mechanisms != NULL ||
           credentials->token != NULL || credentials->own != NULL;
}
