#include "wire/line.h"

#include "base/base64.h"
#include "base/escape.h"
#include "base/fail.h"
#include "wire/limits.h"

pn_line pn_line_begin(pn_buffer *buffer, pneu_error *error)
{
    return (pn_line){buffer, pn_buffer_length(buffer), PNEU_OK, error};
}

static pneu_status refuse(const pn_line *line, pn_span piece)
{
    char shown[160];
    pn_escape(piece, "\\n", shown, sizeof(shown));
    return pn_fail(line->error, PNEU_LINE_BREAK,
                   "a CR, LF or NUL must not stand in a command: \"%s\"",
                   shown);
}

void pn_line_add(pn_line *line, pn_span piece)
{
    if (line->status != PNEU_OK)
        return;
    line->status = pn_span_breaks_line(piece)
                       ? refuse(line, piece)
                       : pn_buffer_append(line->buffer, piece);
}

void pn_line_add_known(pn_line *line, pn_span piece)
{
    if (line->status == PNEU_OK)
        line->status = pn_buffer_append(line->buffer, piece);
}

void pn_line_add_text(pn_line *line, const char *piece)
{
    pn_line_add(line, pn_span_of(piece));
}

void pn_line_add_number(pn_line *line, uint64_t number)
{
    char digits[20];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    pn_line_add_known(line, (pn_span){digits + at, sizeof(digits) - at});
}

void pn_line_add_base64(pn_line *line, pn_span octets)
{
    if (line->status != PNEU_OK)
        return;
    line->status = octets.length > 0 ? pn_base64_encode(line->buffer, octets)
                                     : pn_buffer_append_char(line->buffer, '=');
}

pneu_status pn_line_end(pn_line *line, size_t *length)
{
    if (line->status == PNEU_OK)
        line->status = pn_buffer_append(line->buffer, PN_SPAN("\r\n"));
    *length = pn_buffer_length(line->buffer) - line->start;
    if (line->status == PNEU_OK && *length > PN_COMMAND_LINE_MAX)
        line->status = PNEU_TOO_LARGE;
    if (line->status == PNEU_OK)
        return PNEU_OK;
    pn_buffer_cut(line->buffer, line->start);
    if (line->status == PNEU_TOO_LARGE)
        pn_fail(line->error, PNEU_TOO_LARGE,
                "a command line of more than %d octets", PN_COMMAND_LINE_MAX);
    else if (line->status == PNEU_NO_MEMORY)
        pn_fail(line->error, PNEU_NO_MEMORY, "no memory for a command");
    return line->status;
}

void pn_line_drop(pn_line *line)
{
    pn_buffer_cut(line->buffer, line->start);
}
