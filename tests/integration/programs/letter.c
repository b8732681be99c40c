/*
 * Sends the message on standard input by libpneu-gmime, once for each PORT, as
 * one and the same letter, and says what came of it, in fields parted by tabs.
 *
 * letter [sender=ADDRESS] [to=ADDRESS]... PORT...
 */
#include <pneu/gmime.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    MOST = 8
};

static GMimeMessage *read_message(void)
{
    GMimeStream *stream = g_mime_stream_pipe_new(STDIN_FILENO);
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);

    g_object_unref(parser);
    g_object_unref(stream);
    return message;
}

static void tell(pneu_status status, const pneu_error *error)
{
    printf("status\t%s\t%s\n", pneu_status_name(status),
           status != PNEU_OK ? error->message : "");
}

static void send_to(pneu_letter *letter, const char *port)
{
    pneu_client *client = NULL;
    const pneu_delivery *result = NULL;
    pneu_error error;
    pneu_status status = pneu_client_new(
        &client,
        PNEU_CLIENT_OPTIONS(.host = "127.0.0.1",
                            .port = (uint16_t)strtoul(port, NULL, 10),
                            .timeout_ms = 10000),
        &error);

    if (status == PNEU_OK)
        status = pneu_letter_send(client, letter, &result, &error);
    tell(status, &error);
    for (size_t i = 0; result != NULL && i < pneu_delivery_count(result); i++) {
        const pneu_outcome *outcome = pneu_delivery_outcome(result, i);

        printf("outcome\t%s\t%s\n", outcome->recipient,
               pneu_outcome_name(outcome->kind));
    }
    pneu_client_free(client);
}

static const char *value_of(const char *word, const char *name)
{
    size_t length = strlen(name);

    return strncmp(word, name, length) == 0 && word[length] == '='
               ? word + length + 1
               : NULL;
}

int main(int argc, char **argv)
{
    const char *sender = NULL;
    const char *to[MOST];
    size_t count = 0;
    int first = 1;

    for (; first < argc && strchr(argv[first], '=') != NULL; first++) {
        if (value_of(argv[first], "sender") != NULL)
            sender = value_of(argv[first], "sender");
        else if (value_of(argv[first], "to") != NULL && count < MOST)
            to[count++] = value_of(argv[first], "to");
    }
    g_mime_init();
    GMimeMessage *message = read_message();
    pneu_letter *letter = NULL;
    pneu_error error;
    pneu_status status =
        pneu_letter_new(&letter, message,
                        PNEU_LETTER_OPTIONS(.sender = sender, .recipients = to,
                                            .recipient_count = count),
                        &error);

    g_object_unref(message);
    if (status != PNEU_OK)
        tell(status, &error);
    for (int i = first; letter != NULL && i < argc; i++)
        send_to(letter, argv[i]);
    pneu_letter_free(letter);
    return 0;
}
