#include "sink/moment.h"

#include <stddef.h>
#include <time.h>

void pn_sink_moment_format(int64_t seconds, char text[PN_SINK_MOMENT_SIZE])
{
    time_t moment = (time_t)seconds;
    struct tm parts;
    text[0] = '\0';
    if (gmtime_r(&moment, &parts) != NULL)
        strftime(text, PN_SINK_MOMENT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts);
}
