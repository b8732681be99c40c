#include "cli/compose_typed.h"

#include <stdbool.h>
#include <string.h>

#include <gmime/gmime.h>

#include "base/utf8.h"
#include "cli/exit.h"
#include "cli/mime_message.h"

static bool is_utf8(pn_span text)
{
    while (text.length > 0) {
        size_t length = pn_utf8_length(text, NULL);
        if (length == 0 || text.data[0] == '\0')
            return false;
        text.data += length;
        text.length -= length;
    }
    return true;
}

static GMimeMessage *parse(pn_span text)
{
    GByteArray *octets = g_byte_array_sized_new((guint)text.length + 1);
    g_byte_array_append(octets, (const guint8 *)text.data, (guint)text.length);
    /* GMime sees the length only of lines that end */
    if (text.data[text.length - 1] != '\n')
        g_byte_array_append(octets, (const guint8 *)"\n", 1);
    GMimeStream *stream = g_mime_stream_mem_new_with_byte_array(octets);
    g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), TRUE);
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
    g_object_unref(parser);
    g_object_unref(stream);
    return message;
}

/* RFC 2047; a field of ASCII keeps the form that it has. */
static void encode_fields(GMimeObject *object)
{
    GMimeHeaderList *fields = g_mime_object_get_header_list(object);
    for (int i = 0; i < g_mime_header_list_get_count(fields); i++) {
        GMimeHeader *field = g_mime_header_list_get_header_at(fields, i);
        const char *raw = g_mime_header_get_raw_value(field);
        if (raw == NULL || g_str_is_ascii(raw))
            continue;
        char *value = g_strdup(g_mime_header_get_value(field));
        g_mime_header_set_value(field, NULL, value, "utf-8");
        g_free(value);
    }
}

static bool has(GMimeMessage *message, const char *name)
{
    return g_mime_object_get_header(GMIME_OBJECT(message), name) != NULL;
}

static void add_fields(GMimeMessage *message, const pn_envelope *envelope)
{
    const pn_addresses *to = &envelope->to;
    if (envelope->from.address[0] != '\0' && !has(message, "From"))
        pn_mime_add(message, GMIME_ADDRESS_TYPE_FROM, &envelope->from, 1);
    if (to->count > 0 && !has(message, "To"))
        pn_mime_add(message, GMIME_ADDRESS_TYPE_TO, to->items, to->count);
    pn_mime_identify(message, envelope->from.address);
    if (!has(message, "MIME-Version"))
        g_mime_object_set_header(GMIME_OBJECT(message), "MIME-Version", "1.0",
                                 NULL);
}

/* A part without Content-Type is ASCII text (RFC 2045 5.2). */
static void add_type(GMimeMessage *message, pn_span text)
{
    GMimeObject *part = g_mime_message_get_mime_part(message);
    char *all = g_strndup(text.data, text.length);
    bool is_ascii = g_str_is_ascii(all);
    g_free(all);
    if (part == NULL || g_mime_object_get_header(part, "Content-Type") != NULL)
        return;
    GMimeContentType *type = g_mime_content_type_new("text", "plain");
    g_mime_content_type_set_parameter(type, "charset",
                                      is_ascii ? "us-ascii" : "utf-8");
    g_mime_object_set_content_type(part, type);
    g_object_unref(type);
}

static int fill(GMimeMessage *message, const pn_envelope *envelope,
                pn_span text, pn_buffer *out, pn_problem *problem)
{
    GMimeObject *part = g_mime_message_get_mime_part(message);
    encode_fields(GMIME_OBJECT(message));
    if (part != NULL)
        encode_fields(part);
    add_fields(message, envelope);
    add_type(message, text);
    g_mime_object_encode(GMIME_OBJECT(message), GMIME_ENCODING_CONSTRAINT_7BIT);
    return pn_mime_write(message, out, problem);
}

int pn_compose_typed(const pn_envelope *envelope, pn_span text,
                     pn_buffer *message, pn_problem *problem)
{
    if (!is_utf8(text))
        return pn_problem_set(problem, PN_EXIT_DATA, PNEU_BAD_MESSAGE,
                              "the message: what was typed is not plain UTF-8");
    g_mime_init();
    GMimeMessage *typed = parse(text);
    int exit = typed != NULL
                   ? fill(typed, envelope, text, message, problem)
                   : pn_problem_set(problem, PN_EXIT_DATA, PNEU_BAD_MESSAGE,
                                    "the message: its header cannot be "
                                    "understood");
    if (typed != NULL)
        g_object_unref(typed);
    g_mime_shutdown();
    return exit;
}
