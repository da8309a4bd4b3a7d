/* usage.c: path and members of the table of words --> the line that a person types. */
#include "web/ctl/usage.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "web/ctl/options.h"

enum { COLUMN = 36 }; /* where the help begins */

static void put_capitals(struct buffer *out, struct bytes word)
{
    for (size_t i = 0; i < word.length; i++)
        buffer_char(out, (char)toupper((unsigned char)word.at[i]));
}

/* The words that fill the path. */
static void put_path(struct buffer *out, const char *path)
{
    for (const char *at = path; (at = strchr(at, '{')) != NULL; at++) {
        buffer_char(out, ' ');
        put_capitals(out, bytes_from(at + 1, strcspn(at + 1, "}")));
    }
}

static const char *value_of(const struct ctl_member *member)
{
    switch (member->kind) {
    case NUMBER:
        return " N";
    case TRUTH:
        return " yes|no";
    case JSON:
        return " JSON";
    case SECRET:
        return "";
    case TEXT:
    case LIST:
    case PAIRS:
        break;
    }
    return " TEXT";
}

static void put_word(struct buffer *out, const struct ctl_member *member)
{
    buffer_char(out, ' ');
    if (member->kind == PAIRS)
        buffer_text(out, "NAME=VALUE");
    else
        put_capitals(out, bytes_of(member->option));
    buffer_text(out, member->kind == LIST || member->kind == PAIRS ? " ..." : "");
}

static void put_members(struct buffer *out, const char *members, bool words)
{
    struct ctl_member member;
    while (ctl_member_next(&members, &member)) {
        if (member.word != words || (member.kind == SECRET && !member.wished))
            continue;
        if (words)
            put_word(out, &member);
        else
            buffer_format(out, " [--%s%s]%s", member.option, value_of(&member),
                          member.kind == LIST ? " ..." : "");
    }
}

static void put_forms(struct buffer *out, const struct ctl_verb *verb)
{
    const char *rest = verb->takes != NULL ? verb->takes : verb->gives;
    struct ctl_form form;
    if (rest == NULL)
        return;
    buffer_text(out, verb->takes != NULL ? " [FILE] [--format " : " [--format ");
    for (unsigned i = 0; ctl_form_next(&rest, &form); i++)
        buffer_format(out, "%s%s", i > 0 ? "|" : "", form.name);
    buffer_char(out, ']');
}

const char *ctl_usage(const struct ctl_verb *verb, bool whole, char text[CTL_USAGE_SIZE])
{
    struct buffer out = buffer_over(text, CTL_USAGE_SIZE - 1);
    put_path(&out, verb->path);
    put_members(&out, verb->members, true);
    if (whole) {
        put_members(&out, verb->members, false);
        put_forms(&out, verb);
    }
    assert(!out.overflow);
    text[out.length] = '\0';
    return text;
}

/* Help. */

static bool is_noun(const char *word)
{
    for (const struct ctl_verb *at = ctl_verbs; at->noun != NULL; at++)
        if (strcmp(at->noun, word) == 0)
            return true;
    for (const struct ctl_other *at = ctl_others; at->word != NULL; at++)
        if (strcmp(at->word, word) == 0)
            return true;
    return false;
}

static bool wants_value(const char *word)
{
    for (const struct ctl_option *at = ctl_options; at->name != NULL; at++)
        if (strcmp(at->name, word) == 0)
            return at->value != NULL;
    return false;
}

const char *ctl_usage_noun(const char *const *words)
{
    assert(words != NULL);
    for (; *words != NULL && strcmp(*words, "--") != 0; words++) {
        if (is_noun(*words))
            return *words;
        if (wants_value(*words) && words[1] != NULL)
            words++;
    }
    return NULL;
}

static void print_command(const char *noun, const char *verb, const char *usage, const char *help)
{
    int width = printf("  %s%s%s%s", noun, *verb != '\0' ? " " : "", verb, usage);
    if (width > COLUMN - 2)
        printf("\n%*s%s\n", COLUMN, "", help);
    else
        printf("%*s%s\n", COLUMN - width, "", help);
}

/* Of all nouns a line a verb, of one of them with options. */
static bool print_commands(const char *noun)
{
    char usage[CTL_USAGE_SIZE];
    bool any = false;
    for (const struct ctl_verb *at = ctl_verbs; at->noun != NULL; at++) {
        if (noun != NULL && strcmp(noun, at->noun) != 0)
            continue;
        print_command(at->noun, at->verb, ctl_usage(at, noun != NULL, usage), at->help);
        any = true;
    }
    for (const struct ctl_other *at = ctl_others; at->word != NULL; at++) {
        if (noun != NULL && strcmp(noun, at->word) != 0)
            continue;
        snprintf(usage, sizeof(usage), " %s", at->takes);
        print_command(at->word, "", usage, at->help);
        any = true;
    }
    return any;
}

void ctl_help(const char *noun)
{
    printf("heraldctl - administers a Herald over its HTTP API\n\n"
           "  heraldctl [OPTION ...] NOUN VERB [WORD ...] [OPTION ...]\n"
           "  heraldctl NOUN --help             the same with the options of each verb\n\n");
    if (!print_commands(noun))
        (void)print_commands(NULL);
    printf("\nOptions (the first three stand before the noun, all others anywhere):\n");
    for (const struct ctl_option *at = ctl_options; at->name != NULL; at++)
        printf("  %s %-*s %s\n", at->name, 24 - (int)strlen(at->name),
               at->value != NULL ? at->value : "", at->help);
    printf(
        "\nWords in capitals are wanted, what stands in brackets may be left out, what has three\n"
        "dots behind it may be repeated. A FILE that is left out, or -, is standard input; its\n"
        "form is that of its name, or --format. Passwords are read from standard input. Behind --\n"
        "nothing is an option. The address and the token may be in HERALD_URL and HERALD_TOKEN, "
        "or\nin ~/.config/heraldctl (url = ..., token = ...).\n");
}
