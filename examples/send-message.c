/*
 * Composes a letter with an attachment by GMime, sends it, and tells what
 * became of each recipient.
 *
 * send-message HOST PORT FROM TO FILE [CA-FILE]
 */
#include <pneu/gmime.h>

#include <stdio.h>
#include <stdlib.h>

static GMimeObject *text(const char *words)
{
    GMimeTextPart *part = g_mime_text_part_new_with_subtype("plain");

    g_mime_text_part_set_text(part, words);
    return GMIME_OBJECT(part);
}

/* The file as an attachment; NULL if it cannot be opened. */
static GMimeObject *attachment(const char *path)
{
    GMimeStream *file = g_mime_stream_fs_open(path, 0, 0, NULL);
    if (!file)
        return NULL;

    GMimePart *part = g_mime_part_new_with_type("application", "octet-stream");
    GMimeDataWrapper *content = g_mime_data_wrapper_new_with_stream(
        file, GMIME_CONTENT_ENCODING_DEFAULT);
    char *name = g_path_get_basename(path);
    g_mime_part_set_content(part, content);
    g_mime_part_set_content_encoding(part, GMIME_CONTENT_ENCODING_BASE64);
    g_mime_part_set_filename(part, name);
    g_free(name);
    g_object_unref(content);
    g_object_unref(file);
    return GMIME_OBJECT(part);
}

static void add(GMimeMultipart *parts, GMimeObject *part)
{
    g_mime_multipart_add(parts, part);
    g_object_unref(part);
}

static GMimeMessage *compose(const char *from, const char *to,
                             GMimeObject *enclosed)
{
    GMimeMessage *message = g_mime_message_new(TRUE);
    GMimeMultipart *parts = g_mime_multipart_new_with_subtype("mixed");

    g_mime_message_add_mailbox(message, GMIME_ADDRESS_TYPE_FROM, "Zoë", from);
    g_mime_message_add_mailbox(message, GMIME_ADDRESS_TYPE_TO, NULL, to);
    g_mime_message_set_subject(message, "Der Rohrpostbrief für dich", "utf-8");
    add(parts, text("Grüße!\nWhat you asked for is enclosed.\n"));
    add(parts, enclosed);
    g_mime_message_set_mime_part(message, GMIME_OBJECT(parts));
    g_object_unref(parts);
    return message;
}

/* The letter must outlive the result, which points to its addresses. */
static pneu_status post(pneu_client *client, GMimeMessage *message)
{
    pneu_letter *letter = NULL;
    const pneu_delivery *result = NULL;
    pneu_error error;
    pneu_status status = pneu_letter_new(&letter, message, NULL, &error);

    if (status == PNEU_OK)
        status = pneu_letter_send(client, letter, &result, &error);
    for (size_t i = 0; result && i < pneu_delivery_count(result); i++) {
        const pneu_outcome *outcome = pneu_delivery_outcome(result, i);

        printf("%s: %s\n", outcome->recipient,
               pneu_outcome_name(outcome->kind));
    }
    if (status != PNEU_OK)
        fprintf(stderr, "send-message: %s\n", error.message);
    pneu_letter_free(letter);
    return status;
}

int main(int argc, char **argv)
{
    if (argc < 6) {
        fprintf(stderr, "usage: send-message HOST PORT FROM TO FILE "
                        "[CA-FILE]\n");
        return 64;
    }
    g_mime_init();
    GMimeObject *enclosed = attachment(argv[5]);
    if (!enclosed) {
        fprintf(stderr, "send-message: cannot open %s\n", argv[5]);
        return 66;
    }
    GMimeMessage *message = compose(argv[3], argv[4], enclosed);

    pneu_client *client = NULL;
    pneu_error error;
    pneu_status status = pneu_client_new(
        &client,
        PNEU_CLIENT_OPTIONS(.host = argv[1],
                            .port = (uint16_t)strtoul(argv[2], NULL, 10),
                            .tls_options =
                                PNEU_TLS_OPTIONS(.ca_file = argc > 6 ? argv[6]
                                                                     : NULL)),
        &error);
    if (status != PNEU_OK)
        fprintf(stderr, "send-message: %s\n", error.message);
    else
        status = post(client, message);

    if (status == PNEU_OK)
        pneu_client_quit(client, NULL);
    pneu_client_free(client);
    g_object_unref(message);
    return status == PNEU_OK ? 0 : 1;
}
