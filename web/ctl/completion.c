/* completion.c: completions for bash and zsh, and the manual page, from the table of words.
 *
 * Both completions walk the words that stand there already to the noun and the verb, and offer what
 * may come next: options and nouns, verbs of a noun, options of a verb. */
#include "web/ctl/completion.h"

#include <ctype.h>
#include <string.h>

#include "base/bytes.h"
#include "web/ctl/options.h"
#include "web/ctl/usage.h"
#include "web/ctl/verbs.h"

static void write_general(bool anywhere, FILE *out)
{
    for (const struct ctl_option *at = ctl_options; at->name != NULL; at++)
        if (!anywhere || at->anywhere)
            fprintf(out, " %s", at->name);
}

/* What may stand where the noun does: " --url ... request ... server ...". */
static void write_first(FILE *out)
{
    write_general(false, out);
    fprintf(out, " --help --version");
    for (const struct ctl_other *at = ctl_others; at->word != NULL; at++)
        fprintf(out, " %s", at->word);
    for (const struct ctl_verb *at = ctl_verbs; at->noun != NULL; at++)
        if (at == ctl_verbs || strcmp(at->noun, at[-1].noun) != 0)
            fprintf(out, " %s", at->noun);
}

/* Options that are followed by a word, or by a file's name: "--url | --ca". */
static void write_with_value(bool files, FILE *out)
{
    bool first = true;
    for (const struct ctl_option *at = ctl_options; at->name != NULL; at++) {
        if (at->value == NULL || (files && strcmp(at->value, "FILE") != 0))
            continue;
        fprintf(out, "%s%s", first ? "" : " | ", at->name);
        first = false;
    }
}

static bool begins_noun(const struct ctl_verb *verb)
{
    return verb == ctl_verbs || strcmp(verb->noun, verb[-1].noun) != 0;
}

/* The options of a verb: " --a --b". */
static void write_options(const struct ctl_verb *verb, FILE *out)
{
    const char *rest = verb->members;
    struct ctl_member member;
    while (ctl_member_next(&rest, &member))
        if (!member.word && (member.kind != SECRET || member.wished))
            fprintf(out, " --%s", member.option);
    if (verb->takes != NULL || verb->gives != NULL)
        fprintf(out, " --format");
    write_general(true, out);
}

/* The forms of a verb, each once: "json csv". */
static void write_forms(const struct ctl_verb *verb, const char *between, FILE *out)
{
    struct ctl_form form;
    const char *rest = verb->takes != NULL ? verb->takes : verb->gives;
    for (unsigned i = 0; ctl_form_next(&rest, &form); i++)
        fprintf(out, "%s%s", i > 0 ? between : "", form.name);
}

static bool has_forms(const struct ctl_verb *verb)
{
    return verb->takes != NULL || verb->gives != NULL;
}

/* bash */

static void write_bash_verbs(FILE *out)
{
    for (const struct ctl_verb *at = ctl_verbs; at->noun != NULL; at++) {
        if (begins_noun(at))
            fprintf(out, "        %s) words='", at->noun);
        fprintf(out, "%s", at->verb);
        bool last = at[1].noun == NULL || begins_noun(at + 1);
        fprintf(out, last ? "' ;;\n" : " ");
    }
}

/* Behind --format. */
static void write_bash_forms(FILE *out)
{
    fprintf(out, "    --format)\n        case \"$noun $verb\" in\n");
    for (const struct ctl_verb *at = ctl_verbs; at->noun != NULL; at++) {
        if (!has_forms(at))
            continue;
        fprintf(out, "        '%s %s') words='", at->noun, at->verb);
        write_forms(at, " ", out);
        fprintf(out, "' ;;\n");
    }
    fprintf(out, "        esac\n"
                 "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
                 "        return\n"
                 "        ;;\n");
}

static void write_bash_begin(FILE *out)
{
    fprintf(out,
            "# bash completion of heraldctl; written by heraldctl --completion bash\n"
            "_heraldctl() {\n"
            "    local cur=${COMP_WORDS[COMP_CWORD]} noun='' verb='' words='' files='' word i\n"
            "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
            "        word=${COMP_WORDS[i]}\n"
            "        case $word in\n"
            "        ");
    write_with_value(false, out);
    fprintf(out, ") ((++i)) ;;\n"
                 "        -*) ;;\n"
                 "        *) if [[ -z $noun ]]; then noun=$word; else verb=${verb:-$word}; fi ;;\n"
                 "        esac\n"
                 "    done\n"
                 "    case ${COMP_WORDS[COMP_CWORD - 1]} in\n"
                 "    --config | --herald | ");
    write_with_value(true, out);
    fprintf(out, ")\n"
                 "        compopt -o filenames 2>/dev/null || true\n"
                 "        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
                 "        return\n"
                 "        ;;\n");
    write_bash_forms(out);
    fprintf(out, "    esac\n");
}

