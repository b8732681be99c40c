/* Asks for a server and an account, encrypts the session if that can be, logs
 * in, and sends a letter; a step a call: authenticated [CA-FILE] */
#include <pneu/pneu.h>

#include <stdio.h>
#include <string.h>

#include "prompt.h"

/* What is done is done by the first call that fails. */
static pneu_status introduce(pneu_client *client)
{
    /* identify ourselves, prompting server for supported features */
    pneu_status status = pneu_client_ehlo(client, NULL);

    /* if we can encrypt this session, do it */
    if (status == PNEU_OK && pneu_client_has_extension(client, "STARTTLS")) {
        status = pneu_client_starttls(client, NULL);
        if (status == PNEU_OK) /* re-identify ourselves over TLS */
            status = pneu_client_ehlo(client, NULL);
    }
    return status;
}

static pneu_status send_letter(pneu_client *client, const char *to)
{
    char letter[1024];
    snprintf(letter, sizeof(letter),
             "To: Recipient <%s>\nFrom: Author <author@example.com>\n"
             "Subject: Test from pneu\n\nTest message from pneu.\n",
             to);
    return pneu_client_sendmail(
        client,
        PNEU_ENVELOPE(.sender = "author@example.com", .recipients = &to,
                      .recipient_count = 1),
        PNEU_MESSAGE(.data = letter, .length = strlen(letter)), NULL);
}

int main(int argc, char **argv)
{
    char to[256];
    char server[256];
    char user[256];
    char password[256];
    char question[300];

    /* prompt the user for connection info */
    if (!prompt("Recipient: ", to, sizeof(to)) ||
        !prompt("Mail server name: ", server, sizeof(server)) ||
        !prompt("Mail user name: ", user, sizeof(user)))
        return 64;
    snprintf(question, sizeof(question), "%s's password: ", user);
    if (!prompt_secretly(question, password, sizeof(password)))
        return 64;

    pneu_client *client;
    pneu_error error;
    if (pneu_client_new(
            &client,
            PNEU_CLIENT_OPTIONS(.host = server,
                                .tls_options = PNEU_TLS_OPTIONS(
                                        .ca_file = argc > 1 ? argv[1] : NULL)),
            &error) != PNEU_OK) {
        fprintf(stderr, "authenticated: %s\n", error.message);
        return 1;
    }
    pneu_client_set_debug_level(client, 1);

    pneu_status status = pneu_client_connect(client, NULL);
    if (status == PNEU_OK)
        status = introduce(client);
    if (status == PNEU_OK)
        status = pneu_client_login(client, user, password, NULL);
    if (status == PNEU_OK)
        status = send_letter(client, to);
    if (status != PNEU_OK)
        fprintf(stderr, "authenticated: %s\n",
                pneu_client_error(client)->message);
    if (pneu_client_is_connected(client))
        pneu_client_quit(client, NULL);
    pneu_client_free(client);
    return status == PNEU_OK ? 0 : 1;
}
