/* watch_test.c: which stream is asked for, and how an event reads. */
#include "web/ctl/watch.h"

#include <string.h>

#include "unit.h"

START_TEST(words_become_a_query)
{
    char path[WATCH_PATH_SIZE], why[512] = "";
    static const char *const words[] = {"--types", "presence,messages", "--user", "al&ce"};
    ck_assert(watch_path(0, NULL, path, why));
    ck_assert_str_eq(path, "/api/v1/events");
    ck_assert(watch_path(4, words, path, why));
    ck_assert_str_eq(path, "/api/v1/users/al%26ce/events?types=presence%2Cmessages");
    ck_assert(!watch_path(3, words, path, why));
    ck_assert_ptr_nonnull(strstr(why, "not \"--user\""));
    ck_assert(!watch_path(1, &words[3], path, why));
    ck_assert(watch_path(2, words, path, why));
    ck_assert_str_eq(path, "/api/v1/events?types=presence%2Cmessages");
    static const char *const dots[] = {"--user", ".."}, *const nobody[] = {"--user", ""};
    ck_assert(!watch_path(2, dots, path, why));
    ck_assert_ptr_nonnull(strstr(why, "cannot be the user"));
    ck_assert(!watch_path(2, nobody, path, why));
    char *long_name = calloc(1, WATCH_PATH_SIZE + 1);
    memset(long_name, 'a', WATCH_PATH_SIZE);
    const char *const too_long[] = {"--user", long_name};
    ck_assert(!watch_path(2, too_long, path, why));
    free(long_name);
}
END_TEST

START_TEST(an_event_is_a_line)
{
    char line[512] = "";
    FILE *out = fmemopen(line, sizeof(line), "w");
    json_t *event = json_loads("{\"id\": \"1\", \"time\": \"T\", \"type\": \"presence\", \"user\": "
                               "\"a@b\", \"what\": \"changed\", \"status\": \"open\", \"list\": "
                               "[\"x\", \"y\"], \"note\": \"two\\nlines\", \"none\": \"\"}",
                               0, NULL);
    watch_show(event, out);
    fclose(out);
    json_decref(event);
    ck_assert_str_eq(line, "T presence a@b changed status=open list=[\"x\",\"y\"] "
                           "note=\"two\\nlines\" none=\"\"");
}
END_TEST

UNIT_MAIN("watch", words_become_a_query, an_event_is_a_line)
