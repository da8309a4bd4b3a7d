/* limits_test.c: rates of callers, in tables of a fixed size. */
#include <stdio.h>

#include "unit.h"
#include "web/web_internal.h"

enum { KEEP_MS = 1000000000 };

static bool allows(struct web *web, unsigned number)
{
    char who[32];
    snprintf(who, sizeof(who), "caller-%u", number);
    struct web_call call = {.web = web, .who = bytes_of(who)};
    return limits_allow(&call);
}

static struct web_call from(struct web *web, unsigned last)
{
    struct web_call call = {.web = web};
    char text[32];
    snprintf(text, sizeof(text), "192.0.2.%u", last);
    ck_assert(net_address_parse(bytes_of(text), 5060, &call.from));
    return call;
}

START_TEST(who_is_forgotten_early_is_counted)
{
    static struct web web = {.settings = {.rate_max = 1000, .failures_max = 1000}};
    ck_assert_int_eq(pthread_mutex_init(&web.lock, NULL), 0);
    sightings_init(&web.rates, SIGHTINGS_WAYS, KEEP_MS, NULL, METRIC_web_rates_forgotten);
    sightings_init(&web.failures, SIGHTINGS_WAYS, KEEP_MS, NULL, METRIC_web_rates_forgotten);
    for (unsigned i = 1; i <= SIGHTINGS_WAYS; i++) {
        struct web_call call = from(&web, i);
        ck_assert(allows(&web, i));
        limits_failed(&call);
    }
    ck_assert_uint_eq(web.counts[WEB_COUNT_RATES_FORGOTTEN], 0);
    ck_assert(allows(&web, 9));
    ck_assert_uint_eq(web.counts[WEB_COUNT_RATES_FORGOTTEN], 1);
    struct web_call call = from(&web, 9);
    limits_failed(&call);
    ck_assert_uint_eq(web.counts[WEB_COUNT_RATES_FORGOTTEN], 2);
    sightings_release(&web.rates);
    sightings_release(&web.failures);
    pthread_mutex_destroy(&web.lock);
}
END_TEST

UNIT_MAIN("web/limits", who_is_forgotten_early_is_counted)