static void write_bash(FILE *out)
{
    write_bash_begin(out);
    fprintf(out, "    if [[ -z $noun ]]; then\n        words='");
    write_first(out);
    fprintf(out, "'\n    elif [[ -z $verb ]]; then\n        case $noun in\n");
    write_bash_verbs(out);
    for (const struct ctl_other *at = ctl_others; at->word != NULL; at++)
        fprintf(out, "        %s) words='%s' ;;\n", at->word, at->offers);
    fprintf(out, "        esac\n    else\n        case \"$noun $verb\" in\n");
    for (const struct ctl_verb *at = ctl_verbs; at->noun != NULL; at++) {
        fprintf(out, "        '%s %s') words='", at->noun, at->verb);
        write_options(at, out);
        fprintf(out, "'%s ;;\n", at->takes != NULL ? " files=1" : "");
    }
    for (const struct ctl_other *at = ctl_others; at->word != NULL; at++)
        fprintf(out, "        '%s '*) words='%s' ;;\n", at->word, at->offers);
    fprintf(out, "        esac\n    fi\n"
                 "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
                 "    if [[ -n $files && $cur != -* ]]; then\n"
                 "        compopt -o filenames 2>/dev/null || true\n"
                 "        mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- \"$cur\")\n"
                 "    fi\n"
                 "}\n"
                 "complete -F _heraldctl heraldctl\n");
}

/* zsh */

/* Within single quotes; a colon would end the word that is described. */
static void write_zsh_text(const char *text, FILE *out)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs("'\\''", out);
        else if (*text == ':')
            fputs("\\:", out);
        else
            fputc(*text, out);
    }
}

static void write_zsh_begin(FILE *out)
{
    fprintf(out, "#compdef heraldctl\n# written by heraldctl --completion zsh\n"
                 "local noun='' verb='' files='' i\nlocal -a choices\n"
                 "for ((i = 2; i < CURRENT; i++)); do\n"
                 "    case $words[i] in\n"
                 "    ");
    write_with_value(false, out);
    fprintf(out,
            ") ((++i)) ;;\n"
            "    -*) ;;\n"
            "    *) if [[ -z $noun ]]; then noun=$words[i]; else verb=${verb:-$words[i]}; fi ;;\n"
            "    esac\n"
            "done\n"
            "case $words[CURRENT-1] in\n"
            "--config | --herald | ");
    write_with_value(true, out);
    fprintf(out, ") _files; return ;;\n"
                 "--format)\n    case \"$noun $verb\" in\n");
    for (const struct ctl_verb *at = ctl_verbs; at->noun != NULL; at++) {
        if (!has_forms(at))
            continue;
        fprintf(out, "    '%s %s') choices=(", at->noun, at->verb);
        write_forms(at, " ", out);
        fprintf(out, ") ;;\n");
    }
    fprintf(out, "    esac\n    _describe form choices\n    return\n    ;;\nesac\n");
}

static void write_zsh_verbs(FILE *out)
{
    for (const struct ctl_verb *at = ctl_verbs; at->noun != NULL; at++) {
        if (begins_noun(at))
            fprintf(out, "    %s) choices=(", at->noun);
        if (*at->verb != '\0') {
            fprintf(out, " '%s:", at->verb);
            write_zsh_text(at->help, out);
            fprintf(out, "'");
        }
        if (at[1].noun == NULL || begins_noun(at + 1))
            fprintf(out, ") ;;\n");
    }
}

static void write_zsh(FILE *out)
{
    write_zsh_begin(out);
    fprintf(out, "if [[ -z $noun ]]; then\n    choices=(");
    write_first(out);
    fprintf(out, ")\nelif [[ -z $verb ]]; then\n    case $noun in\n");
    write_zsh_verbs(out);
    for (const struct ctl_other *at = ctl_others; at->word != NULL; at++)
        fprintf(out, "    %s) choices=(%s) ;;\n", at->word, at->offers);
    fprintf(out, "    esac\nelse\n    case \"$noun $verb\" in\n");
    for (const struct ctl_verb *at = ctl_verbs; at->noun != NULL; at++) {
        fprintf(out, "    '%s %s') choices=(", at->noun, at->verb);
        write_options(at, out);
        fprintf(out, ")%s ;;\n", at->takes != NULL ? " files=1" : "");
    }
    for (const struct ctl_other *at = ctl_others; at->word != NULL; at++)
        fprintf(out, "    '%s '*) choices=(%s) ;;\n", at->word, at->offers);
    fprintf(out, "    esac\nfi\n_describe heraldctl choices\n"
                 "if [[ -n $files ]]; then _files; fi\n");
}

