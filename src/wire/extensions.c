#include "wire/extensions.h"

#include <string.h>

#include "wire/limits.h"

/* Nobody has more mechanisms; whoever sends more means harm. */
enum {
    MECHANISMS_MAX = 64
};

void pn_extensions_init(pn_extensions *extensions)
{
    *extensions = (pn_extensions){0};
    /* as much as a reply can hold, and a NUL or two a line */
    pn_buffer_init(&extensions->lines, (size_t)PN_REPLY_MAX * 2);
    pn_buffer_init(&extensions->auth, (size_t)PN_REPLY_MAX * 2);
}

void pn_extensions_finish(pn_extensions *extensions)
{
    pn_buffer_finish(&extensions->lines);
    pn_buffer_finish(&extensions->auth);
}

void pn_extensions_clear(pn_extensions *extensions)
{
    extensions->pipelining = false;
    extensions->has_auth = false;
    extensions->mechanisms = 0;
    pn_buffer_clear(&extensions->lines);
    pn_buffer_clear(&extensions->auth);
}

/* RFC 5321 4.1.1.1: letters and digits, then also hyphens; what stands behind
 * the keyword must be a blank, or the "=" of the old form. */
static size_t keyword_length(pn_span line)
{
    size_t i = 0;
    while (i < line.length &&
           (pn_ascii_is_alnum(line.data[i]) || (i > 0 && line.data[i] == '-')))
        i++;
    bool ends = i == line.length || line.data[i] == ' ' ||
                line.data[i] == '\t' || line.data[i] == '=';
    return ends ? i : 0;
}

static bool lists_word(pn_span list, pn_span word)
{
    pn_span one;
    while (pn_span_next_word(&list, &one)) {
        if (pn_span_equal_nocase(one, word))
            return true;
    }
    return false;
}

/* Several AUTH lines, and the "AUTH=" that some servers still send beside the
 * right form, make one list. */
static pneu_status add_mechanisms(pn_extensions *extensions, pn_span list)
{
    pn_buffer *auth = &extensions->auth;
    pneu_status status = PNEU_OK;
    pn_span word;
    while (status == PNEU_OK && extensions->mechanisms < MECHANISMS_MAX &&
           pn_span_next_word(&list, &word)) {
        if (lists_word(pn_buffer_span(auth), word))
            continue;
        extensions->mechanisms++;
        if (pn_buffer_length(auth) > 0)
            status = pn_buffer_append_char(auth, ' ');
        if (status == PNEU_OK)
            status = pn_buffer_append(auth, word);
    }
    return status;
}

static pneu_status keep_line(pn_extensions *extensions, pn_span keyword,
                             pn_span parameters)
{
    pn_buffer *lines = &extensions->lines;
    pneu_status status = pn_buffer_append(lines, keyword);
    if (status == PNEU_OK)
        status = pn_buffer_append_char(lines, '\0');
    if (status == PNEU_OK)
        status = pn_buffer_append(lines, parameters);
    if (status == PNEU_OK)
        status = pn_buffer_append_char(lines, '\0');
    return status;
}

static pneu_status parse_line(pn_extensions *extensions, pn_span line)
{
    size_t length = keyword_length(line);
    if (length == 0)
        return PNEU_OK;
    pn_span keyword = {line.data, length};
    pn_span rest = {line.data + length, line.length - length};
    bool is_auth = pn_span_equal_nocase(keyword, PN_SPAN("AUTH"));
    if (rest.length > 0 && rest.data[0] == '=') {
        if (!is_auth)
            return PNEU_OK;
        rest.data++;
        rest.length--;
    }
    rest = pn_span_trim(rest);
    if (pn_span_equal_nocase(keyword, PN_SPAN("PIPELINING")))
        extensions->pipelining = true;
    extensions->has_auth |= is_auth;
    return is_auth ? add_mechanisms(extensions, rest)
                   : keep_line(extensions, keyword, rest);
}

pneu_status pn_extensions_parse(pn_extensions *extensions,
                                const pneu_reply *reply)
{
    pneu_status status = PNEU_OK;
    const char *at = memchr(reply->text, '\n', reply->text_length);
    const char *end = reply->text + reply->text_length;
    pn_extensions_clear(extensions);
    /* the first line is the server's name and greeting */
    while (status == PNEU_OK && at != NULL) {
        const char *start = at + 1;
        at = memchr(start, '\n', (size_t)(end - start));
        size_t length = (size_t)((at != NULL ? at : end) - start);
        status = parse_line(extensions, (pn_span){start, length});
    }
    if (status == PNEU_OK)
        status = pn_buffer_append_char(&extensions->auth, '\0');
    if (status != PNEU_OK)
        pn_extensions_clear(extensions);
    return status;
}

const char *pn_extensions_find(const pn_extensions *extensions, pn_span keyword)
{
    if (pn_span_equal_nocase(keyword, PN_SPAN("AUTH")))
        return extensions->has_auth ? pn_buffer_span(&extensions->auth).data
                                    : NULL;
    pn_span lines = pn_buffer_span(&extensions->lines);
    const char *found = NULL;
    for (size_t i = 0; i < lines.length;) {
        pn_span name = pn_span_of(lines.data + i);
        const char *parameters = name.data + name.length + 1;
        if (pn_span_equal_nocase(name, keyword))
            found = parameters; /* the last one counts, as in smtplib */
        i += name.length + strlen(parameters) + 2;
    }
    return found;
}

uint64_t pn_extensions_size_limit(const char *parameters)
{
    uint64_t limit = 0;
    return pn_span_number(pn_span_of(parameters), &limit) ? limit : 0;
}
