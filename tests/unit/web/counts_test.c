/* counts_test.c: problems are counted by status and kind, in a table that does not grow. */
#include "web/counts.h"

#include <stdio.h>

#include "unit.h"
#include "web/web_internal.h"

static char seen[400];
static unsigned cells;
static uint64_t sum;

static void note(void *context, unsigned status, const char *kind, uint64_t count)
{
    (void)context;
    size_t length = strlen(seen);
    snprintf(seen + length, sizeof(seen) - length, "%u %s %llu;", status, kind,
             (unsigned long long)count);
    cells++;
    sum += count;
}

static void look(struct web *web)
{
    struct web_call call = {.web = web};
    seen[0] = '\0';
    cells = 0;
    sum = 0;
    web_each_refusal(&call, note, NULL);
}

START_TEST(each_status_and_kind_has_a_cell)
{
    static struct web web;
    char same[] = "limit"; /* another literal with the same text */
    ck_assert_int_eq(pthread_mutex_init(&web.lock, NULL), 0);
    look(&web);
    ck_assert_str_eq(seen, "");
    web_count_refusal(&web, 409, "limit");
    web_count_refusal(&web, 404, "not-found");
    web_count_refusal(&web, 409, same);
    web_count_refusal(&web, 503, "limit");
    web_count_refusal(&web, 500, NULL);
    look(&web);
    ck_assert_str_eq(seen, "409 limit 2;404 not-found 1;503 limit 1;500 other 1;");
    ck_assert_uint_eq(web.counts[WEB_COUNT_REFUSED], 3);
    ck_assert_uint_eq(web.counts[WEB_COUNT_FAILED], 2);
    pthread_mutex_destroy(&web.lock);
}
END_TEST

START_TEST(nothing_is_lost_when_there_are_too_many)
{
    static struct web web;
    static char kinds[WEB_REFUSALS_MAX + 3][8];
    ck_assert_int_eq(pthread_mutex_init(&web.lock, NULL), 0);
    for (unsigned i = 0; i < WEB_REFUSALS_MAX + 3; i++) {
        snprintf(kinds[i], sizeof(kinds[i]), "k%u", i);
        web_count_refusal(&web, i == WEB_REFUSALS_MAX ? 501 : 418, kinds[i]);
    }
    web_count_refusal(&web, 418, "k0"); /* what has a cell keeps it */
    look(&web);
    ck_assert_uint_eq(cells, WEB_REFUSALS_MAX + 2);
    ck_assert_uint_eq(sum, WEB_REFUSALS_MAX + 4);
    ck_assert(strncmp(seen, "418 k0 2;418 k1 1;", 18) == 0);
    ck_assert_uint_eq(web.others[0].count, 2);
    ck_assert_uint_eq(web.others[1].count, 1);
    pthread_mutex_destroy(&web.lock);
}
END_TEST

UNIT_MAIN("web/counts", each_status_and_kind_has_a_cell, nothing_is_lost_when_there_are_too_many)
