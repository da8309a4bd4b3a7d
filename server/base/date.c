/* date.c: dates, with names of our own: those of strftime are the locale's. */
#include "base/date.h"

#include <assert.h>
#include <time.h>

#include "base/buffer.h"

static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static void write(struct date *date, uint64_t second)
{
    struct buffer out = buffer_over(date->text, sizeof(date->text));
    time_t at = (time_t)second;
    struct tm tm = {0};
    gmtime_r(&at, &tm);
    buffer_format(&out, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[tm.tm_wday], tm.tm_mday,
                  months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
    assert(!out.overflow);
    date->length = out.length;
}

struct bytes date_text(struct date *date, uint64_t wall_ms)
{
    uint64_t second = wall_ms / 1000;
    if (date->second != second + 1)
        write(date, second);
    date->second = second + 1;
    return bytes_from(date->text, date->length);
}

/* The next word, which ends at the separator or the end. */
static struct bytes next_word(struct bytes *rest, char separator)
{
    *rest = bytes_trim(*rest);
    return bytes_split(rest, separator);
}

static bool take_number(struct bytes word, uint32_t most, int *number)
{
    uint32_t value;
    if (!bytes_to_u32(word, &value) || value > most)
        return false;
    *number = (int)value;
    return true;
}

static bool take_month(struct bytes word, int *month)
{
    for (*month = 0; *month < 12; ++*month)
        if (bytes_equal_nocase(word, bytes_of(months[*month])))
            return true;
    return false;
}

static bool is_universal(struct bytes zone)
{
    return bytes_equal_nocase(zone, BYTES("GMT")) || bytes_equal_nocase(zone, BYTES("UTC"));
}

bool date_parse(struct bytes text, uint64_t *wall_ms)
{
    struct tm tm = {0}, read;
    struct bytes rest = bytes_trim(text);
    if (bytes_index(rest, ',') >= 0)
        bytes_split(&rest, ',');
    if (!take_number(next_word(&rest, ' '), 31, &tm.tm_mday) ||
        !take_month(next_word(&rest, ' '), &tm.tm_mon) ||
        !take_number(next_word(&rest, ' '), 9999, &tm.tm_year) ||
        !take_number(next_word(&rest, ':'), 23, &tm.tm_hour) ||
        !take_number(next_word(&rest, ':'), 59, &tm.tm_min) ||
        !take_number(next_word(&rest, ' '), 60, &tm.tm_sec) || !is_universal(bytes_trim(rest)))
        return false;
    tm.tm_year -= 1900;
    read = tm;
    time_t at = timegm(&tm);
    if (at < 0 || tm.tm_mday != read.tm_mday) /* no such day in that month */
        return false;
    *wall_ms = (uint64_t)at * 1000;
    return true;
}
