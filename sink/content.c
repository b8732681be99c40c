#include "sink/content.h"

#include <string.h>

void pn_sink_content_init(pn_sink_content *content, pn_sink_content_form form,
                          bool lenient)
{
    *content = (pn_sink_content){
        .state = PN_SINK_AT_LINE_START, .form = form, .lenient = lenient};
}

void pn_sink_content_end(pn_sink_content *content)
{
    if (content->state == PN_SINK_AFTER_CR)
        content->bare = true;
    content->state = PN_SINK_CONTENT_ENDED;
}

/* Where decoded octets go; at is NULL when nobody wants them. */
typedef struct sink_output {
    char *at;
    size_t length;
} sink_output;

static void put(sink_output *output, const char *data, size_t length)
{
    if (output->at != NULL)
        memcpy(output->at + output->length, data, length);
    output->length += length;
}

/* Text of a line that goes on: its last octet may be a CR whose LF is still
 * to come. */
static size_t take_part(pn_sink_content *content, pn_span part,
                        sink_output *output)
{
    size_t length = part.length;
    if (part.data[length - 1] == '\r') {
        length--;
        content->state = PN_SINK_AFTER_CR;
    }
    if (memchr(part.data, '\r', length) != NULL)
        content->bare = true;
    content->size += length;
    put(output, part.data, length);
    return part.length;
}

static size_t take_line(pn_sink_content *content, pn_span rest,
                        sink_output *output)
{
    const char *lf = memchr(rest.data, '\n', rest.length);
    if (lf == NULL)
        return take_part(content, rest, output);
    size_t length = (size_t)(lf - rest.data);
    bool crlf = length > 0 && rest.data[length - 1] == '\r';
    size_t text = crlf ? length - 1 : length;
    bool ended = crlf || content->lenient;
    if (!ended || memchr(rest.data, '\r', text) != NULL)
        content->bare = true;
    if (ended)
        content->state = PN_SINK_AT_LINE_START;
    content->size += text + (ended ? 2 : 1);
    put(output, rest.data, text);
    put(output, "\n", 1);
    return length + 1;
}

/* A CR was held back: with an LF it ends the line, else it is bare. */
static size_t take_after_cr(pn_sink_content *content, char next,
                            sink_output *output)
{
    if (next == '\n') {
        content->size += 2;
        content->state = PN_SINK_AT_LINE_START;
        put(output, "\n", 1);
        return 1;
    }
    content->bare = true;
    content->size++;
    content->state = PN_SINK_IN_LINE;
    put(output, "\r", 1);
    return 0;
}

/* The dot is taken off already, whether it is stuffing or the end. */
static size_t take_after_dot(pn_sink_content *content, char next)
{
    bool lf_ends = next == '\n' && content->lenient;
    if (lf_ends)
        content->state = PN_SINK_CONTENT_ENDED;
    else if (next == '\r')
        content->state = PN_SINK_AFTER_DOT_CR;
    else
        content->state = PN_SINK_IN_LINE;
    return lf_ends || next == '\r' ? 1 : 0;
}

static size_t take_line_start(pn_sink_content *content, char next)
{
    bool dot = next == '.' && content->form == PN_SINK_CONTENT_DOTTED;
    content->state = dot ? PN_SINK_AFTER_DOT : PN_SINK_IN_LINE;
    return dot ? 1 : 0;
}

/* RFC 3030 3: as it is */
static size_t take_binary(pn_sink_content *content, pn_span rest,
                          sink_output *output)
{
    content->size += rest.length;
    put(output, rest.data, rest.length);
    return rest.length;
}

static size_t take(pn_sink_content *content, pn_span rest, sink_output *output)
{
    char next = rest.data[0];
    if (content->form == PN_SINK_CONTENT_BINARY)
        return take_binary(content, rest, output);
    switch (content->state) {
    case PN_SINK_AT_LINE_START:
        return take_line_start(content, next);
    case PN_SINK_AFTER_DOT:
        return take_after_dot(content, next);
    case PN_SINK_AFTER_DOT_CR:
        if (next == '\n') {
            content->state = PN_SINK_CONTENT_ENDED;
            return 1;
        }
        return take_after_cr(content, next, output);
    case PN_SINK_AFTER_CR:
        return take_after_cr(content, next, output);
    case PN_SINK_IN_LINE:
        return take_line(content, rest, output);
    case PN_SINK_CONTENT_ENDED:
        break;
    }
    return 0;
}

size_t pn_sink_content_feed(pn_sink_content *content, pn_span octets,
                            pn_buffer *out, pneu_status *status)
{
    sink_output output = {NULL, 0};
    *status = PNEU_OK;
    if (out != NULL) {
        /* never more than comes in, and a CR held back before */
        output.at = pn_buffer_reserve(out, octets.length + 1, status);
        if (output.at == NULL)
            return 0;
    }
    size_t used = 0;
    while (used < octets.length && content->state != PN_SINK_CONTENT_ENDED) {
        pn_span rest = {octets.data + used, octets.length - used};
        used += take(content, rest, &output);
    }
    if (out != NULL)
        pn_buffer_added(out, output.length);
    return used;
}
