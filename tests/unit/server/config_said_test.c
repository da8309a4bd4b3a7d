/* config_said_test.c: what the file says of each key, and what changes need a restart. */
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "unit.h"

static char why[1024];

static struct config *read_text(const char *text)
{
    unsigned line;
    struct config *config = config_read_text("/tmp/herald.conf", text, why, sizeof(why), &line);
    ck_assert_msg(config != NULL, "%s", why);
    return config;
}

struct search {
    const char *key;
    struct config_view found;
    char value[512];
    size_t seen;
};

static void look(void *context, const struct config_view *view)
{
    struct search *search = context;
    search->seen++;
    ck_assert_ptr_nonnull(view->value);
    ck_assert_uint_gt(strlen(view->help), 0);
    if (strcmp(view->key, search->key) != 0)
        return;
    search->found = *view;
    char *text = json_dumps(view->value, JSON_COMPACT | JSON_ENCODE_ANY);
    snprintf(search->value, sizeof(search->value), "%s", text);
    free(text);
}

static struct search find(const struct config *config, const struct config *first, const char *key)
{
    struct search search = {.key = key};
    config_view_all(config, first, look, &search);
    ck_assert_uint_gt(search.seen, 100);
    ck_assert_ptr_nonnull(search.found.key);
    return search;
}

START_TEST(defaults_and_the_file)
{
    struct config *config = read_text("trusted = [ \"192.0.2.1\" ];\n"
                                      "guard: {\n  guesses_max = 7;\n};\n");
    struct search search = find(config, config, "guard.guesses_max");
    ck_assert_str_eq(search.value, "7");
    ck_assert_str_eq(search.found.file, "/tmp/herald.conf");
    ck_assert_uint_eq(search.found.line, 3);
    ck_assert(search.found.live && !search.found.waits);
    search = find(config, config, "trusted");
    ck_assert_str_eq(search.value, "[\"192.0.2.1\"]");
    search = find(config, config, "store.queue_max");
    ck_assert_str_eq(search.value, "20000");
    ck_assert_ptr_null(search.found.file);
    ck_assert_uint_eq(search.found.line, 0);
    ck_assert(!search.found.live);
    config_free(&config);
}
END_TEST

START_TEST(secrets_are_masked_and_still_compared)
{
#define GATEWAY(header)                                                         \
    "push: { gateways = ( { provider = \"fcm\"; url = \"https://p.example/\"; " \
    "header = \"" header "\"; } ); };"
    struct config *config = read_text(GATEWAY("Authorization: one"));
    struct search search = find(config, config, "push.gateways");
    ck_assert_ptr_nonnull(strstr(search.value, "\"header\":\"***\""));
    ck_assert_ptr_null(strstr(search.value, "Authorization"));
    config_free(&config);
}
END_TEST

static void note(void *context, const char *key, bool live)
{
    char *text = context;
    size_t used = strlen(text);
    snprintf(text + used, 256 - used, "%s%s ", live ? "" : "!", key);
}

static const char *differences(const char *old_text, const char *fresh_text, const char *first_text)
{
    static char text[256];
    struct config *old = read_text(old_text), *fresh = read_text(fresh_text);
    struct config *first = read_text(first_text);
    text[0] = '\0';
    config_differences(old, fresh, first, note, text);
    config_free(&old);
    config_free(&fresh);
    config_free(&first);
    return text;
}

START_TEST(changes_count_or_wait)
{
    ck_assert_str_eq(differences("", "", ""), "");
    ck_assert_str_eq(differences("", "guard: { lockout_s = 9; };", ""), "guard.lockout_s ");
    ck_assert_str_eq(differences("", "listen = [ \"127.0.0.1:5070\" ];", ""), "!listen ");
    ck_assert_str_eq(differences("listen = [ \"127.0.0.1:5070\" ];", "", ""), "listen ");
    ck_assert_str_eq(differences("", "presence: { on_the_phone = \"on\"; hold_s = 9; };", ""),
                     "!presence.on_the_phone presence.hold_s ");
    ck_assert_str_eq(differences(GATEWAY("Authorization: one"), GATEWAY("Authorization: two"), ""),
                     "push.gateways ");
}
END_TEST

/* Names need a restart, policy does not. */
START_TEST(domains_wait_for_their_names)
{
    static const char usual[] = "domains = ( { name = \"a.example\"; } );";
    ck_assert_str_eq(differences(usual, "domains = ( { name = \"b.example\"; } );", usual),
                     "!domains ");
    ck_assert_str_eq(
        differences(usual, "domains = ( { name = \"a.example\"; aliases = [ \"x\" ]; } );", usual),
        "!domains ");
    ck_assert_str_eq(differences(usual,
                                 "domains = ( { name = \"a.example\"; policy = \"everybody\"; } );",
                                 usual),
                     "domains ");
}
END_TEST

START_TEST(faults_have_a_line)
{
    static const struct {
        const char *text;
        unsigned line;
    } faults[] = {{"\n\nnonsense = 3;", 3}, {"data = ;", 1}, {"\nguard: { lockout_s = 0; };", 2}};
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        unsigned line = 77;
        ck_assert_ptr_null(
            config_read_text("/tmp/herald.conf", faults[i].text, why, sizeof(why), &line));
        ck_assert_uint_eq(line, faults[i].line);
    }
}
END_TEST

UNIT_MAIN("config_said", defaults_and_the_file, secrets_are_masked_and_still_compared,
          changes_count_or_wait, domains_wait_for_their_names, faults_have_a_line)
