/*
 * Sends a message from a file to any number of recipients, over STARTTLS and
 * with AUTH, and tells the dialogue and what became of each recipient.
 *
 * send-to-three HOST PORT CA-FILE USER MESSAGE FROM TO...
 * The password is in the environment, as PNEU_PASSWORD.
 */
#include <pneu/pneu.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    HOST = 1,
    PORT,
    CA_FILE,
    USER,
    MESSAGE,
    FROM,
    TO
};

/* The dialogue, line by line; the library has blanked the secrets. */
static void show_line(void *context, pneu_log_kind kind, const char *line)
{
    static const char *const marks[] = {
        [PNEU_LOG_NOTE] = "**",
        [PNEU_LOG_SENT] = "->",
        [PNEU_LOG_RECEIVED] = "<-",
        [PNEU_LOG_BODY] = "=>",
    };

    (void)context;
    printf("%s %s\n", marks[kind], line);
}

static void widen(int *width, const char *text)
{
    int length = (int)strlen(text);

    if (length > *width)
        *width = length;
}

/* In columns as wide as what stands in them. */
static void show_outcomes(const pneu_delivery *result)
{
    int names = 0;
    int addresses = 0;

    for (size_t i = 0; i < pneu_delivery_count(result); i++) {
        const pneu_outcome *outcome = pneu_delivery_outcome(result, i);

        widen(&names, pneu_outcome_name(outcome->kind));
        widen(&addresses, outcome->recipient);
    }
    for (size_t i = 0; i < pneu_delivery_count(result); i++) {
        const pneu_outcome *outcome = pneu_delivery_outcome(result, i);
        char words[512];

        pneu_reply_escape(outcome->text, strlen(outcome->text), " ", words,
                          sizeof(words));
        printf("%-*s  %-*s  %03d %s\n", names, pneu_outcome_name(outcome->kind),
               addresses, outcome->recipient, outcome->code, words);
    }
}

/* The file's octets, to be freed; NULL after a message to standard error. */
static char *load(const char *path, size_t *length)
{
    enum {
        LARGEST = 1 << 20
    };
    FILE *file = fopen(path, "rb");
    char *octets = file ? malloc(LARGEST) : NULL;

    if (octets)
        *length = fread(octets, 1, LARGEST, file);
    if (!octets || ferror(file) || *length == LARGEST) {
        fprintf(stderr, "cannot read %s, or it is too large\n", path);
        free(octets);
        octets = NULL;
    }
    if (file)
        fclose(file);
    return octets;
}

static int send_message(pneu_client *client, const pneu_envelope *envelope,
                        const pneu_message *message)
{
    const pneu_delivery *result;

    pneu_client_sendmail(client, envelope, message, &result);
    if (!result) {
        fprintf(stderr, "%s\n", pneu_client_error(client)->message);
        return EXIT_FAILURE;
    }
    show_outcomes(result);

    int exit_status = pneu_delivery_exit_status(result);
    pneu_client_quit(client, NULL);
    return exit_status;
}

int main(int argc, char **argv)
{
    if (argc <= TO) {
        fprintf(stderr, "usage: %s HOST PORT CA-FILE USER MESSAGE FROM TO...\n",
                argv[0]);
        return 64;
    }

    size_t length = 0;
    char *octets = load(argv[MESSAGE], &length);
    if (!octets)
        return EXIT_FAILURE;

    pneu_client *client = NULL;
    pneu_error error;
    int exit_status = EXIT_FAILURE;
    if (pneu_client_new(
            &client,
            PNEU_CLIENT_OPTIONS(.host = argv[HOST],
                                .port = (uint16_t)strtoul(argv[PORT], NULL, 10),
                                .tls = PNEU_TLS_STARTTLS,
                                .tls_options =
                                    PNEU_TLS_OPTIONS(.ca_file = argv[CA_FILE]),
                                .user = argv[USER],
                                .password = getenv("PNEU_PASSWORD"),
                                .log = show_line),
            &error) != PNEU_OK)
        fprintf(stderr, "%s\n", error.message);
    else
        exit_status = send_message(
            client,
            PNEU_ENVELOPE(.sender = argv[FROM],
                          .recipients = (const char *const *)&argv[TO],
                          .recipient_count = (size_t)(argc - TO)),
            PNEU_MESSAGE(.data = octets, .length = length));

    pneu_client_free(client);
    free(octets);
    return exit_status;
}
