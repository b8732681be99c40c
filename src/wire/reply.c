#include "wire/reply.h"

#include <string.h>

#include "base/escape.h"
#include "base/fail.h"
#include "wire/limits.h"

void pn_reply_parser_init(pn_reply_parser *parser)
{
    *parser = (pn_reply_parser){.done = false};
    /* a line past its own limit is refused before this one is reached */
    pn_buffer_init(&parser->text, PN_REPLY_MAX + PN_REPLY_LINE_MAX);
}

void pn_reply_parser_finish(pn_reply_parser *parser)
{
    pn_buffer_finish(&parser->text);
}

void pn_reply_parser_clear(pn_reply_parser *parser)
{
    pn_buffer_clear(&parser->text);
    parser->line_start = 0;
    parser->octets = 0;
    parser->line_octets = 0;
    parser->done = false;
    parser->reply = (pneu_reply){0};
}

bool pn_reply_parser_is_midway(const pn_reply_parser *parser)
{
    return !parser->done && parser->octets > 0;
}

/* One number of an enhanced code: 1 to 3 digits, without leading zeros; where
 * it ends, NULL if there is none. */
static const char *take_number(const char *at, const char *end,
                               uint16_t *number)
{
    const char *start = at;
    unsigned value = 0;
    for (; at < end && pn_ascii_is_digit(*at); at++)
        value = value * 10 + (unsigned)(*at - '0');
    *number = (uint16_t)value;
    bool is_padded = at - start > 1 && *start == '0';
    return at == start || at - start > 3 || is_padded ? NULL : at;
}

/* The same with a dot before it. */
static const char *take_part(const char *at, const char *end, uint16_t *number)
{
    bool has_dot = at != NULL && at < end && *at == '.';
    return has_dot ? take_number(at + 1, end, number) : NULL;
}

/* RFC 3463 2: class "." subject "." detail, the class being 2, 4 or 5 */
bool pn_enhanced_code_parse(pn_span text, pneu_enhanced_code *code)
{
    const char *at = text.data;
    const char *end = at + text.length;
    if (text.length < 5 || (*at != '2' && *at != '4' && *at != '5'))
        return false;
    pneu_enhanced_code parsed = {.status_class = (uint16_t)(*at - '0')};
    at = take_part(at + 1, end, &parsed.subject);
    at = take_part(at, end, &parsed.detail);
    if (at == NULL || (at < end && *at != ' '))
        return false;
    *code = parsed;
    return true;
}

static pneu_status refuse_line(pn_span line, pneu_error *error,
                               const char *reason)
{
    char shown[160];
    pn_escape(line, "", shown, sizeof(shown));
    return pn_fail(error, PNEU_PROTOCOL, "%s: \"%s\"", reason, shown);
}

/* RFC 5321 4.2: three digits, then nothing, a blank or a hyphen */
static pneu_status parse_code(pn_span line, int *code, bool *last,
                              pneu_error *error)
{
    if (memchr(line.data, '\0', line.length) != NULL)
        return refuse_line(line, error, "the server sent a NUL in a reply");
    for (size_t i = 0; i < 3; i++) {
        if (i >= line.length || !pn_ascii_is_digit(line.data[i]))
            return refuse_line(line, error,
                               "this is not a reply of an SMTP server");
    }
    *code = (line.data[0] - '0') * 100 + (line.data[1] - '0') * 10 +
            (line.data[2] - '0');
    if (*code < 200 || *code > 599)
        return refuse_line(line, error,
                           "the server sent a reply code that SMTP does not "
                           "have");
    char mark = line.length > 3 ? line.data[3] : ' ';
    if (mark != ' ' && mark != '-')
        return refuse_line(line, error,
                           "a reply code is followed by neither blank nor "
                           "hyphen");
    *last = mark == ' ';
    return PNEU_OK;
}

/* The same for a tolerant parser: -1 for what is no code. */
static void read_code(pn_span line, int *code, bool *last)
{
    *code = 0;
    for (size_t i = 0; i < 3 && *code >= 0; i++) {
        bool is_digit = i < line.length && pn_ascii_is_digit(line.data[i]);
        *code = is_digit ? *code * 10 + (line.data[i] - '0') : -1;
    }
    *last = *code < 0 || line.length < 4 || line.data[3] != '-';
}

