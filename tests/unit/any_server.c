#include "any_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t draw(lots *from, uint64_t below)
{
    from->state ^= from->state << 13;
    from->state ^= from->state >> 7;
    from->state ^= from->state << 17;
    return (from->state >> 11) % below;
}

static bool by_chance(any_server *server, unsigned percent)
{
    return draw(&server->lot, 100) < percent;
}

static void say(any_server *server, const char *text)
{
    size_t length = strlen(text);
    if (length > sizeof(server->out) - server->out_length)
        abort();
    memcpy(server->out + server->out_length, text, length);
    server->out_length += length;
}

/* One of the answers, which stand with a blank between them; the first one as
 * often as percent says. True if it was a 2xx or 3xx. */
static bool answer(any_server *server, unsigned percent, const char *codes)
{
    char line[32];
    size_t count = (strlen(codes) + 1) / 4;
    bool is_first = count == 1 || by_chance(server, percent);
    size_t at = is_first ? 0 : 1 + draw(&server->lot, count - 1);
    const char *code = codes + at * 4;
    if (server->is_moody && by_chance(server, 3)) {
        say(server, "421 enough\r\n");
        server->is_deaf = true;
        server->is_closed = by_chance(server, 70);
        return false;
    }
    if (by_chance(server, 10)) {
        snprintf(line, sizeof(line), "%.3s-more\r\n", code);
        say(server, line);
    }
    snprintf(line, sizeof(line), "%.3s words\r\n", code);
    say(server, line);
    return code[0] == '2' || code[0] == '3';
}

static void forget(any_server *server)
{
    server->has_mail = false;
    server->rcpts = 0;
    server->domains = 0;
    server->accepted_count = 0;
    server->content_length = 0;
}

void any_server_connect(any_server *server)
{
    forget(server);
    server->is_closed = false;
    server->is_deaf = false;
    server->is_stubborn = false;
    server->mails = 0;
    server->in_data = false;
    server->in_chunk = false;
    server->in_length = 0;
    server->out_length = 0;
    say(server, "220 any.example\r\n");
}

static void hello(any_server *server)
{
    char limits[96];
    say(server, "250-any.example\r\n");
    if (server->pipelining)
        say(server, "250-PIPELINING\r\n");
    if (server->chunking)
        say(server, "250-CHUNKING\r\n");
    snprintf(limits, sizeof(limits),
             "250 LIMITS RCPTMAX=%u RCPTDOMAINMAX=%u MAILMAX=%u\r\n",
             server->rcpt_max, server->domain_max, server->mail_max);
    say(server, limits);
}

static void mail(any_server *server)
{
    if (++server->mails > server->mail_max)
        server->fault = "more MAILs than MAILMAX";
    if (server->has_mail) { /* and the old transaction goes on */
        if (!server->is_stubborn)
            server->fault = "MAIL within a transaction";
        answer(server, 100, "503");
        return;
    }
    forget(server);
    server->has_mail = answer(server, 90, "250 251 450 550 503");
}

static unsigned count_bits(unsigned of)
{
    unsigned count = 0;
    for (; of != 0; of &= of - 1)
        count++;
    return count;
}

/* "RCPT TO:<u3@d1.example>" */
static void rcpt(any_server *server, const char *line)
{
    unsigned who = (unsigned)strtoul(line + 10, NULL, 10);
    unsigned domain = (unsigned)strtoul(strchr(line, '@') + 2, NULL, 10);
    server->domains |= 1U << domain;
    if (++server->rcpts > server->rcpt_max && !server->is_stubborn)
        server->fault = "more RCPTs than RCPTMAX";
    if (count_bits(server->domains) > server->domain_max &&
        !server->is_stubborn)
        server->fault = "more domains than RCPTDOMAINMAX";
    if (!server->has_mail)
        answer(server, 100, "503");
    else if (answer(server, 70,
                    server->is_moody ? "250 251 450 550 452 552 500 502"
                                     : "250 251 450 550 452 552"))
        server->accepted[server->accepted_count++] = who;
}

static void data(any_server *server)
{
    bool is_possible = server->has_mail && server->accepted_count > 0;
    if (is_possible)
        server->in_data = answer(
            server, 85, server->is_moody ? "354 451 554 503 500" : "354 451");
    else /* RFC 2920 3.1 lets it say 354 all the same; LMTP does not */
        server->in_data =
            answer(server, 80, server->lmtp ? "503 503" : "503 554 354");
    server->content_length = 0;
}

