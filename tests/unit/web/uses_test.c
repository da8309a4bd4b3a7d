/* uses_test.c: the counts of nonces (RFC 7616 3.4.5), and what becomes of those that have no room.
 */
#include "web/uses_internal.h"

#include <stdio.h>

#include "unit.h"

enum { KEEP_MS = 1000000, MADE_MS = 5000000, NOW_MS = 70000 };

static struct uses uses;
static uint64_t now_ms; /* the time of the youngest nonce yet */

static void open_uses(void)
{
    uses_init(&uses, SIGHTINGS_WAYS, KEEP_MS, 7); /* one row */
    now_ms = NOW_MS;
}

/* `made_s`: after the beginning. */
static bool rises(unsigned number, unsigned made_s, uint32_t count)
{
    char text[32];
    snprintf(text, sizeof(text), "nonce-%u", number);
    const struct use use = {
        .nonce = bytes_of(text), .made_ms = MADE_MS + 1000ULL * made_s, .count = count};
    if (now_ms < NOW_MS + 1000ULL * made_s)
        now_ms = NOW_MS + 1000ULL * made_s;
    return uses_rise(&uses, &use, now_ms);
}

START_TEST(rfc7616_3_4_5_a_count_rises)
{
    open_uses();
    ck_assert(rises(1, 1, 1));
    ck_assert(!rises(1, 1, 1));
    ck_assert(rises(1, 1, UINT32_MAX));
    ck_assert(!rises(1, 1, UINT32_MAX - 1));
    ck_assert(rises(2, 1, 1));
    uses_release(&uses);
}
END_TEST

START_TEST(who_has_no_room_is_stale_and_never_replayed)
{
    open_uses();
    for (unsigned i = 1; i <= SIGHTINGS_WAYS; i++)
        ck_assert(rises(i, i, 1));
    ck_assert_uint_eq(uses.forgotten, 0);
    ck_assert(rises(9, 9, 1));
    ck_assert_uint_eq(uses.forgotten, 1);
    ck_assert(!rises(1, 1, 1)); /* again as it was */
    ck_assert(!rises(1, 1, 2)); /* nobody knows any more */
    ck_assert(!rises(8, 0, 1)); /* never used, but as old */
    ck_assert(rises(2, 2, 2));
    ck_assert(!rises(2, 2, 2));
    ck_assert(rises(10, 10, 1)); /* a new one is good */
    ck_assert_uint_eq(uses.forgotten, 2);
    uses_release(&uses);
}
END_TEST

START_TEST(what_is_over_is_not_missed)
{
    open_uses();
    for (unsigned i = 1; i <= SIGHTINGS_WAYS; i++)
        ck_assert(rises(i, i, 1));
    ck_assert(rises(2000, 2000, 1));
    ck_assert_uint_eq(uses.forgotten, 0);
    ck_assert(rises(8, 0, 1)); /* how long a nonce is good is not judged here */
    uses_release(&uses);
}
END_TEST

/* Nonces of before are another secret's then (digest_test.c). */
START_TEST(a_clock_that_was_set_back_begins_anew)
{
    open_uses();
    for (unsigned i = 1; i <= SIGHTINGS_WAYS; i++)
        ck_assert(rises(i, 9, 1));
    ck_assert(rises(9, 10, 1));
    ck_assert(!uses_set_back(&uses, 100000, MADE_MS));
    ck_assert(!rises(10, 8, 1));
    ck_assert(uses_set_back(&uses, 100000, MADE_MS - USES_AHEAD_MS - 1));
    ck_assert(rises(10, 8, 1)); /* what was forgotten locks nobody out */
    ck_assert(rises(11, 8, 1));
    ck_assert(rises(12, 8, 1));
    ck_assert(rises(13, 8, 1));
    ck_assert_uint_eq(uses.forgotten, 1); /* the table was empty */
    uses_release(&uses);
}
END_TEST

START_TEST(a_clock_is_set_back_by_what_it_lost_in_all)
{
    const uint64_t most = USES_AHEAD_MS;
    open_uses();
    ck_assert(!uses_set_back(&uses, 100000, MADE_MS));
    ck_assert(!uses_set_back(&uses, 200000, MADE_MS + 100000));            /* it goes */
    ck_assert(!uses_set_back(&uses, 300000, MADE_MS + 200000 - most));     /* within the bound */
    ck_assert(uses_set_back(&uses, 400000, MADE_MS + 300000 - most - 1));  /* bit by bit */
    ck_assert(!uses_set_back(&uses, 500000, MADE_MS + 400000 - most - 1)); /* once */
    ck_assert(!uses_set_back(&uses, 600000, MADE_MS + 9000000));           /* forward */
    ck_assert(uses_set_back(&uses, 700000, MADE_MS + 600000));             /* and back */
    ck_assert(uses_set_back(&uses, 800000, 0));
    uses_release(&uses);
}
END_TEST

UNIT_MAIN("web/uses", rfc7616_3_4_5_a_count_rises, who_has_no_room_is_stale_and_never_replayed,
          what_is_over_is_not_missed, a_clock_that_was_set_back_begins_anew,
          a_clock_is_set_back_by_what_it_lost_in_all)