static bool is_margin(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* The text of a line, which may have none. */
static pn_span text_of(pn_span line, bool trimmed)
{
    size_t skip = line.length > 3 ? 4 : line.length;
    pn_span text = {line.data + skip, line.length - skip};
    while (trimmed && text.length > 0 && is_margin(text.data[0])) {
        text.data++;
        text.length--;
    }
    while (trimmed && text.length > 0 && is_margin(text.data[text.length - 1]))
        text.length--;
    return text;
}

/* The whole reply is in parser->text, with its NUL. */
static void complete(pn_reply_parser *parser)
{
    pn_span text = pn_buffer_span(&parser->text);
    pneu_reply *reply = &parser->reply;
    reply->text = text.data;
    reply->text_length = text.length - 1;
    pneu_enhanced_code code = {0};
    /* RFC 2034 4: the classes of both codes must agree */
    if (pn_enhanced_code_parse((pn_span){text.data, reply->text_length},
                               &code) &&
        code.status_class == reply->code / 100)
        reply->enhanced = code;
    parser->done = true;
}

/* Keeps the text of a line, and what stands behind it; what was held of the
 * line is cut down to it. */
static pneu_status keep_text(pn_reply_parser *parser, pn_span text, char behind,
                             bool held)
{
    pneu_status status;
    pn_buffer *kept = &parser->text;
    if (held && text.length > 0)
        memmove(kept->memory + kept->start + parser->line_start, text.data,
                text.length);
    if (held)
        pn_buffer_cut(kept, parser->line_start + text.length);
    size_t length = held ? 0 : text.length;
    char *at = pn_buffer_reserve(kept, length + 1, &status);
    if (at == NULL)
        return status;
    if (length > 0)
        memcpy(at, text.data, length);
    at[length] = behind;
    pn_buffer_added(kept, length + 1);
    return PNEU_OK;
}

/* A whole line, without its LF; held: its octets are in the parser's text, of
 * which they are the end. */
static pneu_status end_line(pn_reply_parser *parser, pn_span line, bool held,
                            pneu_error *error)
{
    if (line.length > 0 && line.data[line.length - 1] == '\r')
        line.length--;
    int code = 0;
    bool last = false;
    pneu_status status = PNEU_OK;
    if (parser->tolerant)
        read_code(line, &code, &last);
    else
        status = parse_code(line, &code, &last, error);
    /* RFC 5321 4.2.1: every line of a reply has the same code */
    bool agrees = parser->reply.line_count == 0 || code == parser->reply.code;
    if (status == PNEU_OK && !agrees && !parser->tolerant)
        status =
            refuse_line(line, error, "the codes within one reply do not agree");
    if (status != PNEU_OK)
        return status;
    if (++parser->reply.line_count > PN_REPLY_LINES_MAX)
        return pn_fail(error, PNEU_PROTOCOL,
                       "the server's reply has more than %d lines",
                       PN_REPLY_LINES_MAX);
    parser->reply.code = agrees ? code : -1;
    status = keep_text(parser, text_of(line, parser->tolerant),
                       last ? '\0' : '\n', held);
    parser->line_octets = 0;
    parser->line_start = pn_buffer_length(&parser->text);
    if (status == PNEU_OK && last)
        complete(parser);
    return status;
}

/* Counts octets of a line. */
static pneu_status count(pn_reply_parser *parser, size_t octets,
                         pneu_error *error)
{
    parser->octets += octets;
    parser->line_octets += octets;
    if (parser->line_octets > PN_REPLY_LINE_MAX)
        return pn_fail(error, PNEU_PROTOCOL,
                       "the server sent a reply line of more than %d octets",
                       PN_REPLY_LINE_MAX);
    if (parser->octets > PN_REPLY_MAX)
        return pn_fail(error, PNEU_PROTOCOL,
                       "the server sent a reply of more than %d octets",
                       PN_REPLY_MAX);
    return PNEU_OK;
}

/* The octets up to the next LF, or all of them: a line that is there whole is
 * read where it lies. */
static pneu_status take_line(pn_reply_parser *parser, pn_span octets,
                             size_t *used, pneu_error *error)
{
    const char *end = memchr(octets.data, '\n', octets.length);
    bool held = parser->line_octets > 0 || end == NULL;
    pn_span line = {octets.data, octets.length};
    if (end != NULL)
        line.length = (size_t)(end - octets.data);
    *used += line.length + (end != NULL);
    pneu_status status = count(parser, line.length + (end != NULL), error);
    if (status == PNEU_OK && held)
        status = pn_buffer_append(&parser->text, line);
    if (status != PNEU_OK || end == NULL)
        return status;
    if (held) {
        pn_span all = pn_buffer_span(&parser->text);
        line = (pn_span){all.data + parser->line_start,
                         all.length - parser->line_start};
    }
    status = end_line(parser, line, held, error);
    if (status == PNEU_PROTOCOL && !held) /* for whoever asks what it was */
        (void)pn_buffer_append(&parser->text, line);
    return status;
}

pneu_status pn_reply_parser_feed(pn_reply_parser *parser, pn_span octets,
                                 size_t *used, pneu_error *error)
{
    pneu_status status = PNEU_OK;
    *used = 0;
    if (parser->done)
        pn_reply_parser_clear(parser);
    while (*used < octets.length && !parser->done && status == PNEU_OK) {
        pn_span rest = {octets.data + *used, octets.length - *used};
        status = take_line(parser, rest, used, error);
    }
    if (status == PNEU_NO_MEMORY)
        pn_fail(error, status, "no memory for the server's reply");
    return status;
}

bool pneu_reply_is_positive(const pneu_reply *reply)
{
    return reply->code >= 200 && reply->code <= 299;
}

size_t pneu_reply_escape(const char *text, size_t length, const char *line_end,
                         char *out, size_t size)
{
    return pn_escape((pn_span){text, length}, line_end, out, size);
}
