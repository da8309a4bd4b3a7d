/* inspect_clock.c: does this host know what time it is? The year says whether anybody ever set the
 * clock; the kernel says whether somebody does so still (adjtimex, which NTP programs tell). */
#include <errno.h>

#include "inspect_internal.h"

enum { YEAR_LEAST = 2024, YEAR_MOST = 2100 };

void check_clock_as(struct check *check, time_t now, int state, const struct timex *kernel)
{
    struct tm utc;
    gmtime_r(&now, &utc);
    int year = utc.tm_year + 1900;
    if (year < YEAR_LEAST || year > YEAR_MOST)
        check_say(check, CHECK_FAULT, "clock",
                  "this host believes that it is the year %d; set its clock (timedatectl set-ntp "
                  "true): certificates and expiries go by it",
                  year);
    else
        check_say(check, CHECK_OK, "clock", "%04d-%02d-%02d %02d:%02d UTC", year, utc.tm_mon + 1,
                  utc.tm_mday, utc.tm_hour, utc.tm_min);
    if (state < 0)
        check_say(check, CHECK_NOTE, "clock",
                  "the kernel does not say whether the network sets the clock (a container?); "
                  "see to it on the host: timedatectl");
    else if (state == TIME_ERROR || (kernel->status & STA_UNSYNC) != 0)
        check_say(check, CHECK_NOTE, "clock",
                  "nothing keeps the clock right; let it take the time from the network "
                  "(timedatectl set-ntp true, or install chrony)");
    else
        check_say(check, CHECK_OK, "clock", "the network keeps it right");
}

void check_clock(struct check *check)
{
    struct timex kernel = {.modes = 0};
    int state = adjtimex(&kernel);
    check_clock_as(check, time(NULL), state, &kernel);
}
