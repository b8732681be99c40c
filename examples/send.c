/* Sends a short letter, and shows the dialogue with the server:
 * send HOST PORT FROM TO [CA-FILE] */
#include <pneu/pneu.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    if (argc < 5) {
        fprintf(stderr, "usage: send HOST PORT FROM TO [CA-FILE]\n");
        return 64;
    }
    const char *from = argv[3];
    const char *to = argv[4];

    char letter[1024];
    snprintf(letter, sizeof(letter),
             "To: Recipient <%s>\nFrom: Author <%s>\n"
             "Subject: Simple test message\n\n"
             "This is the body of the message.\n",
             to, from);

    pneu_client *client;
    pneu_error error;
    if (pneu_client_new(
            &client,
            PNEU_CLIENT_OPTIONS(.host = argv[1],
                                .port = (uint16_t)strtoul(argv[2], NULL, 10),
                                .tls_options =
                                    PNEU_TLS_OPTIONS(.ca_file = argv[5])),
            &error) != PNEU_OK) {
        fprintf(stderr, "send: %s\n", error.message);
        return 1;
    }
    pneu_client_set_debug_level(client, 1);

    pneu_status status = pneu_client_sendmail(
        client,
        PNEU_ENVELOPE(.sender = from, .recipients = &to, .recipient_count = 1),
        PNEU_MESSAGE(.data = letter, .length = strlen(letter)), NULL);
    if (status == PNEU_OK)
        pneu_client_quit(client, NULL);
    else
        fprintf(stderr, "send: %s\n", pneu_client_error(client)->message);

    pneu_client_free(client);
    return status == PNEU_OK ? 0 : 1;
}
