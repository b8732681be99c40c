#include "sink/print.h"

#include <errno.h>
#include <unistd.h>

#include "base/escape.h"

enum {
    STRETCH = 4096,
    ESCAPED_MAX = STRETCH * 4 + 1 /* each octet as \xNN, and a NUL */
};

/* Up to the last line end, so that no character is cut in two. */
static size_t whole_lines(pn_span text)
{
    size_t length = text.length;
    while (length > 0 && text.data[length - 1] != '\n')
        length--;
    return length > 0 ? length : text.length;
}

static size_t print_escaped(pn_sink_outlet *outlet, pn_span text)
{
    char escaped[ESCAPED_MAX];
    size_t length = whole_lines(text);
    size_t shown =
        pn_escape((pn_span){text.data, length}, "\n", escaped, sizeof(escaped));
    pn_sink_outlet_add(outlet, (pn_span){escaped, shown});
    return length;
}

static bool print_file(pn_sink_outlet *outlet, int file)
{
    char place[STRETCH];
    bool escaped = isatty(outlet->source.file) == 1;
    off_t at = 0;
    for (;;) {
        ssize_t got = pread(file, place, sizeof(place), at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got == 0;
        pn_span text = {place, (size_t)got};
        if (escaped)
            text.length = print_escaped(outlet, text);
        else
            pn_sink_outlet_add(outlet, text);
        at += (off_t)text.length;
    }
}

static void print_mark(pn_sink_outlet *outlet, const char *what, const char *id)
{
    pn_sink_outlet_add_text(outlet, what);
    pn_sink_outlet_add_text(outlet, id);
    pn_sink_outlet_add_text(outlet, " ----\n");
}

bool pn_sink_print(pn_sink_outlet *outlet, const char *id, int file)
{
    print_mark(outlet, "---- message ", id);
    bool printed = print_file(outlet, file);
    print_mark(outlet, "---- end of message ", id);
    return printed && !outlet->broken;
}
