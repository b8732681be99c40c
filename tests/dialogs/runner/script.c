#include "script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the reader is in a file. */
typedef struct reader {
    script *script;
    size_t line;
    text *complaint;
} reader;

static bool complain(const reader *in, const char *what)
{
    text_print(in->complaint, "%s:%zu: %s", in->script->path.data, in->line,
               what);
    return false;
}

static step *add_step(const reader *in, step_kind kind)
{
    script *to = in->script;
    to->steps = must_resize(to->steps, (to->count + 1) * sizeof(step));
    step *added = &to->steps[to->count++];
    *added = (step){.kind = kind, .line = in->line};
    return added;
}

static bool cut_prefix(pn_span *line, const char *prefix)
{
    size_t length = strlen(prefix);
    if (line->length < length || memcmp(line->data, prefix, length) != 0)
        return false;
    line->data += length;
    line->length -= length;
    return true;
}

static size_t cut_number(pn_span *line)
{
    size_t digits = 0;
    uint64_t number = 0;
    while (digits < line->length && pn_ascii_is_digit(line->data[digits]))
        digits++;
    pn_span_number((pn_span){line->data, digits}, &number);
    line->data += digits;
    line->length -= digits;
    return (size_t)number;
}

/* "*N" or "*A..B" behind a marker; without it, once. */
static void cut_range(pn_span *line, size_t *first, size_t *last)
{
    *first = 1;
    *last = 1;
    if (!cut_prefix(line, "*"))
        return;
    *last = cut_number(line);
    if (cut_prefix(line, "..")) {
        *first = *last;
        *last = cut_number(line);
    }
}

/* Adds a line with each "{n}" replaced by the number. */
static void add_numbered(text *to, pn_span line, size_t number)
{
    while (line.length > 0) {
        if (cut_prefix(&line, "{n}")) {
            text_print(to, "%zu", number);
            continue;
        }
        text_add(to, (pn_span){line.data, 1});
        line.data++;
        line.length--;
    }
}

/* Decodes what is shown, and behind a bar (mode '!') what is secret. */
static bool decode_octets(step *into, pn_span line, char mode)
{
    const char *bar = mode == '!' ? memchr(line.data, '|', line.length) : NULL;
    pn_span front = line;
    pn_span back = {NULL, 0};
    if (bar != NULL) {
        front.length = (size_t)(bar - line.data);
        back = (pn_span){bar + 1, line.length - front.length - 1};
    }
    if (!text_add_decoded(&into->octets, front))
        return false;
    bool has_secret = mode == '!' || mode == '?';
    into->shown = has_secret ? into->octets.length : SIZE_MAX;
    into->is_start = mode == '?';
    if (!text_add_decoded(&into->octets, back))
        return false;
    if (mode == ':' || mode == '!')
        text_add(&into->octets, PN_SPAN("\r\n"));
    return true;
}

/* One step for each number of the range. mode: ':' for a whole line, '~' for
 * raw octets, '!' for a line whose part behind "|" is secret, '?' for a line
 * that begins so and goes on in secret. */
static bool read_octets(const reader *in, step_kind kind, pn_span line)
{
    size_t first = 0;
    size_t last = 0;
    cut_range(&line, &first, &last);
    char mode = line.length > 0 ? line.data[0] : '\0';
    const char *modes = kind == STEP_CLIENT ? ":~!?" : ":~";
    if (mode == '\0' || strchr(modes, mode) == NULL)
        return complain(in, "':', '~', '!' or '?' is missing");
    line.data++;
    line.length--;
    cut_prefix(&line, " ");
    for (size_t n = first; n <= last; n++) {
        text numbered = {0};
        add_numbered(&numbered, line, n);
        bool good =
            decode_octets(add_step(in, kind), text_span(&numbered), mode);
        text_free(&numbered);
        if (!good)
            return complain(in, "a backslash before something unknown");
    }
    return true;
}

