/* Asks a server whether it knows these mailboxes (many servers do not say):
 * verify HOST PORT NAME... */
#include <pneu/pneu.h>

#include <stdio.h>
#include <stdlib.h>

static void show(const char *name, const pneu_reply *reply)
{
    char words[512];
    pneu_reply_escape(reply->text, reply->text_length, " / ", words,
                      sizeof(words));
    printf("%s: (%d, '%s')\n", name, reply->code, words);
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: verify HOST PORT NAME...\n");
        return 64;
    }
    pneu_client *client;
    pneu_error error;
    if (pneu_client_new(
            &client,
            PNEU_CLIENT_OPTIONS(.host = argv[1],
                                .port = (uint16_t)strtoul(argv[2], NULL, 10)),
            &error) != PNEU_OK) {
        fprintf(stderr, "verify: %s\n", error.message);
        return 1;
    }
    pneu_client_set_debug_level(client, 1);

    pneu_status status = pneu_client_connect(client, NULL);
    for (int i = 3; i < argc && pneu_client_is_connected(client); i++) {
        const pneu_reply *reply = NULL;
        /* a refusal is an answer, too */
        status = pneu_client_verify(client, argv[i], &reply);
        if (reply != NULL)
            show(argv[i], reply);
    }
    if (status != PNEU_OK && status != PNEU_REFUSED)
        fprintf(stderr, "verify: %s\n", pneu_client_error(client)->message);
    if (pneu_client_is_connected(client))
        pneu_client_quit(client, NULL);
    pneu_client_free(client);
    return status == PNEU_OK || status == PNEU_REFUSED ? 0 : 1;
}
