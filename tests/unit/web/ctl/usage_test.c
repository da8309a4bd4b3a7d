/* usage_test.c: how a verb is used. */
#include "web/ctl/usage.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "unit.h"

static void expect(const char *noun, const char *verb, bool whole, const char *expected)
{
    char text[CTL_USAGE_SIZE];
    const struct ctl_verb *found = ctl_verb_find(noun, verb);
    ck_assert_ptr_nonnull(found);
    ck_assert_str_eq(ctl_usage(found, whole, text), expected);
}

START_TEST(words_then_options_then_forms)
{
    expect("user", "list", false, "");
    expect("user", "list", true, " [--search TEXT] [--limit N]");
    expect("user", "add", true, " USER [--display-name TEXT] [--disabled yes|no]");
    expect("user", "replace", true, " USER [--display-name TEXT] [--disabled yes|no] [--password]");
    expect("token", "add", true, " NAME SCOPES ... [--expires-in-s N]");
    expect("roster", "add", false, " USER BUDDY");
    expect("roster", "add", true,
           " USER BUDDY [--name TEXT] [--group TEXT] ... [--notes TEXT] [--position N]");
    expect("roster", "import", true, " USER [FILE] [--format json|csv|vcf]");
    expect("rule", "export", true, " USER [--format xml|json]");
    expect("setting", "change", true, " USER NAME=VALUE ...");
    expect("lamp", "set", false, " USER");
    expect("trace", "", true, " CALL-ID");
}
END_TEST

START_TEST(the_noun_is_the_first_word_that_is_one)
{
    static const struct {
        const char *words[6], *noun;
    } cases[] = {
        {{"roster", "watch", "--help"}, "roster"},
        {{"--json", "roster", "--help"}, "roster"},
        {{"--help", "watch"}, "watch"},
        {{"--url", "roster", "--output", "user", "trace"}, "trace"},
        {{"--url", "--help"}, NULL},
        {{"--output"}, NULL},
        {{"nonsense", "--", "roster"}, NULL},
        {{"list"}, NULL},
        {{NULL}, NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *noun = ctl_usage_noun(cases[i].words);
        if (cases[i].noun == NULL)
            ck_assert_msg(noun == NULL, "%s", cases[i].words[0]);
        else
            ck_assert_pstr_eq(noun, cases[i].noun);
    }
}
END_TEST

/* What is printed beside the words tells what happens, not once more the words. */
START_TEST(help_is_a_sentence)
{
    char text[CTL_USAGE_SIZE];
    for (const struct ctl_verb *at = ctl_verbs; at->noun != NULL; at++) {
        ck_assert_msg(*at->help != '\0', "%s %s has no help", at->noun, at->verb);
        size_t capitals = strspn(at->help, "ABCDEFGHIJKLMNOPQRSTUVWXYZ- ");
        ck_assert_msg(capitals < 3, "%s %s: %s", at->noun, at->verb, at->help);
        ck_assert_uint_lt(strlen(ctl_usage(at, true, text)), CTL_USAGE_SIZE / 2);
    }
}
END_TEST

UNIT_MAIN("web/ctl/usage", words_then_options_then_forms, the_noun_is_the_first_word_that_is_one,
          help_is_a_sentence)
