#include "sink/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/fail.h"

enum {
    LINE_SIZE = 2048, /* of a line as it is shown */
    START_SIZE = 40
};

pneu_status pn_sink_log_open(pn_sink_log *log, const pn_sink_options *options,
                             pneu_error *error)
{
    const char *path = options->log_file;
    *log = (pn_sink_log){.file = -1, .level = options->log_level};
    if (path != NULL)
        log->file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    int reason = errno;
    pn_sink_outlet_init(&log->outlet, path != NULL ? log->file : STDERR_FILENO);
    if (path != NULL && log->file < 0)
        return pn_fail_system(error, PNEU_SYSTEM, reason,
                              "cannot open the log file %s", path);
    return PNEU_OK;
}

void pn_sink_log_close(pn_sink_log *log)
{
    pn_sink_outlet_finish(&log->outlet);
    if (log->file >= 0)
        close(log->file);
    log->file = -1;
}

static void show(pn_sink_log *log, const char *start, pn_span text)
{
    char shown[LINE_SIZE];
    size_t length = pn_escape(text, "\\n", shown, sizeof(shown));
    pn_sink_outlet_add_text(&log->outlet, start);
    pn_sink_outlet_add(&log->outlet, (pn_span){shown, length});
    pn_sink_outlet_add(&log->outlet, PN_SPAN("\n"));
}

void pn_sink_log_line(pn_sink_log *log, uint64_t connection, char who,
                      pn_span line)
{
    char start[START_SIZE];
    if (log->level < PN_SINK_LOG_DIALOGUE)
        return;
    snprintf(start, sizeof(start), "[%" PRIu64 "] %c: ", connection, who);
    show(log, start, line);
}

void pn_sink_log_note(pn_sink_log *log, uint64_t connection, const char *format,
                      ...)
{
    char start[START_SIZE];
    char text[LINE_SIZE];
    va_list arguments;
    if (log->level < PN_SINK_LOG_DIALOGUE)
        return;
    snprintf(start, sizeof(start), "[%" PRIu64 "] ", connection);
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    show(log, start, pn_span_of(text));
}

void pn_sink_log_message(pn_sink_log *log, const char *format, ...)
{
    char text[LINE_SIZE];
    va_list arguments;
    if (log->level < PN_SINK_LOG_MESSAGES)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    show(log, "pneu sink: ", pn_span_of(text));
}