static bool read_expectation(const reader *in, pn_span line)
{
    size_t first = 0;
    size_t last = 0;
    cut_range(&line, &first, &last);
    line = pn_span_trim(line);
    for (size_t n = first; n <= last; n++)
        add_numbered(&add_step(in, STEP_EXPECT)->octets, line, n);
    return true;
}

/* "|" lines belong to the call above them. */
static bool read_body_line(const reader *in, pn_span line)
{
    script *of = in->script;
    if (of->count == 0 || of->steps[of->count - 1].kind != STEP_CALL)
        return complain(in, "no call stands above this line");
    step *call = &of->steps[of->count - 1];
    size_t first = 0;
    size_t last = 0;
    call->has_body = true;
    cut_range(&line, &first, &last);
    bool raw = cut_prefix(&line, "~");
    cut_prefix(&line, " ");
    for (size_t n = first; n <= last; n++) {
        if (!text_add_decoded(&call->body, line))
            return complain(in, "a backslash before something unknown");
        if (!raw)
            text_add(&call->body, PN_SPAN("\r\n"));
    }
    return true;
}

static bool read_happening(const reader *in, pn_span line)
{
    static const struct {
        const char *name;
        pneu_end end;
    } ENDS[] = {
        {"S-end", PNEU_END_OF_STREAM},
        {"S-reset", PNEU_END_RESET},
        {"S-deadline", PNEU_END_DEADLINE},
    };
    for (size_t i = 0; i < sizeof(ENDS) / sizeof(ENDS[0]); i++) {
        if (pn_span_equal(line, pn_span_of(ENDS[i].name))) {
            add_step(in, STEP_END)->end = ENDS[i].end;
            return true;
        }
    }
    if (pn_span_equal(line, PN_SPAN("S-timeout")))
        add_step(in, STEP_TIMEOUT);
    else if (cut_prefix(&line, "S-wait "))
        add_step(in, STEP_WAIT)->number = cut_number(&line);
    else if (pn_span_equal(line, PN_SPAN("W-window all")))
        add_step(in, STEP_WINDOW)->number = SIZE_MAX;
    else if (cut_prefix(&line, "W-window "))
        add_step(in, STEP_WINDOW)->number = cut_number(&line);
    else if (pn_span_equal(line, PN_SPAN("W-fails")))
        add_step(in, STEP_DEAF);
    else if (pn_span_equal(line, PN_SPAN("--")))
        add_step(in, STEP_SEGMENT);
    else
        return complain(in, "this line means nothing");
    return true;
}

/* "timeout-mail=SECONDS": of one phase. */
static bool read_phase(const reader *in, pn_span line)
{
    pneu_timeouts *to = &in->script->timeouts;
    const struct {
        const char *name;
        int64_t *ms;
    } phases[] = {
        {"greeting=", &to->greeting_ms}, {"hello=", &to->hello_ms},
        {"mail=", &to->mail_ms},         {"rcpt=", &to->rcpt_ms},
        {"data=", &to->data_ms},         {"block=", &to->block_ms},
        {"end=", &to->end_ms},           {"other=", &to->other_ms},
    };
    for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
        if (cut_prefix(&line, phases[i].name)) {
            *phases[i].ms = (int64_t)cut_number(&line) * 1000;
            return true;
        }
    }
    return complain(in, "an unknown phase");
}

static bool read_option(const reader *in, pn_span line)
{
    script *to = in->script;
    line = pn_span_trim(line);
    if (pn_span_equal(line, PN_SPAN("lmtp")))
        to->lmtp = true;
    else if (pn_span_equal(line, PN_SPAN("no-pipelining")))
        to->no_pipelining = true;
    else if (pn_span_equal(line, PN_SPAN("no-chunking")))
        to->no_chunking = true;
    else if (pn_span_equal(line, PN_SPAN("unverified")))
        to->protection = PNEU_PROTECTION_TLS_UNVERIFIED;
    else if (cut_prefix(&line, "timeout-"))
        return read_phase(in, line);
    else if (pn_span_equal(line, PN_SPAN("tls-fails")))
        to->tls_fails = true;
    else if (pn_span_equal(line, PN_SPAN("tls")))
        to->protection = PNEU_PROTECTION_TLS;
    else if (pn_span_equal(line, PN_SPAN("local")))
        to->protection = PNEU_PROTECTION_LOCAL;
    else if (cut_prefix(&line, "timeout="))
        to->timeout_s = cut_number(&line);
    else if (cut_prefix(&line, "max-unanswered="))
        to->max_unanswered = cut_number(&line);
    else
        return complain(in, "an unknown option");
    return true;
}