/* The manual page */

static void write_roff(struct bytes text, FILE *out)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text.at[i] == '-')
            fputs("\\-", out);
        else if (text.at[i] == '\\')
            fputs("\\e", out);
        else
            fputc(text.at[i], out);
    }
}

/* A usage: words in capitals stand in italics, options in bold. */
static void write_man_usage(const char *text, FILE *out)
{
    while (*text != '\0') {
        const bool word = isupper((unsigned char)*text), option = strncmp(text, "--", 2) == 0;
        size_t length = 1;
        while ((word && (isupper((unsigned char)text[length]) || text[length] == '-')) ||
               (option && (islower((unsigned char)text[length]) || text[length] == '-')))
            length++;
        fputs(word ? "\\fI" : option ? "\\fB" : "", out);
        write_roff(bytes_from(text, length), out);
        fputs(word || option ? "\\fR" : "", out);
        text += length;
    }
}

static void write_man_command(const char *noun, const char *verb, const char *usage,
                              const char *help, FILE *out)
{
    fprintf(out, ".TP\n\\fB%s%s%s\\fR", noun, *verb != '\0' ? " " : "", verb);
    write_man_usage(usage, out);
    fputs("\n\\&", out);
    write_roff(bytes_of(help), out);
    fputc('\n', out);
}

static void write_man_commands(FILE *out)
{
    char usage[CTL_USAGE_SIZE];
    for (const struct ctl_verb *at = ctl_verbs; at->noun != NULL; at++)
        write_man_command(at->noun, at->verb, ctl_usage(at, true, usage), at->help, out);
    for (const struct ctl_other *at = ctl_others; at->word != NULL; at++) {
        snprintf(usage, sizeof(usage), " %s", at->takes);
        write_man_command(at->word, "", usage, at->help, out);
    }
}

static void write_man_options(FILE *out)
{
    for (const struct ctl_option *at = ctl_options; at->name != NULL; at++) {
        fputs(".TP\n\\fB", out);
        write_roff(bytes_of(at->name), out);
        fprintf(out, "\\fR%s%s%s\n", at->value != NULL ? " \\fI" : "",
                at->value != NULL ? at->value : "", at->value != NULL ? "\\fR" : "");
        write_roff(bytes_of(at->help), out);
        fputc('\n', out);
    }
}

static void write_man(FILE *out)
{
    fprintf(
        out,
        ".TH HERALDCTL 1 \"\" \"herald " HERALD_VERSION "\" \"Herald\"\n"
        ".SH NAME\nheraldctl \\- administers a Herald over its HTTP API\n"
        ".SH SYNOPSIS\n.B heraldctl\n[\\fIOPTION\\fR ...] \\fINOUN VERB\\fR [\\fIWORD\\fR ...]\n"
        "[\\fIOPTION\\fR ...]\n"
        ".SH DESCRIPTION\nEach noun and verb stands for a request to the HTTP API of\n"
        ".BR herald (1).\nLists are shown as tables, everything else as an outline; with\n"
        ".B \\-\\-json\nthe answer is printed as it came.\n"
        "Words in capitals are wanted, what stands in brackets may be left out, and what ends "
        "with\n"
        "three dots may be repeated. Passwords and other secrets are read from standard input.\n"
        "A\n.I FILE\nis read from standard input when it is left out or \\-; its form is that of "
        "its\n"
        "name (people.csv), else the first, unless\n.B \\-\\-format\nsays another. "
        "Behind \\-\\- nothing is an option.\n"
        ".SH OPTIONS\n"
        "The first three stand before the noun, all others anywhere.\n");
    write_man_options(out);
    fprintf(out, ".SH COMMANDS\n");
    write_man_commands(out);
    fprintf(
        out,
        ".SH ENVIRONMENT\n.TP\n.B HERALD_URL\nThe server.\n.TP\n.B HERALD_TOKEN\n"
        "The token. No option has it: whoever looks at the processes of this host sees options.\n"
        ".SH FILES\n.TP\n.I ~/.config/heraldctl\n"
        "Lines url = ..., token = ..., ca = ...; for nobody else to read.\n"
        ".SH EXIT STATUS\n0 when it was done, 1 when not; then one line on standard error\n"
        "says why, and what to do.\n.SH SEE ALSO\n.BR herald (1)\n");
}

bool ctl_write_completion(const char *kind, FILE *out)
{
    if (strcmp(kind, "bash") == 0)
        write_bash(out);
    else if (strcmp(kind, "zsh") == 0)
        write_zsh(out);
    else if (strcmp(kind, "man") == 0)
        write_man(out);
    else
        return false;
    return true;
}
