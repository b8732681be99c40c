#include "gmime/encode.h"

#include <string.h>

#include "gmime/octets.h"

typedef struct walk {
    pn_encode_limits limits;
    pn_encode_result result;
    bool parts_changed; /* of the message under way */
} walk;

/* Fields with a grammar of their own: encoded in place, they would lose it
 * (a comma within a name would part two addresses). */
static bool is_structured(const char *name)
{
    static const char *const names[] = {
        "Sender",    "From",          "Reply-To",     "To",
        "Cc",        "Resent-Sender", "Resent-From",  "Resent-Reply-To",
        "Resent-To", "Resent-Cc",     "Content-Type", "Content-Disposition",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (g_ascii_strcasecmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

/* GMime formats a field by its name when its value is set; for structured
 * ones it reads the value as it stands in a message. RFC 2047 5, RFC 2231 4 */
static void encode_field(GMimeHeader *field, walk *state)
{
    const char *raw = g_mime_header_get_raw_value(field);
    if (raw == NULL || !pn_octets_is_8bit(pn_span_of(raw)))
        return;
    char *value = is_structured(g_mime_header_get_name(field))
                      ? g_mime_utils_header_unfold(raw)
                      : g_strdup(g_mime_header_get_value(field));
    g_mime_header_set_value(field, NULL, value, "utf-8");
    g_free(value);
    state->result.changed = true;
}

static void encode_fields(GMimeObject *object, walk *state)
{
    GMimeHeaderList *fields = g_mime_object_get_header_list(object);
    for (int i = 0; i < g_mime_header_list_get_count(fields); i++)
        encode_field(g_mime_header_list_get_header_at(fields, i), state);
}

static bool is_type(GMimeObject *object, const char *type, const char *subtype)
{
    GMimeContentType *its = g_mime_object_get_content_type(object);
    return its != NULL && g_mime_content_type_is_type(its, type, subtype);
}

/* As it stands in the message. */
static GByteArray *raw_content(GMimeDataWrapper *content)
{
    GByteArray *octets = g_byte_array_new();
    GMimeStream *to = g_mime_stream_mem_new();
    g_mime_stream_mem_set_byte_array(GMIME_STREAM_MEM(to), octets);
    GMimeStream *from = g_mime_data_wrapper_get_stream(content);
    g_mime_stream_reset(from);
    g_mime_stream_write_to_stream(from, to);
    g_mime_stream_reset(from);
    g_object_unref(to);
    return octets;
}

static GByteArray *decoded_content(GMimeDataWrapper *content)
{
    GByteArray *octets = g_byte_array_new();
    GMimeStream *to = g_mime_stream_mem_new();
    g_mime_stream_mem_set_byte_array(GMIME_STREAM_MEM(to), octets);
    g_mime_data_wrapper_write_to_stream(content, to);
    g_object_unref(to);
    return octets;
}

/* Binary content would not survive the rules for line ends (RFC 3030 3). */
static bool must_be_encoded(GMimePart *part, const walk *state)
{
    if (g_mime_part_get_content_encoding(part) == GMIME_CONTENT_ENCODING_BINARY)
        return true;
    GByteArray *raw = raw_content(g_mime_part_get_content(part));
    pn_octets_facts facts = pn_octets_examine(raw);
    g_byte_array_free(raw, TRUE);
    bool is_8bit = facts.header_is_8bit || facts.body_is_8bit;
    return facts.has_nul || facts.long_line != 0 ||
           (is_8bit && !state->limits.eight_bit_parts);
}

static GMimeContentEncoding choose(GMimePart *part)
{
    switch (g_mime_part_get_content_encoding(part)) {
    case GMIME_CONTENT_ENCODING_BASE64:
    case GMIME_CONTENT_ENCODING_UUENCODE:
    case GMIME_CONTENT_ENCODING_BINARY:
        return GMIME_CONTENT_ENCODING_BASE64;
    case GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE:
        return GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE;
    case GMIME_CONTENT_ENCODING_DEFAULT:
    case GMIME_CONTENT_ENCODING_7BIT:
    case GMIME_CONTENT_ENCODING_8BIT:
        break;
    }
    GMimeContentEncoding best = g_mime_part_get_best_content_encoding(
        part, GMIME_ENCODING_CONSTRAINT_7BIT);
    return best == GMIME_CONTENT_ENCODING_BASE64
               ? best
               : GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE;
}

/* The encoder takes a line end for one only if it is LF alone. */
static void shorten_line_ends(GByteArray *octets)
{
    guint kept = 0;
    for (guint i = 0; i < octets->len; i++) {
        bool is_crlf = octets->data[i] == '\r' && i + 1 < octets->len &&
                       octets->data[i + 1] == '\n';
        if (!is_crlf)
            octets->data[kept++] = octets->data[i];
    }
    g_byte_array_set_size(octets, kept);
}

/* Text that said nothing of its charset was whatever its octets were; once
 * encoded it would be US-ASCII (RFC 2045 5.2, RFC 1428). */
static void state_charset(GMimePart *part, const GByteArray *decoded)
{
    GMimeObject *object = GMIME_OBJECT(part);
    pn_span text = {(const char *)decoded->data, decoded->len};
    if (!is_type(object, "text", "*") || !pn_octets_is_8bit(text) ||
        g_mime_object_get_content_type_parameter(object, "charset") != NULL)
        return;
    bool is_utf8 = g_utf8_validate(text.data, (gssize)text.length, NULL);
    g_mime_object_set_content_type_parameter(
        object, "charset", is_utf8 ? "utf-8" : "unknown-8bit");
}

static void encode_part(GMimePart *part, walk *state)
{
    GMimeDataWrapper *content = g_mime_part_get_content(part);
    /* RFC 2045 6.4: what is of type message is not encoded */
    if (content == NULL || is_type(GMIME_OBJECT(part), "message", "*") ||
        !must_be_encoded(part, state))
        return;
    GMimeContentEncoding encoding = choose(part);
    GByteArray *decoded = decoded_content(content);
    state_charset(part, decoded);
    if (encoding == GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE)
        shorten_line_ends(decoded);
    GMimeStream *stream = g_mime_stream_mem_new_with_byte_array(decoded);
    GMimeDataWrapper *fresh = g_mime_data_wrapper_new_with_stream(
        stream, GMIME_CONTENT_ENCODING_DEFAULT);
    g_mime_part_set_content(part, fresh);
    g_mime_part_set_content_encoding(part, encoding);
    g_object_unref(fresh);
    g_object_unref(stream);
    state->parts_changed = true;
}

/* What holds parts must not claim more than they do (RFC 2045 6.4). */
static void relabel(GMimeObject *object, walk *state)
{
    static const char name[] = "Content-Transfer-Encoding";
    const char *stated = g_mime_object_get_header(object, name);
    if (stated == NULL)
        return;
    bool is_8bit = g_ascii_strcasecmp(stated, "8bit") == 0;
    bool is_binary = g_ascii_strcasecmp(stated, "binary") == 0;
    if (!is_binary && (!is_8bit || state->limits.eight_bit_parts))
        return;
    g_mime_object_set_header(
        object, name, state->limits.eight_bit_parts ? "8bit" : "7bit", NULL);
    state->parts_changed = true;
}

static void encode_object(GMimeObject *object, bool is_nested, walk *state);

static void encode_multipart(GMimeObject *object, bool is_nested, walk *state)
{
    GMimeMultipart *multipart = GMIME_MULTIPART(object);
    relabel(object, state);
    for (int i = 0; i < g_mime_multipart_get_count(multipart); i++)
        encode_object(g_mime_multipart_get_part(multipart, i), is_nested,
                      state);
}

static void encode_message(GMimeObject *object, bool is_nested, walk *state)
{
    bool was_changed = state->parts_changed;
    state->parts_changed = false;
    encode_object(g_mime_message_get_mime_part(GMIME_MESSAGE(object)),
                  is_nested, state);
    if (state->parts_changed &&
        g_mime_object_get_header(object, "MIME-Version") == NULL)
        g_mime_object_set_header(object, "MIME-Version", "1.0", NULL);
    state->parts_changed |= was_changed;
}

static void encode_enclosed(GMimeObject *object, bool is_nested, walk *state)
{
    GMimeMessage *message =
        g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));
    (void)is_nested;
    relabel(object, state);
    if (message != NULL)
        encode_object(GMIME_OBJECT(message), true, state);
}

static void encode_leaf(GMimeObject *object, bool is_nested, walk *state)
{
    (void)is_nested;
    encode_part(GMIME_PART(object), state);
}

/* A signature covers the parts octet for octet (RFC 1847 2.1). */
static void leave_signed(GMimeObject *object, bool is_nested, walk *state)
{
    (void)object;
    (void)is_nested;
    state->result.has_signed = true;
}

typedef void encoder(GMimeObject *object, bool is_nested, walk *state);

/* NULL for what GMime does not have. */
static encoder *encoder_of(GMimeObject *object)
{
    if (is_type(object, "multipart", "signed"))
        return leave_signed;
    GType type = G_OBJECT_TYPE(object);
    if (g_type_is_a(type, GMIME_TYPE_MULTIPART))
        return encode_multipart;
    if (g_type_is_a(type, GMIME_TYPE_MESSAGE))
        return encode_message;
    if (g_type_is_a(type, GMIME_TYPE_MESSAGE_PART))
        return encode_enclosed;
    return g_type_is_a(type, GMIME_TYPE_PART) ? encode_leaf : NULL;
}

/* The header of a message within a message is part of a body, and may be
 * 8-bit where bodies may. */
static void encode_object(GMimeObject *object, bool is_nested, walk *state)
{
    encoder *encode = object != NULL ? encoder_of(object) : NULL;
    if (encode == NULL)
        return;
    if (is_nested ? !state->limits.eight_bit_parts
                  : !state->limits.eight_bit_fields)
        encode_fields(object, state);
    encode(object, is_nested, state);
}

pn_encode_result pn_encode(GMimeMessage *message,
                           const pn_encode_limits *limits)
{
    walk state = {.limits = *limits};
    encode_object(GMIME_OBJECT(message), false, &state);
    state.result.changed |= state.parts_changed;
    return state.result;
}
