/* date.c: dates, with names of our own: those of strftime are the locale's. */
#include "base/date.h"

#include <assert.h>
#include <time.h>

#include "base/buffer.h"

static void write(struct date *date, uint64_t second)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
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
