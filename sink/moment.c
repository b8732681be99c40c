#include "sink/moment.h"

#include <time.h>

enum {
    DAY_SECONDS = 24 * 60 * 60
};

/* Days from 1970-01-01 to a date of the Gregorian calendar. The year begins
 * with March here, so that a leap day is its last. */
static int64_t days_to(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month > 2 ? year : year - 1;
    int64_t m = month > 2 ? month - 3 : month + 9;
    int64_t days = y * 365 + y / 4 - y / 100 + y / 400;
    return days + (m * 153 + 2) / 5 + day - 1 - 719468;
}

static int64_t month_length(int64_t year, int64_t month)
{
    static const int LENGTHS[] = {31, 28, 31, 30, 31, 30,
                                  31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : LENGTHS[month - 1];
}

/* Takes a number of so many digits, and the mark before it if it is not 0. */
static bool take_number(pn_span *rest, char mark, size_t digits, int64_t max,
                        int64_t *number)
{
    uint64_t value = 0;
    size_t skip = mark != '\0' ? 1 : 0;
    if (rest->length < skip + digits ||
        (skip == 1 && pn_ascii_lower(rest->data[0]) != mark) ||
        !pn_span_number((pn_span){rest->data + skip, digits}, &value) ||
        value > (uint64_t)max)
        return false;
    *number = (int64_t)value;
    *rest = (pn_span){rest->data + skip + digits, rest->length - skip - digits};
    return true;
}

static bool take_fraction(pn_span *rest)
{
    size_t length = 1;
    if (rest->length == 0 || rest->data[0] != '.')
        return true;
    while (length < rest->length && pn_ascii_is_digit(rest->data[length]))
        length++;
    *rest = (pn_span){rest->data + length, rest->length - length};
    return length > 1;
}

/* "Z", or "+02:00": what is to be taken off, in seconds. */
static bool take_zone(pn_span *rest, int64_t *offset)
{
    int64_t hours = 0;
    int64_t minutes = 0;
    *offset = 0;
    if (rest->length == 0)
        return false;
    char sign = rest->data[0];
    if (sign == 'Z' || sign == 'z') {
        *rest = (pn_span){rest->data + 1, rest->length - 1};
        return true;
    }
    if ((sign != '+' && sign != '-') ||
        !take_number(rest, sign, 2, 23, &hours) ||
        !take_number(rest, ':', 2, 59, &minutes))
        return false;
    *offset = (hours * 60 + minutes) * (sign == '+' ? 60 : -60);
    return true;
}

bool pn_sink_moment_parse(pn_span text, int64_t *seconds)
{
    int64_t year = 0;
    int64_t month = 0;
    int64_t day = 0;
    int64_t hour = 0;
    int64_t minute = 0;
    int64_t second = 0;
    int64_t offset = 0;
    if (!take_number(&text, '\0', 4, 9999, &year) ||
        !take_number(&text, '-', 2, 12, &month) ||
        !take_number(&text, '-', 2, 31, &day) || year == 0 || month == 0 ||
        day == 0 || day > month_length(year, month) ||
        !take_number(&text, 't', 2, 23, &hour) ||
        !take_number(&text, ':', 2, 59, &minute) ||
        !take_number(&text, ':', 2, 60, &second) || !take_fraction(&text) ||
        !take_zone(&text, &offset))
        return false;
    *seconds = days_to(year, month, day) * DAY_SECONDS + hour * 3600 +
               minute * 60 + second - offset;
    return text.length == 0;
}

void pn_sink_moment_format(int64_t seconds, char text[PN_SINK_MOMENT_SIZE])
{
    time_t moment = (time_t)seconds;
    struct tm parts;
    text[0] = '\0';
    if (gmtime_r(&moment, &parts) != NULL)
        strftime(text, PN_SINK_MOMENT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts);
}
