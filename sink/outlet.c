#include "sink/outlet.h"

#include <errno.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    TEXT_MAXIMUM = 64 * 1024 * 1024,
    TEXT_HIGH = TEXT_MAXIMUM / 2,
    KEPT_CAPACITY = 256 * 1024,
    STRETCH = 4096, /* a pipe that is writable takes so much (PIPE_BUF) */
    LAST_WAIT_MS = 5000
};

static void ready(pn_sink_source *source, unsigned events)
{
    (void)events;
    pn_sink_outlet_flush((pn_sink_outlet *)(void *)source);
}

void pn_sink_outlet_init(pn_sink_outlet *outlet, int file)
{
    struct stat status;
    *outlet = (pn_sink_outlet){.source.file = file, .source.ready = ready};
    outlet->never_waits = fstat(file, &status) == 0 && S_ISREG(status.st_mode);
    pn_buffer_init(&outlet->text, TEXT_MAXIMUM);
}

static bool can_write(const pn_sink_outlet *outlet, int wait_ms)
{
    struct pollfd file = {.fd = outlet->source.file, .events = POLLOUT};
    return outlet->never_waits || poll(&file, 1, wait_ms) == 1;
}

/* Writes until it would have to wait longer than wait_ms (-1: for ever). */
static void write_out(pn_sink_outlet *outlet, int wait_ms)
{
    while (pn_buffer_length(&outlet->text) > 0 && can_write(outlet, wait_ms)) {
        pn_span text = pn_buffer_span(&outlet->text);
        if (!outlet->never_waits && text.length > STRETCH)
            text.length = STRETCH;
        ssize_t written = write(outlet->source.file, text.data, text.length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0) {
            outlet->broken = true;
            pn_buffer_clear(&outlet->text);
            return;
        }
        pn_buffer_consume(&outlet->text, (size_t)written);
    }
}

void pn_sink_outlet_add(pn_sink_outlet *outlet, pn_span text)
{
    if (outlet->broken)
        return;
    if (pn_buffer_length(&outlet->text) > TEXT_HIGH)
        write_out(outlet, -1);
    if (pn_buffer_append(&outlet->text, text) != PNEU_OK)
        outlet->broken = true;
}

void pn_sink_outlet_add_text(pn_sink_outlet *outlet, const char *text)
{
    pn_sink_outlet_add(outlet, pn_span_of(text));
}

void pn_sink_outlet_flush(pn_sink_outlet *outlet)
{
    if (pn_buffer_length(&outlet->text) == 0 && outlet->source.watched == 0)
        return;
    write_out(outlet, 0);
    bool rest = pn_buffer_length(&outlet->text) > 0;
    if (!rest && outlet->text.capacity > KEPT_CAPACITY)
        pn_buffer_finish(&outlet->text);
    if (outlet->loop != NULL)
        pn_sink_loop_watch(outlet->loop, &outlet->source,
                           rest ? PN_SINK_WRITABLE : 0);
}

void pn_sink_outlet_attach(pn_sink_outlet *outlet, pn_sink_loop *loop)
{
    if (outlet->loop != NULL)
        pn_sink_loop_watch(outlet->loop, &outlet->source, 0);
    outlet->loop = loop;
}

size_t pn_sink_outlet_finish(pn_sink_outlet *outlet)
{
    write_out(outlet, LAST_WAIT_MS);
    size_t left = pn_buffer_length(&outlet->text);
    pn_buffer_finish(&outlet->text);
    return left;
}