static bool read_line(const reader *in, pn_span line)
{
    if (line.length == 0)
        return true;
    if (cut_prefix(&line, "# title:")) {
        text_add(&in->script->title, pn_span_trim(line));
        return true;
    }
    if (line.data[0] == '#')
        return true;
    if (cut_prefix(&line, "option:"))
        return read_option(in, line);
    if (cut_prefix(&line, "> ")) {
        text_add(&add_step(in, STEP_CALL)->octets, line);
        return true;
    }
    if (cut_prefix(&line, "|"))
        return read_body_line(in, line);
    if (cut_prefix(&line, "="))
        return read_expectation(in, line);
    if (cut_prefix(&line, "C"))
        return read_octets(in, STEP_CLIENT, line);
    if (line.data[0] == 'S' && line.length > 1 && line.data[1] != '-') {
        cut_prefix(&line, "S");
        return read_octets(in, STEP_SERVER, line);
    }
    return read_happening(in, line);
}

static bool read_lines(reader *in, pn_span rest)
{
    while (rest.length > 0) {
        const char *end = memchr(rest.data, '\n', rest.length);
        size_t length = end != NULL ? (size_t)(end - rest.data) : rest.length;
        in->line++;
        if (!read_line(in, (pn_span){rest.data, length}))
            return false;
        length += end != NULL;
        rest.data += length;
        rest.length -= length;
    }
    if (in->script->title.length == 0)
        return complain(in, "there is no '# title:'");
    return in->script->count > 0 || complain(in, "there are no steps");
}

static bool read_file(text *into, const char *path)
{
    char part[4096];
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    for (;;) {
        size_t length = fread(part, 1, sizeof(part), file);
        text_add(into, (pn_span){part, length});
        if (length < sizeof(part))
            break;
    }
    bool good = ferror(file) == 0;
    return fclose(file) == 0 && good;
}

bool script_read(script *into, const char *path, text *complaint)
{
    text content = {0};
    reader in = {.script = into, .complaint = complaint};
    *into = (script){.timeouts = {.size = sizeof(into->timeouts)}};
    text_add(&into->path, pn_span_of(path));
    bool good = read_file(&content, path) ? read_lines(&in, text_span(&content))
                                          : complain(&in, "cannot be read");
    text_free(&content);
    return good;
}

void script_free(script *of)
{
    for (size_t i = 0; i < of->count; i++) {
        text_free(&of->steps[i].octets);
        text_free(&of->steps[i].body);
    }
    free(of->steps);
    text_free(&of->path);
    text_free(&of->title);
    *of = (script){0};
}

bool script_next_word(pn_span *line, text *word)
{
    bool quoted = false;
    size_t i = 0;
    text shown = {0};
    *line = pn_span_trim(*line);
    for (; i < line->length && (quoted || line->data[i] != ' '); i++) {
        if (line->data[i] == '"') {
            quoted = !quoted;
            continue;
        }
        bool pair = line->data[i] == '\\' && i + 1 < line->length;
        text_add(&shown, (pn_span){line->data + i, pair ? 2 : 1});
        i += pair;
    }
    word->length = 0;
    text_add(word, (pn_span){"", 0});
    bool good = i > 0 && !quoted && text_add_decoded(word, text_span(&shown));
    text_free(&shown);
    line->data += i;
    line->length -= i;
    return good;
}

const char *script_split(text *word)
{
    char *equals = memchr(word->data, '=', word->length);
    if (equals == NULL)
        return NULL;
    *equals = '\0';
    return equals + 1;
}
