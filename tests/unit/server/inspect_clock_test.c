/* inspect_clock_test.c: what is said of a clock, and of a kernel that keeps it or does not. */
#include <string.h>

#include "inspect_internal.h"
#include "unit.h"

static const time_t today = 1790000000; /* in 2026 */

/* What the check says of it, as it prints it, is in `said`. */
static unsigned look(time_t now, int state, int status, char *said, size_t size)
{
    struct check check = {.out = fmemopen(said, size, "w")};
    const struct timex kernel = {.status = status};
    ck_assert_ptr_nonnull(check.out);
    check_clock_as(&check, now, state, &kernel);
    fclose(check.out);
    return check.faults;
}

static void expect(time_t now, int state, int status, unsigned faults, const char *finding,
                   const char *mend)
{
    char said[2048] = "";
    ck_assert_uint_eq(look(now, state, status, said, sizeof(said)), faults);
    const char *line = strstr(said, finding);
    ck_assert_msg(line != NULL && strstr(line, mend) != NULL, "%s", said);
}

START_TEST(a_clock_that_is_kept)
{
    expect(today, TIME_OK, 0, 0, "ok     clock          2026-", "UTC");
    expect(today, TIME_OK, STA_PLL, 0, "ok     clock          the network keeps it right", "");
}
END_TEST

START_TEST(a_clock_that_nobody_keeps)
{
    expect(today, TIME_ERROR, STA_UNSYNC, 0, "note   clock ", "timedatectl set-ntp true");
    expect(today, TIME_OK, STA_UNSYNC, 0, "note   clock ", "timedatectl set-ntp true");
    expect(today, -1, 0, 0, "note   clock ", "see to it on the host");
}
END_TEST

START_TEST(a_clock_that_was_never_set)
{
    expect(1000, TIME_OK, 0, 1, "fault  clock          this host believes that it is the year 1970",
           "timedatectl set-ntp true");
    expect(5000000000, TIME_OK, 0, 1, "the year 2128", "set its clock");
}
END_TEST

UNIT_MAIN("inspect_clock", a_clock_that_is_kept, a_clock_that_nobody_keeps,
          a_clock_that_was_never_set)
