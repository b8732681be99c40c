#include "wire/date_time.h"

/* Takes so many digits and the mark behind them ('\0': none). */
static bool take(pn_span *text, size_t digits, char mark, int64_t *number)
{
    uint64_t value = 0;
    size_t length = digits + (mark != '\0');
    if (text->length < length ||
        !pn_span_number((pn_span){text->data, digits}, &value) ||
        (mark != '\0' &&
         pn_ascii_lower(text->data[digits]) != pn_ascii_lower(mark)))
        return false;
    *number = (int64_t)value;
    text->data += length;
    text->length -= length;
    return true;
}

static int64_t days_in_month(int64_t year, int64_t month)
{
    static const int DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return DAYS[month - 1] + (month == 2 && is_leap);
}

/* The days from 1970-01-01 to the first of a year. */
static int64_t days_to_year(int64_t year)
{
    enum {
        LEAP_DAYS_TO_1970 = 477
    };
    int64_t before = year - 1;
    return 365 * (year - 1970) + before / 4 - before / 100 + before / 400 -
           LEAP_DAYS_TO_1970;
}

static bool take_date(pn_span *text, int64_t *days)
{
    int64_t year = 0;
    int64_t month = 0;
    int64_t day = 0;
    if (!take(text, 4, '-', &year) || !take(text, 2, '-', &month) ||
        !take(text, 2, 'T', &day) || year < 1 || month < 1 || month > 12 ||
        day < 1 || day > days_in_month(year, month))
        return false;
    *days = days_to_year(year) + day - 1;
    for (int64_t m = 1; m < month; m++)
        *days += days_in_month(year, m);
    return true;
}

static bool take_time(pn_span *text, int64_t *seconds)
{
    int64_t hour = 0;
    int64_t minute = 0;
    int64_t second = 0;
    if (!take(text, 2, ':', &hour) || !take(text, 2, ':', &minute) ||
        !take(text, 2, '\0', &second) || hour > 23 || minute > 59 ||
        second > 60) /* a leap second */
        return false;
    *seconds = (hour * 60 + minute) * 60 + second;
    return true;
}

static bool take_fraction(pn_span *text)
{
    size_t i = 1;
    if (text->length == 0 || text->data[0] != '.')
        return true;
    while (i < text->length && pn_ascii_is_digit(text->data[i]))
        i++;
    text->data += i;
    text->length -= i;
    return i > 1;
}

/* "Z", or "+01:00" */
static bool take_offset(pn_span *text, int64_t *seconds)
{
    int64_t hour = 0;
    int64_t minute = 0;
    if (text->length == 0)
        return false;
    char sign = pn_ascii_lower(text->data[0]);
    text->data++;
    text->length--;
    *seconds = 0;
    if (sign == 'z')
        return true;
    if ((sign != '+' && sign != '-') || !take(text, 2, ':', &hour) ||
        !take(text, 2, '\0', &minute) || hour > 23 || minute > 59)
        return false;
    *seconds = (hour * 60 + minute) * (sign == '+' ? 60 : -60);
    return true;
}

bool pn_date_time_parse(pn_span text, int64_t *seconds)
{
    int64_t days = 0;
    int64_t time = 0;
    int64_t offset = 0;
    if (!take_date(&text, &days) || !take_time(&text, &time) ||
        !take_fraction(&text) || !take_offset(&text, &offset) ||
        text.length > 0)
        return false;
    *seconds = days * 86400 + time - offset;
    return true;
}
