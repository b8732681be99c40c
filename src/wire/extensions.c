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
    pn_buffer lines = extensions->lines;
    pn_buffer auth = extensions->auth;
    *extensions = (pn_extensions){.lines = lines, .auth = auth};
    pn_buffer_clear(&extensions->lines);
    pn_buffer_clear(&extensions->auth);
}

/* RFC 5321 4.1.1.1: letters and digits, then also hyphens */
size_t pn_extensions_keyword(pn_span line)
{
    size_t i = 0;
    while (i < line.length &&
           (pn_ascii_is_alnum(line.data[i]) || (i > 0 && line.data[i] == '-')))
        i++;
    return i;
}

/* Behind the keyword there must be a blank, or the "=" of the old form. */
static size_t keyword_length(pn_span line)
{
    size_t i = pn_extensions_keyword(line);
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
 * right form, make one list, which ends in a NUL. */
static pneu_status add_mechanisms(pn_extensions *extensions, pn_span list)
{
    pn_buffer *auth = &extensions->auth;
    pneu_status status = PNEU_OK;
    pn_span word;
    if (pn_buffer_length(auth) > 0)
        pn_buffer_cut(auth, pn_buffer_length(auth) - 1);
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
    return status == PNEU_OK ? pn_buffer_append_char(auth, '\0') : status;
}

/* A keyword that is kept, as it lies in the lines. */
typedef struct entry {
    pn_span keyword;
    const char *parameters;
    size_t length; /* of both, with their NULs */
} entry;

static bool next_entry(pn_span *lines, entry *next)
{
    if (lines->length == 0)
        return false;
    next->keyword = pn_span_of(lines->data);
    next->parameters = lines->data + next->keyword.length + 1;
    next->length = next->keyword.length + strlen(next->parameters) + 2;
    lines->data += next->length;
    lines->length -= next->length;
    return true;
}

static bool find_entry(const pn_extensions *extensions, pn_span keyword,
                       entry *found)
{
    pn_span lines = pn_buffer_span(&extensions->lines);
    while (next_entry(&lines, found)) {
        if (pn_span_equal_nocase(found->keyword, keyword))
            return true;
    }
    return false;
}

/* Forgets a keyword: the last line that has it counts, as in smtplib. */
static void drop_line(pn_extensions *extensions, pn_span keyword)
{
    entry old;
    if (!find_entry(extensions, keyword, &old))
        return;
    pn_span all = pn_buffer_span(&extensions->lines);
    char *to = extensions->lines.memory + extensions->lines.start +
               (size_t)(old.keyword.data - all.data);
    size_t behind = (size_t)(old.keyword.data - all.data) + old.length;
    memmove(to, to + old.length, all.length - behind);
    pn_buffer_cut(&extensions->lines, all.length - old.length);
    extensions->count--;
}

/* What is asked for again and again; the parameters as they were kept. */
static void note_offer(pn_extensions *extensions, pn_span keyword,
                       const char *parameters)
{
    if (pn_span_equal_nocase(keyword, PN_SPAN("PIPELINING"))) {
        extensions->pipelining = true;
    } else if (pn_span_equal_nocase(keyword, PN_SPAN("CHUNKING"))) {
        extensions->chunking = true;
    } else if (pn_span_equal_nocase(keyword, PN_SPAN("8BITMIME"))) {
        extensions->eight_bit = true;
    } else if (pn_span_equal_nocase(keyword, PN_SPAN("LIMITS"))) {
        extensions->limits = pn_limits_parse(parameters);
    } else if (pn_span_equal_nocase(keyword, PN_SPAN("SIZE"))) {
        extensions->sized = true;
        extensions->size_limit = pn_extensions_size_limit(parameters);
    }
}

static pneu_status keep_line(pn_extensions *extensions, pn_span keyword,
                             pn_span parameters)
{
    static const pn_span NUL = {"", 1};
    pn_buffer *lines = &extensions->lines;
    if (extensions->count > 0)
        drop_line(extensions, keyword);
    extensions->count++;
    pneu_status status = pn_buffer_append(lines, keyword);
    if (status == PNEU_OK)
        status = pn_buffer_append(lines, NUL);
    if (status == PNEU_OK)
        status = pn_buffer_append(lines, parameters);
    if (status == PNEU_OK)
        status = pn_buffer_append(lines, NUL);
    if (status != PNEU_OK)
        return status;
    pn_span all = pn_buffer_span(lines);
    note_offer(extensions, keyword,
               all.data + all.length - parameters.length - NUL.length);
    return PNEU_OK;
}

pneu_status pn_extensions_add(pn_extensions *extensions, pn_span keyword,
                              pn_span parameters)
{
    if (keyword.length == 0 || pn_extensions_keyword(keyword) < keyword.length)
        return PNEU_INVALID;
    if (!pn_span_equal_nocase(keyword, PN_SPAN("AUTH")))
        return keep_line(extensions, keyword, parameters);
    pneu_status status = PNEU_OK;
    if (!extensions->has_auth)
        status = keep_line(extensions, keyword, PN_SPAN(""));
    extensions->has_auth = true;
    return status == PNEU_OK ? add_mechanisms(extensions, parameters) : status;
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
    return pn_extensions_add(extensions, keyword, pn_span_trim(rest));
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
    if (status != PNEU_OK)
        pn_extensions_clear(extensions);
    return status;
}

static const char *parameters_of(const pn_extensions *extensions,
                                 const entry *of)
{
    bool is_auth = pn_span_equal_nocase(of->keyword, PN_SPAN("AUTH"));
    return is_auth ? pn_buffer_span(&extensions->auth).data : of->parameters;
}

const char *pn_extensions_find(const pn_extensions *extensions, pn_span keyword)
{
    entry found;
    return find_entry(extensions, keyword, &found)
               ? parameters_of(extensions, &found)
               : NULL;
}

const char *pn_extensions_at(const pn_extensions *extensions, size_t i,
                             const char **parameters)
{
    entry at;
    pn_span lines = pn_buffer_span(&extensions->lines);
    while (next_entry(&lines, &at)) {
        if (i-- > 0)
            continue;
        if (parameters != NULL)
            *parameters = parameters_of(extensions, &at);
        return at.keyword.data;
    }
    return NULL;
}

uint64_t pn_extensions_size_limit(const char *parameters)
{
    uint64_t limit = 0;
    return pn_span_number(pn_span_of(parameters), &limit) ? limit : 0;
}
