/* Asks for the envelope and the message, and sends it by the server on this
 * machine: interactive [HOST[:PORT]] */
#include <pneu/pneu.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prompt.h"

enum {
    RECIPIENTS_MAX = 100,
    MESSAGE_MAX = 1 << 20
};

/* Cuts a line into words, in place. */
static size_t split(char *line, const char *words[RECIPIENTS_MAX])
{
    size_t count = 0;
    char *rest = NULL;
    for (char *word = strtok_r(line, " \t,", &rest);
         word != NULL && count < RECIPIENTS_MAX;
         word = strtok_r(NULL, " \t,", &rest))
        words[count++] = word;
    return count;
}

/* Adds the From: and To: headers at the start, and what is typed. */
static size_t read_message(const char *from, const char *const *to,
                           size_t count, char *message)
{
    size_t length =
        (size_t)snprintf(message, MESSAGE_MAX / 2, "From: %s\nTo: ", from);
    for (size_t i = 0; i < count; i++)
        length += (size_t)snprintf(message + length, MESSAGE_MAX / 2 - length,
                                   "%s%s", i > 0 ? ", " : "", to[i]);
    length += (size_t)snprintf(message + length, 3, "\n\n");
    return length + fread(message + length, 1, MESSAGE_MAX - length, stdin);
}

static int send_it(const char *host, const pneu_envelope *envelope,
                   const pneu_message *message)
{
    pneu_client *client;
    pneu_error error;
    if (pneu_client_new(&client, PNEU_CLIENT_OPTIONS(.host = host), &error) !=
        PNEU_OK) {
        fprintf(stderr, "interactive: %s\n", error.message);
        return 1;
    }
    pneu_client_set_debug_level(client, 1);
    pneu_status status = pneu_client_sendmail(client, envelope, message, NULL);
    if (status != PNEU_OK)
        fprintf(stderr, "interactive: %s\n",
                pneu_client_error(client)->message);
    if (pneu_client_is_connected(client))
        pneu_client_quit(client, NULL);
    pneu_client_free(client);
    return status == PNEU_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
    char from[256];
    char line[8192];
    const char *to[RECIPIENTS_MAX];

    if (!prompt("From: ", from, sizeof(from)) ||
        !prompt("To: ", line, sizeof(line)))
        return 64;
    size_t count = split(line, to);
    printf("Enter message, end with ^D:\n");
    fflush(stdout);

    char *message = malloc(MESSAGE_MAX);
    if (message == NULL)
        return 1;
    size_t length = read_message(from, to, count, message);
    printf("Message length is %zu\n", length);
    fflush(stdout);

    int result = send_it(argc > 1 ? argv[1] : NULL,
                         PNEU_ENVELOPE(.sender = from, .recipients = to,
                                       .recipient_count = count),
                         PNEU_MESSAGE(.data = message, .length = length));
    free(message);
    return result;
}
