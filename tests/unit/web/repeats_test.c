/* repeats_test.c: keys of POSTs in a table that does not grow. */
#include <stdio.h>

#include "unit.h"
#include "web/web_internal.h"

enum { KEYS = 1000 }; /* as many as are kept */

static struct web web;

/* True when it is to be done; it is answered then. */
static bool runs(unsigned number)
{
    static const struct web_endpoint endpoint = {.method = WEB_POST, .area = WEB_PEOPLE};
    char key[32];
    struct web_call call = {.web = &web,
                            .endpoint = &endpoint,
                            .method = WEB_POST,
                            .target = BYTES("/x"),
                            .fields = {.most = 1},
                            .more = {.most = 1}};
    arena_init(&call.arena, 0);
    snprintf(key, sizeof(key), "key-%u", number);
    ck_assert(pairs_add(&call, &call.fields, BYTES("Idempotency-Key"), bytes_of(key)));
    bool new = web_repeats_begin(&call);
    if (new) {
        call.status = 201;
        call.type = "text/plain";
        web_repeats_settle(&call);
    }
    arena_release(&call.arena);
    return new;
}

START_TEST(the_oldest_key_gives_way_and_is_counted)
{
    ck_assert_int_eq(pthread_mutex_init(&web.lock, NULL), 0);
    for (unsigned i = 0; i < KEYS; i++)
        ck_assert(runs(i));
    ck_assert(!runs(0));
    ck_assert_uint_eq(web.counts[WEB_COUNT_REPEATS_FORGOTTEN], 0);
    ck_assert(runs(KEYS));
    ck_assert_uint_eq(web.counts[WEB_COUNT_REPEATS_FORGOTTEN], 1);
    ck_assert(!runs(1));
    ck_assert(runs(0)); /* nobody knows that it was done */
    ck_assert_uint_eq(web.counts[WEB_COUNT_REPEATS_FORGOTTEN], 2);
    web_repeats_free(&web);
    pthread_mutex_destroy(&web.lock);
}
END_TEST

UNIT_MAIN("web/repeats", the_oldest_key_gives_way_and_is_counted)
