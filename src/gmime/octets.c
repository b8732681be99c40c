#include "gmime/octets.h"

#include <string.h>

#include "base/fail.h"

enum {
    LINE_MAX_OCTETS = 998 /* RFC 5321 4.5.3.1.6, RFC 5322 2.1.1 */
};

pneu_status pn_octets_write(GByteArray *octets, GMimeMessage *message,
                            pneu_error *error)
{
    GMimeFormatOptions *format = g_mime_format_options_new();
    g_mime_format_options_set_newline_format(format, GMIME_NEWLINE_FORMAT_DOS);
    GMimeStream *stream = g_mime_stream_mem_new();
    g_mime_stream_mem_set_byte_array(GMIME_STREAM_MEM(stream), octets);
    ssize_t written =
        g_mime_object_write_to_stream(GMIME_OBJECT(message), format, stream);
    g_object_unref(stream);
    g_mime_format_options_free(format);
    if (written < 0)
        return pn_fail(error, PNEU_SOURCE,
                       "the content of a part of the message could not be "
                       "read");
    return PNEU_OK;
}

GMimeMessage *pn_octets_parse(const GByteArray *octets)
{
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer(
        (const char *)octets->data, octets->len);
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
    g_object_unref(parser);
    g_object_unref(stream);
    return message;
}

/*
 * Cuts a line off rest; its end may be CRLF, LF or CR: what goes out has CRLF
 * in place of each, so each begins a line. False if there is none left.
 */
static bool next_line(pn_span *rest, pn_span *line, size_t *with_end)
{
    if (rest->length == 0)
        return false;
    size_t end = 0;
    while (end < rest->length && rest->data[end] != '\r' &&
           rest->data[end] != '\n')
        end++;
    *line = (pn_span){rest->data, end};
    if (end + 1 < rest->length && memcmp(rest->data + end, "\r\n", 2) == 0)
        end += 2;
    else if (end < rest->length)
        end += 1;
    *with_end = end;
    rest->data += end;
    rest->length -= end;
    return true;
}

static bool is_continued(pn_span line)
{
    return line.length > 0 && (line.data[0] == ' ' || line.data[0] == '\t');
}

static bool is_bcc(pn_span line)
{
    const char *colon = memchr(line.data, ':', line.length);
    if (colon == NULL)
        return false;
    pn_span name =
        pn_span_trim((pn_span){line.data, (size_t)(colon - line.data)});
    return pn_span_equal_nocase(name, PN_SPAN("Bcc")) ||
           pn_span_equal_nocase(name, PN_SPAN("Resent-Bcc"));
}

void pn_octets_drop_bcc(GByteArray *octets)
{
    pn_span rest = {(const char *)octets->data, octets->len};
    pn_span line;
    size_t with_end = 0;
    size_t kept = 0;
    bool dropping = false;
    while (next_line(&rest, &line, &with_end) && line.length > 0) {
        dropping = is_continued(line) ? dropping : is_bcc(line);
        if (!dropping) {
            memmove(octets->data + kept, line.data, with_end);
            kept += with_end;
        }
    }
    /* from the empty line on, which next_line() may have taken already */
    guint body = octets->len - (guint)rest.length;
    if (body > 0 && line.length == 0)
        body -= (guint)with_end;
    g_byte_array_remove_range(octets, (guint)kept, body - (guint)kept);
}

bool pn_octets_is_8bit(pn_span text)
{
    for (size_t i = 0; i < text.length; i++) {
        if ((unsigned char)text.data[i] >= 0x80)
            return true;
    }
    return false;
}

static bool ends_in_crlf(pn_span line, size_t with_end)
{
    return with_end == line.length + 2;
}

pn_octets_facts pn_octets_examine(const GByteArray *octets)
{
    pn_octets_facts facts = {0};
    pn_span rest = {(const char *)octets->data, octets->len};
    pn_span line;
    size_t with_end = 0;
    bool in_body = false;
    for (size_t number = 1; next_line(&rest, &line, &with_end); number++) {
        in_body |= line.length == 0;
        if (pn_octets_is_8bit(line))
            *(in_body ? &facts.body_is_8bit : &facts.header_is_8bit) = true;
        if (line.length > LINE_MAX_OCTETS && facts.long_line == 0)
            facts.long_line = number;
        facts.has_nul |=
            line.length > 0 && memchr(line.data, '\0', line.length) != NULL;
        facts.has_bare |=
            with_end > line.length && !ends_in_crlf(line, with_end);
    }
    return facts;
}
