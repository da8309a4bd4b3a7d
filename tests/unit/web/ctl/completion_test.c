/* completion_test.c: completions and the manual page have every word of the table. */
#include "web/ctl/completion.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"
#include "web/ctl/options.h"
#include "web/ctl/verbs.h"

static char *written(const char *kind)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    ck_assert(ctl_write_completion(kind, out));
    fclose(out);
    ck_assert_ptr_nonnull(text);
    return text;
}

static void has(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "there is no %s", part);
}

START_TEST(every_word_is_there)
{
    char *bash = written("bash"), *zsh = written("zsh"), *man = written("man");
    for (const struct ctl_verb *at = ctl_verbs; at->noun != NULL; at++) {
        char part[128];
        snprintf(part, sizeof(part), "'%s %s') words=' --", at->noun, at->verb);
        has(bash, part);
        snprintf(part, sizeof(part), "'%s %s') choices=( --", at->noun, at->verb);
        has(zsh, part);
        snprintf(part, sizeof(part), "\\fB%s%s%s\\fR", at->noun, *at->verb != '\0' ? " " : "",
                 at->verb);
        has(man, part);
    }
    free(bash);
    free(zsh);
    free(man);
}
END_TEST

START_TEST(options_stand_behind_their_verb)
{
    char *bash = written("bash"), *man = written("man");
    has(bash, "'roster add') words=' --name --group --notes --position --json --output ");
    has(bash, "'token add') words=' --expires-in-s --json ");
    has(bash, "'user passwd') words=' --json "); /* a secret is no option ... */
    has(bash, "'user replace') words=' --display-name --disabled --password --json ");
    has(bash, "'webhook change') words=' --url --type --user --active --secret --json ");
    has(man, "[\\fB\\-\\-password\\fR]\n"); /* ... unless it is asked for by one */
    has(man, "\\fBsetting change\\fR \\fIUSER\\fR \\fINAME\\fR=\\fIVALUE\\fR ...");
    has(man, "\\fBroster add\\fR \\fIUSER\\fR \\fIBUDDY\\fR [\\fB\\-\\-name\\fR \\fITEXT\\fR]");
    has(man, "\\fBtoken add\\fR \\fINAME\\fR \\fISCOPES\\fR ...");
    free(bash);
    free(man);
}
END_TEST

START_TEST(files_and_forms_are_offered)
{
    char *bash = written("bash"), *zsh = written("zsh"), *man = written("man");
    has(bash, "'roster import') words='json csv vcf' ;;");
    has(bash, "--timeout' files=1 ;;");
    has(zsh, "'rule export') choices=(xml json) ;;");
    has(man, "\\fBroster import\\fR \\fIUSER\\fR [\\fIFILE\\fR] "
             "[\\fB\\-\\-format\\fR json|csv|vcf]");
    free(bash);
    free(zsh);
    free(man);
}
END_TEST

/* Those that the table of verbs does not have, and what may be said to all of them. */
START_TEST(other_words_and_options_are_there)
{
    char *bash = written("bash"), *zsh = written("zsh"), *man = written("man");
    has(bash, "watch) words='--types --user' ;;");
    has(zsh, "check) choices=(--config --herald) ;;");
    has(man, "\\fBwatch\\fR [\\fB\\-\\-types\\fR \\fITYPE\\fR,\\fITYPE\\fR]");
    has(man, "\\fBtrace\\fR \\fICALL\\-ID\\fR\n");
    for (const struct ctl_option *at = ctl_options; at->name != NULL; at++) {
        has(bash, at->name);
        has(zsh, at->name);
    }
    free(bash);
    free(zsh);
    free(man);
}
END_TEST

START_TEST(other_kinds_are_none)
{
    ck_assert(!ctl_write_completion("fish", stdout));
}
END_TEST

/* A noun stands together in the table: completions of its verbs are written in one go. */
START_TEST(nouns_stand_together)
{
    for (const struct ctl_verb *at = ctl_verbs; at->noun != NULL; at++)
        for (const struct ctl_verb *other = at + 1; other->noun != NULL; other++)
            if (strcmp(at->noun, other->noun) == 0)
                ck_assert_msg(strcmp(other[-1].noun, other->noun) == 0, "%s stands twice",
                              at->noun);
}
END_TEST

UNIT_MAIN("web/ctl/completion", every_word_is_there, options_stand_behind_their_verb,
          files_and_forms_are_offered, other_words_and_options_are_there, other_kinds_are_none,
          nouns_stand_together)
