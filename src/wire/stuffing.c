#include "wire/stuffing.h"

void pn_stuffing_init(pn_stuffing *stuffing, pn_stuffing_mode mode)
{
    *stuffing = (pn_stuffing){.mode = mode, .at_line_start = true};
}

static void give(pn_stuffing *stuffing, pn_span part, bool last, bool clean)
{
    stuffing->rest = part;
    stuffing->part_is_last = last;
    stuffing->part_is_clean = clean;
}

void pn_stuffing_give(pn_stuffing *stuffing, pn_span part, bool last)
{
    give(stuffing, part, last, stuffing->mode == PN_STUFFING_NOTHING);
    if (!stuffing->part_is_clean)
        pn_places_begin(&stuffing->places, stuffing->mode == PN_STUFFING_DOTS,
                        stuffing->at_line_start);
}

void pn_stuffing_give_clean(pn_stuffing *stuffing, pn_span part, bool last)
{
    give(stuffing, part, last, true);
}

static void skip(pn_stuffing *stuffing, size_t length)
{
    stuffing->rest.data += length;
    stuffing->rest.length -= length;
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

/* What needs no change goes where it lies. */
static void text_piece(pn_stuffing *stuffing, size_t length, pn_span *piece)
{
    *piece = (pn_span){stuffing->rest.data, length};
    skip(stuffing, length);
    stuffing->at_line_start = piece->data[length - 1] == '\n';
}

/* What is ahead is a dot that begins a line, a CR or LF that is no CRLF, or, at
 * the end of the part, a CR whose LF may be in the next. */
static void place_piece(pn_stuffing *stuffing, pn_span *piece)
{
    char octet = stuffing->rest.data[0];
    if (octet == '.') {
        *piece = PN_SPAN("."); /* RFC 5321 4.5.2 */
        stuffing->is_dot = true;
        stuffing->at_line_start = false;
        pn_places_keep(&stuffing->places);
        return;
    }
    *piece = PN_SPAN("\r\n"); /* RFC 5321 2.3.8 */
    stuffing->at_line_start = true;
    skip(stuffing, 1);
    stuffing->after_cr = octet == '\r' && stuffing->rest.length == 0;
    pn_places_drop(&stuffing->places);
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
    size_t length = stuffing->part_is_clean
                        ? stuffing->rest.length
                        : pn_places_take(&stuffing->places, stuffing->rest);
    if (length > 0)
        text_piece(stuffing, length, piece);
    else
        place_piece(stuffing, piece);
    return true;
}

uint64_t pn_stuffing_count(pn_span content, pn_stuffing_mode mode)
{
    return mode == PN_STUFFING_NOTHING ? content.length
                                       : pn_scan_examine(content).size;
}
