#include "cli/compose.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <gmime/gmime.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "cli/exit.h"
#include "cli/header_line.h"
#include "cli/input.h"
#include "cli/mime_message.h"
#include "cli/mime_type.h"
#include "cli/options.h"

static void set_content(GMimePart *part, pn_span octets)
{
    GMimeStream *stream =
        g_mime_stream_mem_new_with_buffer(octets.data, octets.length);
    GMimeDataWrapper *content = g_mime_data_wrapper_new_with_stream(
        stream, GMIME_CONTENT_ENCODING_DEFAULT);
    g_mime_part_set_content(part, content);
    g_object_unref(content);
    g_object_unref(stream);
}

/* Line ends become LF, as GMime wants them; NULL if the text cannot be sent
 * as text: octets that are not UTF-8, or a NUL. */
static char *plain_text(pn_span text)
{
    char *out = g_malloc(text.length + 1);
    size_t used = 0;
    for (size_t i = 0; i < text.length;) {
        pn_span rest = {text.data + i, text.length - i};
        size_t length = pn_utf8_length(rest, NULL);
        if (length == 0 || rest.data[0] == '\0') {
            g_free(out);
            return NULL;
        }
        bool is_cr = rest.data[0] == '\r';
        if (is_cr)
            out[used++] = '\n';
        else
            memcpy(out + used, rest.data, length);
        used += is_cr ? 0 : length;
        i += is_cr && rest.length > 1 && rest.data[1] == '\n' ? 2 : length;
    }
    out[used] = '\0';
    return out;
}

/* GMime looks only at lines that end (RFC 5322 2.1.1). */
static bool has_long_end(const char *text)
{
    const char *last = strrchr(text, '\n');
    return strlen(last != NULL ? last + 1 : text) > PN_MIME_LINE_MAX;
}

/* UTF-8 as it is: GMime's text part would choose a charset of its own. */
static int new_text(const pn_letter *letter, GMimeObject **out,
                    pn_problem *problem)
{
    char *text =
        plain_text(letter->text.data != NULL ? letter->text : PN_SPAN(""));
    if (text == NULL)
        return pn_problem_set(problem, PN_EXIT_DATA, PNEU_BAD_MESSAGE,
                              "%s: the text is not plain UTF-8; a file of "
                              "another kind can go with --attach",
                              letter->text_option);
    GMimePart *part = g_mime_part_new_with_type("text", "plain");
    g_mime_object_set_content_type_parameter(GMIME_OBJECT(part), "charset",
                                             g_str_is_ascii(text) ? "us-ascii"
                                                                  : "utf-8");
    set_content(part, pn_span_of(text));
    if (has_long_end(text))
        g_mime_part_set_content_encoding(
            part, GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
    g_free(text);
    *out = GMIME_OBJECT(part);
    return PN_EXIT_OK;
}

static int check_file_name(const char *name, pn_problem *problem)
{
    pn_span rest = pn_span_of(name);
    while (rest.length > 0) {
        size_t length = pn_utf8_length(rest, NULL);
        unsigned char c = (unsigned char)rest.data[0];
        if (length == 0 || c < 32 || c == 127)
            return pn_problem_set(problem, PN_EXIT_DATA, PNEU_BAD_MESSAGE,
                                  "the file name \"%.160s\" of --attach is "
                                  "not UTF-8 without control characters",
                                  name);
        rest.data += length;
        rest.length -= length;
    }
    return PN_EXIT_OK;
}

static void set_utf8(GMimeParamList *parameters, const char *name)
{
    GMimeParam *parameter = g_mime_param_list_get_parameter(parameters, name);
    if (parameter != NULL)
        g_mime_param_set_charset(parameter, "utf-8");
}

/* Always base64, so that a text file arrives with the line ends it has. */
static GMimeObject *new_part(const char *name, pn_span octets)
{
    const char *type = pn_mime_type_of(name);
    const char *slash = strchr(type, '/');
    char *major = g_strndup(type, (gsize)(slash - type));
    GMimePart *part = g_mime_part_new_with_type(major, slash + 1);
    set_content(part, octets);
    g_mime_part_set_content_encoding(part, GMIME_CONTENT_ENCODING_BASE64);
    g_mime_object_set_disposition(GMIME_OBJECT(part), "attachment");
    g_mime_part_set_filename(part, name);
    GMimeObject *object = GMIME_OBJECT(part);
    set_utf8(g_mime_content_disposition_get_parameters(
                 g_mime_object_get_content_disposition(object)),
             "filename");
    set_utf8(g_mime_content_type_get_parameters(
                 g_mime_object_get_content_type(object)),
             "name");
    g_free(major);
    return object;
}

static int attach(GMimeMultipart *multipart, const char *path,
                  pn_problem *problem)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    pn_buffer octets;
    int exit = check_file_name(name, problem);
    if (exit == PN_EXIT_OK)
        exit = pn_input_read("--attach", path, &octets, problem);
    if (exit != PN_EXIT_OK)
        return exit;
    GMimeObject *part = new_part(name, pn_buffer_span(&octets));
    g_mime_multipart_add(multipart, part);
    g_object_unref(part);
    pn_buffer_finish(&octets);
    return PN_EXIT_OK;
}