static void take(any_server *server, unsigned who)
{
    size_t length = strlen(server->message);
    server->taken[who]++;
    if (server->content_length != length ||
        memcmp(server->content, server->message, length) != 0)
        server->fault = "a message that is not the one";
}

/* The message is whole. */
static void end(any_server *server)
{
    static const char CODES[] = "250 451 552 554 252";
    bool is_possible = server->has_mail && server->accepted_count > 0;
    if (server->lmtp) {
        for (unsigned i = 0; i < server->accepted_count; i++) {
            if (!server->is_deaf && answer(server, 70, CODES))
                take(server, server->accepted[i]);
        }
    } else if (!is_possible) {
        answer(server, 100, "554");
    } else if (answer(server, 80, CODES)) {
        for (unsigned i = 0; i < server->accepted_count; i++)
            take(server, server->accepted[i]);
    }
    forget(server);
}

static void keep(any_server *server, const char *octets, size_t length)
{
    if (length > sizeof(server->content) - server->content_length)
        abort();
    memcpy(server->content + server->content_length, octets, length);
    server->content_length += length;
}

static void chunk_end(any_server *server)
{
    bool is_possible = server->has_mail && server->accepted_count > 0;
    server->in_chunk = false;
    if (!server->is_last)
        answer(server, 90, is_possible ? "250 451" : "503");
    else if (is_possible || server->lmtp)
        end(server);
    else
        answer(server, 100, "503");
    if (server->is_last || !is_possible)
        server->content_length = 0;
}

static void bdat(any_server *server, const char *line)
{
    if (!server->knows_bdat) { /* and reads the chunk as commands */
        answer(server, 60, "500 502 521");
        return;
    }
    server->in_chunk = true;
    server->chunk_left = (size_t)strtoull(line + 5, NULL, 10);
    server->is_last = strstr(line, "LAST") != NULL;
    if (server->chunk_left == 0)
        chunk_end(server);
}

static void command(any_server *server, const char *line)
{
    if (strncmp(line, "EHLO ", 5) == 0 || strncmp(line, "LHLO ", 5) == 0) {
        hello(server);
    } else if (strncmp(line, "MAIL ", 5) == 0) {
        mail(server);
    } else if (strncmp(line, "RCPT ", 5) == 0) {
        rcpt(server, line);
    } else if (strcmp(line, "DATA") == 0) {
        data(server);
    } else if (strncmp(line, "BDAT ", 5) == 0) {
        bdat(server, line);
    } else if (strcmp(line, "RSET") == 0) {
        server->is_stubborn =
            !answer(server, 95, server->is_moody ? "250 451" : "250");
        if (!server->is_stubborn)
            forget(server);
    } else {
        answer(server, 100, "500");
    }
}

static void content_line(any_server *server, const char *line, size_t length)
{
    if (length == 3 && line[0] == '.') {
        server->in_data = false;
        end(server);
        return;
    }
    size_t dot = line[0] == '.' ? 1 : 0;
    keep(server, line + dot, length - dot);
    if (server->is_moody && by_chance(server, 2)) {
        say(server, "552 too much\r\n");
        server->is_closed = true;
    }
}

/* Takes a line or a piece of a chunk off; 0 if there is none. */
static size_t step(any_server *server)
{
    char line[1024];
    if (server->in_chunk) {
        size_t length = server->in_length < server->chunk_left
                            ? server->in_length
                            : server->chunk_left;
        keep(server, server->in, length);
        server->chunk_left -= length;
        if (server->chunk_left == 0)
            chunk_end(server);
        return length;
    }
    const char *lf = memchr(server->in, '\n', server->in_length);
    if (lf == NULL)
        return 0;
    size_t length = (size_t)(lf - server->in) + 1;
    if (length < 2 || length > sizeof(line) || lf[-1] != '\r') {
        server->fault = "a line that does not end in CRLF";
    } else if (server->in_data) {
        content_line(server, server->in, length);
    } else {
        memcpy(line, server->in, length - 2);
        line[length - 2] = '\0';
        command(server, line);
    }
    return length;
}

void any_server_hear(any_server *server, const char *octets, size_t length)
{
    if (length > sizeof(server->in) - server->in_length)
        abort();
    memcpy(server->in + server->in_length, octets, length);
    server->in_length += length;
    while (!server->is_closed && !server->is_deaf && server->in_length > 0) {
        size_t used = step(server);
        if (used == 0)
            break;
        server->in_length -= used;
        memmove(server->in, server->in + used, server->in_length);
    }
    if (server->is_closed || server->is_deaf)
        server->in_length = 0;
}
