/* options_test.c: what may be said to every verb, wherever it stands. */
#include "web/ctl/options.h"

#include <string.h>

#include "unit.h"
#include "web/ctl/verbs.h"

enum { WORDS_MAX = 16 };

struct taken {
    struct ctl_options options;
    const char *words[WORDS_MAX];
    int count;
    bool good;
    char why[512];
};

static void take(struct taken *taken, int count, const char *const *words)
{
    *taken = (struct taken){.count = count};
    memcpy(taken->words, words, (size_t)count * sizeof(*words));
    taken->good = ctl_options_take(&taken->options, &taken->count, taken->words, taken->why);
}

#define TAKE(taken, ...)                                             \
    do {                                                             \
        static const char *const given[] = {__VA_ARGS__};            \
        take(taken, (int)(sizeof(given) / sizeof(given[0])), given); \
    } while (0)

START_TEST(options_leave_the_words)
{
    struct taken t;
    TAKE(&t, "--url", "http://x", "user", "--json", "change", "alice", "--timeout", "5",
         "--display-name", "A", "--if-match", "abc", "--output", "file", "--etag");
    ck_assert_msg(t.good, "%s", t.why);
    ck_assert_int_eq(t.count, 5);
    ck_assert_str_eq(t.words[0], "user");
    ck_assert_str_eq(t.words[2], "alice");
    ck_assert_str_eq(t.words[4], "A");
    ck_assert_str_eq(t.options.settings.url, "http://x");
    ck_assert(t.options.json && t.options.tell_tag);
    ck_assert_int_eq(t.options.timeout_s, 5);
    ck_assert_str_eq(t.options.output, "file");
    ck_assert_str_eq(t.options.if_match, "\"abc\"");
}
END_TEST

START_TEST(what_a_verb_calls_the_same_is_its_own)
{
    struct taken t;
    TAKE(&t, "webhook", "change", "1", "--url", "http://y");
    ck_assert(t.good && t.count == 5);
    ck_assert_str_eq(t.options.settings.url, "");
    TAKE(&t, "message", "send", "a", "b", "--", "--json");
    ck_assert(t.good && t.count == 6 && !t.options.json);
    ck_assert_int_eq(t.options.timeout_s, CTL_TIMEOUT_UNSAID);
}
END_TEST

/* What may stand anywhere would be taken from a verb that has an option of that name. */
START_TEST(no_verb_has_an_option_that_stands_anywhere)
{
    for (const struct ctl_verb *verb = ctl_verbs; verb->noun != NULL; verb++) {
        const char *rest = verb->members;
        struct ctl_member member;
        while (ctl_member_next(&rest, &member))
            for (const struct ctl_option *at = ctl_options; at->name != NULL; at++)
                ck_assert_msg(!at->anywhere || strcmp(at->name + 2, member.option) != 0,
                              "%s %s: %s", verb->noun, verb->verb, at->name);
    }
}
END_TEST

START_TEST(tags_have_their_quotes)
{
    struct taken t;
    TAKE(&t, "x", "--if-none-match", "*", "--if-match", "\"a\", W/\"b\"");
    ck_assert_str_eq(t.options.if_none_match, "*");
    ck_assert_str_eq(t.options.if_match, "\"a\", W/\"b\"");
    TAKE(&t, "x", "--idempotency-key", "one");
    ck_assert_str_eq(t.options.idempotency_key, "one");
}
END_TEST

START_TEST(what_is_wrong_is_said)
{
    struct taken t;
    TAKE(&t, "--colour", "red", "user");
    ck_assert(!t.good && strstr(t.why, "there is no option --colour") != NULL);
    TAKE(&t, "user", "list", "--timeout");
    ck_assert(!t.good && strstr(t.why, "missing behind --timeout") != NULL);
    TAKE(&t, "user", "list", "--timeout", "soon");
    ck_assert(!t.good && strstr(t.why, "soon") != NULL);
    TAKE(&t, "user", "list", "--timeout", "-1");
    ck_assert(!t.good);
    TAKE(&t, "user", "list", "--if-match", "a\r\nX-Other: b");
    ck_assert(!t.good && strstr(t.why, "entity-tag") != NULL);
    TAKE(&t, "user", "list", "--if-match", "");
    ck_assert(!t.good);
    TAKE(&t, "user", "list", "--idempotency-key", "a\nb");
    ck_assert(!t.good);
    TAKE(&t, "--token-file", "/nowhere/at/all", "user", "list");
    ck_assert(!t.good && strstr(t.why, "/nowhere/at/all") != NULL);
}
END_TEST

UNIT_MAIN("web/ctl/options", options_leave_the_words, what_a_verb_calls_the_same_is_its_own,
          no_verb_has_an_option_that_stands_anywhere, tags_have_their_quotes, what_is_wrong_is_said)