static int new_body(const pn_letter *letter, GMimeObject **out,
                    pn_problem *problem)
{
    GMimeObject *text = NULL;
    bool wants_text =
        letter->text.data != NULL || letter->attachments->count == 0;
    int exit = wants_text ? new_text(letter, &text, problem) : PN_EXIT_OK;
    *out = text;
    if (exit != PN_EXIT_OK || letter->attachments->count == 0)
        return exit;
    GMimeMultipart *multipart = g_mime_multipart_new_with_subtype("mixed");
    if (text != NULL) {
        g_mime_multipart_add(multipart, text);
        g_object_unref(text);
    }
    for (size_t i = 0; i < letter->attachments->count && exit == PN_EXIT_OK;
         i++)
        exit = attach(multipart, letter->attachments->items[i], problem);
    *out = GMIME_OBJECT(multipart);
    if (exit != PN_EXIT_OK)
        g_object_unref(multipart);
    return exit;
}

/* A Date, Message-ID or From that is given takes the place of ours. */
static int add_headers(GMimeMessage *message, const pn_list *headers,
                       pn_problem *problem)
{
    for (size_t i = 0; i < headers->count; i++) {
        pn_header_line line;
        int exit = pn_header_line_parse(&line, headers->items[i], problem);
        if (exit != PN_EXIT_OK)
            return exit;
        char *name = g_strndup(line.name.data, line.name.length);
        char *value = g_strndup(line.value.data, line.value.length);
        GMimeObject *object = GMIME_OBJECT(message);
        if (pn_span_equal_nocase(line.name, PN_SPAN("Date")) ||
            pn_span_equal_nocase(line.name, PN_SPAN("Message-ID")) ||
            pn_span_equal_nocase(line.name, PN_SPAN("From")))
            g_mime_object_set_header(object, name, value, "utf-8");
        else
            g_mime_object_append_header(object, name, value, "utf-8");
        g_free(name);
        g_free(value);
    }
    return PN_EXIT_OK;
}

static int check_header(const pn_letter *letter, pn_problem *problem)
{
    if (letter->from->address[0] == '\0' &&
        !pn_header_line_among(letter->headers, PN_SPAN("From")))
        return pn_problem_set(problem, PN_EXIT_USAGE, PNEU_INVALID,
                              "a message from the null sender needs "
                              "--header 'From: …' to be composed");
    if (letter->subject == NULL)
        return PN_EXIT_OK;
    int exit = pn_options_check_line("--subject", letter->subject, PN_EXIT_DATA,
                                     problem);
    if (exit == PN_EXIT_OK && !g_utf8_validate(letter->subject, -1, NULL))
        exit = pn_problem_set(problem, PN_EXIT_DATA, PNEU_BAD_MESSAGE,
                              "the value of --subject is not UTF-8");
    return exit;
}

static int fill_message(GMimeMessage *message, const pn_letter *letter,
                        pn_problem *problem)
{
    GMimeObject *body = NULL;
    if (letter->from->address[0] != '\0')
        pn_mime_add(message, GMIME_ADDRESS_TYPE_FROM, letter->from, 1);
    pn_mime_add(message, GMIME_ADDRESS_TYPE_TO, letter->to->items,
                letter->to->count);
    pn_mime_add(message, GMIME_ADDRESS_TYPE_CC, letter->cc->items,
                letter->cc->count);
    if (letter->subject != NULL)
        g_mime_message_set_subject(message, letter->subject, "utf-8");
    pn_mime_identify(message, letter->from->address);
    int exit = add_headers(message, letter->headers, problem);
    if (exit == PN_EXIT_OK)
        exit = new_body(letter, &body, problem);
    if (exit != PN_EXIT_OK)
        return exit;
    g_mime_message_set_mime_part(message, body);
    g_object_unref(body);
    g_mime_object_encode(GMIME_OBJECT(message), GMIME_ENCODING_CONSTRAINT_7BIT);
    return PN_EXIT_OK;
}

int pn_compose(const pn_letter *letter, pn_buffer *message, pn_problem *problem)
{
    int exit = check_header(letter, problem);
    if (exit != PN_EXIT_OK)
        return exit;
    g_mime_init();
    GMimeMessage *composed = g_mime_message_new(TRUE);
    exit = fill_message(composed, letter, problem);
    if (exit == PN_EXIT_OK)
        exit = pn_mime_write(composed, message, problem);
    g_object_unref(composed);
    g_mime_shutdown();
    return exit;
}
