#include "cli/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SHOWN_FROM = 1024 * 1024,
    LINE_COLUMNS = 40
};

void pn_progress_init(pn_progress *progress, size_t message_length)
{
    const char *kind = getenv("TERM");
    bool can_go_back = kind == NULL || strcmp(kind, "dumb") != 0;
    *progress =
        (pn_progress){.wanted = message_length > SHOWN_FROM && can_go_back &&
                                isatty(STDERR_FILENO) == 1,
                      .percent = -1};
}

void pn_progress_show(void *context, uint64_t sent, uint64_t total)
{
    pn_progress *progress = context;
    char line[LINE_COLUMNS + 1];
    if (!progress->wanted || total == 0)
        return;
    double share = (double)sent / (double)total;
    int percent = share >= 1 ? 100 : (int)(share * 100);
    if (percent == progress->percent)
        return;
    snprintf(line, sizeof(line), "sending: %3d %% of %.1f MiB", percent,
             (double)total / (1024 * 1024));
    fprintf(stderr, "\r%-*s", LINE_COLUMNS, line);
    progress->percent = percent;
    progress->is_shown = true;
}

void pn_progress_end(pn_progress *progress)
{
    if (progress->is_shown)
        fprintf(stderr, "\r%*s\r", LINE_COLUMNS, "");
    progress->is_shown = false;
    progress->wanted = false;
}
