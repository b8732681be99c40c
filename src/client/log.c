#include "client/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"

static void emit(pneu_client *client, pneu_log_kind kind, const char *line)
{
    client->settings.log(client->settings.log_context, kind, line);
}

void pn_log_note(pneu_client *client, const char *format, ...)
{
    char line[512];
    if (client->settings.log == NULL)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    emit(client, PNEU_LOG_NOTE, line);
}

void pn_log_connected(pneu_client *client, const char *address)
{
    const pn_settings *settings = &client->settings;
    if (settings->has_proxy)
        pn_log_note(client, "connected to the proxy %s port %u (%s)",
                    settings->proxy.host, settings->proxy.port, address);
    else
        pn_log_note(client, "connected to %s (%s)", client->where, address);
}

static void flush_body(pneu_client *client)
{
    char line[64];
    if (client->log_body == 0)
        return;
    snprintf(line, sizeof(line), "%llu octets of message",
             (unsigned long long)client->log_body);
    client->log_body = 0;
    emit(client, PNEU_LOG_BODY, line);
}

static void flush_line(pneu_client *client)
{
    char shown[PN_LOG_LINE_MAX];
    pn_span line = pn_buffer_span(&client->log_line);
    if (line.length > 0 && line.data[line.length - 1] == '\r')
        line.length--;
    size_t used = pn_escape(line, "\\n", shown, sizeof(shown));
    if (client->log_secret)
        snprintf(shown + used, sizeof(shown) - used, "[secret]");
    pn_buffer_clear(&client->log_line);
    client->log_secret = false;
    emit(client, PNEU_LOG_SENT, shown);
}

/* A line too long for the log's buffer is shown cut short. */
static void add_command(pneu_client *client, const char *data, size_t length,
                        bool is_secret)
{
    for (size_t i = 0; i < length; i++) {
        if (data[i] == '\n')
            flush_line(client);
        else if (is_secret)
            client->log_secret = true;
        else
            (void)pn_buffer_append_char(&client->log_line, data[i]);
    }
}

void pn_log_sent(pneu_client *client, const pneu_piece *pieces, size_t count,
                 size_t written)
{
    pn_debug_sent(&client->debug, pieces, count, written);
    if (client->settings.log == NULL)
        return;
    for (size_t i = 0; i < count && written > 0; i++) {
        size_t part = written < pieces[i].length ? written : pieces[i].length;
        written -= part;
        if ((pieces[i].flags & PNEU_PIECE_BODY) != 0) {
            client->log_body += part;
            continue;
        }
        flush_body(client);
        add_command(client, pieces[i].data, part,
                    (pieces[i].flags & PNEU_PIECE_SECRET) != 0);
    }
}

void pn_log_reply(pneu_client *client, const pneu_event *event)
{
    char line[PN_LOG_LINE_MAX];
    const pneu_reply *reply = event->reply;
    const char *at = reply->text;
    pn_debug_reply(&client->debug, event);
    if (client->settings.log == NULL)
        return;
    flush_body(client);
    for (size_t i = 0; i < reply->line_count; i++) {
        size_t length = strcspn(at, "\n");
        bool last = i + 1 == reply->line_count;
        int used =
            snprintf(line, sizeof(line), "%d%c", reply->code, last ? ' ' : '-');
        pn_span text = {at, length};
        /* with a SCRAM server's words, the password could be guessed at
         * leisure */
        if (reply->code == 334)
            text = PN_SPAN("[secret]");
        pn_escape(text, "", line + used, sizeof(line) - (size_t)used);
        emit(client, PNEU_LOG_RECEIVED, line);
        at += length + (at[length] == '\n');
    }
}
