#include "client/debug.h"

#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "base/escape.h"

enum {
    TEXT_MAX = 512 * 1024,
    SHOWN = 256 /* octets that one round of showing takes */
};

void pn_debug_init(pn_debug *debug)
{
    *debug = (pn_debug){.level = 0};
    pn_buffer_init(&debug->text, TEXT_MAX);
}

void pn_debug_finish(pn_debug *debug)
{
    pn_buffer_finish(&debug->text);
}

/* What there is no memory for is not shown: there is nothing better to do. */
static void add(pn_debug *debug, const char *text)
{
    (void)pn_buffer_append_text(&debug->text, text);
}

static void flush(pn_debug *debug)
{
    pn_span text = pn_buffer_span(&debug->text);
    fwrite(text.data, 1, text.length, stderr);
    pn_buffer_clear(&debug->text);
}

/* "14:05:59.123456 " at level 2. */
static void begin(pn_debug *debug, const char *label)
{
    struct timeval now;
    struct tm local;
    char stamp[40];
    if (debug->level > 1 && gettimeofday(&now, NULL) == 0 &&
        localtime_r(&now.tv_sec, &local) != NULL) {
        snprintf(stamp, sizeof(stamp), "%02d:%02d:%02d.%06ld ", local.tm_hour,
                 local.tm_min, local.tm_sec, (long)now.tv_usec);
        add(debug, stamp);
    }
    add(debug, label);
}

/* As the inside of a Python string between single quotes. */
static void add_quoted(pn_debug *debug, pn_span octets)
{
    for (size_t i = 0; i < octets.length; i++) {
        char c = octets.data[i];
        char one[8] = {c, '\0'};
        if (c == '\r' || c == '\n' || c == '\t')
            snprintf(one, sizeof(one), "\\%c",
                     c == '\r'   ? 'r'
                     : c == '\n' ? 'n'
                                 : 't');
        else if (c == '\'' || c == '\\')
            snprintf(one, sizeof(one), "\\%c", c);
        else if (!pn_ascii_is_printable(c))
            snprintf(one, sizeof(one), "\\x%02x", (unsigned char)c);
        add(debug, one);
    }
}

static void end_send(pn_debug *debug, bool is_whole)
{
    if (debug->has_secret)
        add(debug, is_whole ? "[secret]\\r\\n" : "[secret]");
    add(debug, "'\n");
    flush(debug);
    debug->in_body = false;
    debug->in_line = false;
    debug->has_secret = false;
}

void pn_debug_end(pn_debug *debug)
{
    if (debug->in_body || debug->in_line)
        end_send(debug, false);
}

static void add_command(pn_debug *debug, pn_span octets, bool is_secret)
{
    while (octets.length > 0) {
        const char *end = memchr(octets.data, '\n', octets.length);
        size_t length =
            end != NULL ? (size_t)(end + 1 - octets.data) : octets.length;
        if (!debug->in_line)
            begin(debug, "send: '");
        debug->in_line = true;
        debug->has_secret |= is_secret;
        if (!is_secret)
            add_quoted(debug, (pn_span){octets.data, length});
        if (end != NULL)
            end_send(debug, true);
        octets.data += length;
        octets.length -= length;
    }
}

static void add_body(pn_debug *debug, pn_span octets)
{
    if (!debug->in_body)
        begin(debug, "send: '");
    debug->in_body = true;
    while (octets.length > 0) { /* a long message is shown as it goes */
        size_t length = octets.length < SHOWN ? octets.length : SHOWN;
        add_quoted(debug, (pn_span){octets.data, length});
        flush(debug);
        octets.data += length;
        octets.length -= length;
    }
}

void pn_debug_sent(pn_debug *debug, const pneu_piece *pieces, size_t count,
                   size_t written)
{
    if (debug->level == 0)
        return;
    for (size_t i = 0; i < count && written > 0; i++) {
        size_t part = written < pieces[i].length ? written : pieces[i].length;
        pn_span octets = {pieces[i].data, part};
        written -= part;
        if ((pieces[i].flags & PNEU_PIECE_BODY) != 0) {
            add_body(debug, octets);
            continue;
        }
        if (debug->in_body)
            end_send(debug, true);
        add_command(debug, octets, (pieces[i].flags & PNEU_PIECE_SECRET) != 0);
    }
}

/* The words of a reply, line by line as they came. */
static void show_lines(pn_debug *debug, const pneu_reply *reply)
{
    char code[8];
    const char *at = reply->text;
    for (size_t i = 0; i < reply->line_count; i++) {
        size_t length = strcspn(at, "\n");
        bool last = i + 1 == reply->line_count;
        pn_span text = {at, length};
        if (reply->code == 334) /* the password could be guessed by it */
            text = PN_SPAN("[secret]");
        snprintf(code, sizeof(code), "%d%c", reply->code, last ? ' ' : '-');
        begin(debug, "reply: '");
        add(debug, code);
        add_quoted(debug, text);
        add(debug, "\\r\\n'\n");
        at += length + (at[length] == '\n');
    }
}

/* How much of the text can be shown in one go: no character is torn. */
static size_t bite(pn_span text)
{
    size_t length = text.length < SHOWN ? text.length : SHOWN;
    while (length > 1 && length < text.length &&
           ((unsigned char)text.data[length] & 0xc0) == 0x80)
        length--;
    return length;
}

static void add_words(pn_debug *debug, const pneu_reply *reply)
{
    char shown[SHOWN * 4 + 1];
    pn_span text = {reply->text, reply->text_length};
    if (reply->code == 334)
        text = PN_SPAN("[secret]");
    while (text.length > 0) {
        size_t length = bite(text);
        pn_escape((pn_span){text.data, length}, "\n", shown, sizeof(shown));
        add(debug, shown);
        text.data += length;
        text.length -= length;
    }
}

/* smtplib tells these replies once more, as what its method returns. */
static const char *told_again(pneu_command command)
{
    switch (command) {
    case PNEU_COMMAND_DATA:
    case PNEU_COMMAND_CONTENT:
        return "data";
    case PNEU_COMMAND_GREETING:
        return "connect";
    default:
        return NULL;
    }
}

void pn_debug_reply(pn_debug *debug, const pneu_event *event)
{
    char text[64];
    const char *again = told_again(event->command);
    if (debug->level == 0)
        return;
    pn_debug_end(debug);
    show_lines(debug, event->reply);
    snprintf(text, sizeof(text),
             "reply: retcode (%d); Msg: ", event->reply->code);
    begin(debug, text);
    add_words(debug, event->reply);
    add(debug, "\n");
    if (again != NULL) {
        snprintf(text, sizeof(text), "%s: (%d, '", again, event->reply->code);
        begin(debug, text);
        add_quoted(debug,
                   (pn_span){event->reply->text, event->reply->text_length});
        add(debug, "')\n");
    }
    flush(debug);
}

void pn_debug_connect(pn_debug *debug, const char *host, unsigned port)
{
    char text[16];
    if (debug->level == 0)
        return;
    begin(debug, "connect: to ('");
    add_quoted(debug, pn_span_of(host));
    snprintf(text, sizeof(text), "', %u)\n", port);
    add(debug, text);
    flush(debug);
}
