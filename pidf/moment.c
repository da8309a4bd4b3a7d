/* moment.c: from the digits of a date that was judged (value.c) to a count of milliseconds.
 *
 * Days are counted from March on, so that a leap day is the last of its year. */
#include "moment_internal.h"

#include "value_internal.h"

/* The number that `count` digits at `at` make. */
static int64_t digits(struct bytes text, size_t at, size_t count)
{
    int64_t number = 0;
    for (size_t i = at; i < at + count; i++)
        number = number * 10 + (text.at[i] - '0');
    return number;
}

/* Days from 1970-01-01 in the proleptic Gregorian calendar. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    enum { DAYS_TO_1970 = 719468 }; /* from 0000-03-01 */
    int64_t march = (month + 9) % 12;
    int64_t of_years = month > 2 ? year : year - 1;
    int64_t leaps = of_years / 4 - of_years / 100 + of_years / 400;
    return of_years * 365 + leaps + (march * 306 + 5) / 10 + day - 1 - DAYS_TO_1970;
}

/* ".123456" as milliseconds; moves *rest behind it. */
static int64_t take_fraction(struct bytes *rest)
{
    int64_t ms = 0;
    size_t at = 1;
    if (bytes_empty(*rest) || rest->at[0] != '.')
        return 0;
    for (; at < rest->length && rest->at[at] >= '0' && rest->at[at] <= '9'; at++)
        ms = at <= 3 ? ms * 10 + (rest->at[at] - '0') : ms;
    for (size_t missing = at; missing <= 3; missing++)
        ms *= 10;
    *rest = bytes_skip(*rest, at);
    return ms;
}

/* "+01:30" as minutes; Z and nothing are UTC. */
static int64_t zone_minutes(struct bytes zone)
{
    if (zone.length != 6)
        return 0;
    int64_t minutes = digits(zone, 1, 2) * 60 + digits(zone, 4, 2);
    return zone.at[0] == '-' ? -minutes : minutes;
}

bool moment_parse(struct bytes text, uint64_t *wall_ms)
{
    struct text scratch = {0};
    struct bytes date;
    if (!value_repair(VALUE_DATE_TIME, text, &scratch, &date)) {
        text_release(&scratch);
        return false;
    }
    /* YYYY-MM-DDThh:mm:ss[.fraction][zone] */
    int64_t days = days_of(digits(date, 0, 4), digits(date, 5, 2), digits(date, 8, 2));
    int64_t minutes = (days * 24 + digits(date, 11, 2)) * 60 + digits(date, 14, 2);
    int64_t seconds = digits(date, 17, 2);
    struct bytes rest = bytes_skip(date, 19);
    int64_t fraction_ms = take_fraction(&rest);
    int64_t ms = ((minutes - zone_minutes(rest)) * 60 + seconds) * 1000 + fraction_ms;
    *wall_ms = ms > 0 ? (uint64_t)ms : 0;
    text_release(&scratch);
    return true;
}
