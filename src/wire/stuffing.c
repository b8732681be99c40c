#include "wire/stuffing.h"

#include <string.h>

void pn_stuffing_init(pn_stuffing *stuffing, pn_stuffing_mode mode)
{
    *stuffing = (pn_stuffing){.mode = mode, .at_line_start = true};
}

void pn_stuffing_give(pn_stuffing *stuffing, pn_span part, bool last)
{
    stuffing->rest = part;
    stuffing->part_is_last = last;
}

/*
 * Where the first line end in text is, or its length. It looks at a stretch
 * at a time, so that text with many CRs and no LF costs no more than other
 * text.
 */
static size_t find_line_end(pn_span text)
{
    enum {
        STRETCH = 1024
    };
    for (size_t at = 0; at < text.length; at += STRETCH) {
        const char *from = text.data + at;
        size_t left = text.length - at;
        size_t length = left < STRETCH ? left : STRETCH;
        const char *lf = memchr(from, '\n', length);
        if (lf != NULL)
            length = (size_t)(lf - from);
        const char *cr = memchr(from, '\r', length);
        if (cr != NULL)
            return (size_t)(cr - text.data);
        if (lf != NULL)
            return (size_t)(lf - text.data);
    }
    return text.length;
}

/*
 * How much of rest may go out as it is: whole lines that end in CRLF, up to
 * the first line that begins with a dot (where that matters) or ends
 * otherwise, and then the text of that line.
 */
static size_t clean_length(pn_span rest, bool dots, bool *line_ended)
{
    size_t length = 0;
    *line_ended = false;
    while (length < rest.length) {
        pn_span ahead = {rest.data + length, rest.length - length};
        if (dots && *line_ended && ahead.data[0] == '.')
            break;
        size_t end = find_line_end(ahead);
        bool is_crlf = end + 1 < ahead.length && ahead.data[end] == '\r' &&
                       ahead.data[end + 1] == '\n';
        if (end > 0)
            *line_ended = false;
        length += end;
        if (!is_crlf)
            break;
        length += 2;
        *line_ended = true;
    }
    return length;
}

static void skip(pn_stuffing *stuffing, size_t length)
{
    stuffing->rest.data += length;
    stuffing->rest.length -= length;
}

/* The part begins with a CR or LF that is no CRLF, or with a CR whose LF may
 * be in the next part. */
static pn_span line_end_piece(pn_stuffing *stuffing)
{
    stuffing->after_cr = stuffing->rest.data[0] == '\r';
    skip(stuffing, 1);
    stuffing->at_line_start = true;
    return PN_SPAN("\r\n");
}

/* What comes behind the content: the end of its last line, and the dot. */
static bool final_piece(pn_stuffing *stuffing, pn_span *piece)
{
    bool has_lines = stuffing->mode != PN_STUFFING_NOTHING;
    if (!stuffing->part_is_last || stuffing->ended)
        return false;
    if (has_lines && !stuffing->at_line_start) {
        stuffing->at_line_start = true;
        *piece = PN_SPAN("\r\n");
        return true;
    }
    stuffing->ended = true;
    stuffing->is_dot = stuffing->mode == PN_STUFFING_DOTS;
    *piece = PN_SPAN(".\r\n");
    return stuffing->is_dot;
}

/* All that is left, as it is. */
static bool whole_piece(pn_stuffing *stuffing, pn_span *piece)
{
    *piece = stuffing->rest;
    skip(stuffing, piece->length);
    return true;
}

static bool line_piece(pn_stuffing *stuffing, pn_span *piece)
{
    bool dots = stuffing->mode == PN_STUFFING_DOTS;
    if (dots && stuffing->at_line_start && stuffing->rest.data[0] == '.') {
        *piece = PN_SPAN("."); /* RFC 5321 4.5.2 */
        stuffing->is_dot = true;
        stuffing->at_line_start = false;
        return true;
    }
    bool line_ended = false;
    size_t length = clean_length(stuffing->rest, dots, &line_ended);
    if (length == 0) {
        *piece = line_end_piece(stuffing);
        return true;
    }
    *piece = (pn_span){stuffing->rest.data, length};
    skip(stuffing, length);
    stuffing->at_line_start = line_ended;
    return true;
}

bool pn_stuffing_next(pn_stuffing *stuffing, pn_span *piece)
{
    stuffing->is_dot = false;
    if (stuffing->after_cr && stuffing->rest.length > 0) {
        stuffing->after_cr = false;
        if (stuffing->rest.data[0] == '\n')
            skip(stuffing, 1);
    }
    if (stuffing->rest.length == 0)
        return final_piece(stuffing, piece);
    return stuffing->mode == PN_STUFFING_NOTHING ? whole_piece(stuffing, piece)
                                                 : line_piece(stuffing, piece);
}

uint64_t pn_stuffing_count(pn_span content, pn_stuffing_mode mode)
{
    uint64_t count = 0;
    pn_span piece;
    pn_stuffing stuffing;
    pn_stuffing_init(&stuffing, mode);
    pn_stuffing_give(&stuffing, content, true);
    while (pn_stuffing_next(&stuffing, &piece))
        count += stuffing.is_dot ? 0 : piece.length;
    return count;
}

size_t pn_stuffing_line(pn_span content, size_t *with_end)
{
    size_t length = find_line_end(content);
    bool is_crlf = length + 1 < content.length &&
                   content.data[length] == '\r' &&
                   content.data[length + 1] == '\n';
    size_t end = is_crlf ? 2 : length < content.length;
    *with_end = length + end;
    return length;
}
