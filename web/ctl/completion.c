/* completion.c: completions for bash and zsh, and the manual page, from the table of words.
 *
 * Both completions walk the words that stand there already to the noun and the verb, and offer what
 * may come next: options and nouns, verbs of a noun, options of a verb. */
#include "web/ctl/completion.h"

#include <ctype.h>
#include <string.h>

#include "web/ctl/verbs.h"

/* Words that are no nouns of the table. */
static const struct {
    const char *word, *takes, *help;
} others[] = {
    {"request", "METHOD PATH [BODY]", "anything that the API has"},
    {"check", "[--config FILE] [--herald PROGRAM]",
     "looks at configuration, certificates, DNS, ports, clock and disk, and says what to mend"},
};
enum { OTHERS = sizeof(others) / sizeof(others[0]) };

static const char options[] = "--url --token-file --ca --json --help --version";

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
        if (!member.word && member.kind != SECRET)
            fprintf(out, " --%s", member.option);
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

static void write_bash(FILE *out)
{
    fprintf(out,
            "# bash completion of heraldctl; written by heraldctl --completion bash\n"
            "_heraldctl() {\n"
            "    local cur=${COMP_WORDS[COMP_CWORD]} noun='' verb='' words='' word i\n"
            "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
            "        word=${COMP_WORDS[i]}\n"
            "        case $word in\n"
            "        --url | --token-file | --ca) ((i++)) ;;\n"
            "        -*) ;;\n"
            "        *) if [[ -z $noun ]]; then noun=$word; else verb=${verb:-$word}; fi ;;\n"
            "        esac\n"
            "    done\n"
            "    case ${COMP_WORDS[COMP_CWORD - 1]} in\n"
            "    --token-file | --ca | --config)\n"
            "        COMPREPLY=($(compgen -f -- \"$cur\"))\n"
            "        return\n"
            "        ;;\n"
            "    esac\n"
            "    if [[ -z $noun ]]; then\n"
            "        words='%s",
            options);
    for (size_t i = 0; i < OTHERS; i++)
        fprintf(out, " %s", others[i].word);
    for (const struct ctl_verb *at = ctl_verbs; at->noun != NULL; at++)
        if (begins_noun(at))
            fprintf(out, " %s", at->noun);
    fprintf(out, "'\n    elif [[ -z $verb ]]; then\n        case $noun in\n");
    write_bash_verbs(out);
    fprintf(out, "        check) words='--config --herald' ;;\n"
                 "        request) words='GET PUT POST PATCH DELETE' ;;\n"
                 "        esac\n    else\n        words=--json\n        case \"$noun $verb\" in\n");
    for (const struct ctl_verb *at = ctl_verbs; at->noun != NULL; at++) {
        fprintf(out, "        '%s %s') words='--json", at->noun, at->verb);
        write_options(at, out);
        fprintf(out, "' ;;\n");
    }
    fprintf(out, "        esac\n    fi\n"
                 "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n}\n"
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

static void write_zsh(FILE *out)
{
    fprintf(out,
            "#compdef heraldctl\n# written by heraldctl --completion zsh\n"
            "local noun='' verb='' i\nlocal -a choices\n"
            "for ((i = 2; i < CURRENT; i++)); do\n"
            "    case $words[i] in\n"
            "    --url | --token-file | --ca) ((i++)) ;;\n"
            "    -*) ;;\n"
            "    *) if [[ -z $noun ]]; then noun=$words[i]; else verb=${verb:-$words[i]}; fi ;;\n"
            "    esac\n"
            "done\n"
            "if [[ -z $noun ]]; then\n    choices=(%s",
            options);
    for (size_t i = 0; i < OTHERS; i++)
        fprintf(out, " %s", others[i].word);
    for (const struct ctl_verb *at = ctl_verbs; at->noun != NULL; at++)
        if (begins_noun(at))
            fprintf(out, " %s", at->noun);
    fprintf(out, ")\nelif [[ -z $verb ]]; then\n    case $noun in\n");
    for (const struct ctl_verb *at = ctl_verbs; at->noun != NULL; at++) {
        if (begins_noun(at))
            fprintf(out, "    %s) choices=(", at->noun);
        fprintf(out, "'%s:", at->verb);
        write_zsh_text(at->help, out);
        bool last = at[1].noun == NULL || begins_noun(at + 1);
        fprintf(out, last ? "') ;;\n" : "' ");
    }
    fprintf(out, "    check) choices=(--config --herald) ;;\n"
                 "    request) choices=(GET PUT POST PATCH DELETE) ;;\n"
                 "    esac\nelse\n    choices=(--json)\n    case \"$noun $verb\" in\n");
    for (const struct ctl_verb *at = ctl_verbs; at->noun != NULL; at++) {
        fprintf(out, "    '%s %s') choices=(--json", at->noun, at->verb);
        write_options(at, out);
        fprintf(out, ") ;;\n");
    }
    fprintf(out, "    esac\nfi\n_describe heraldctl choices\n");
}

/* The manual page */

static void write_roff(const char *text, FILE *out)
{
    for (; *text != '\0'; text++) {
        if (*text == '-')
            fputs("\\-", out);
        else if (*text == '\\')
            fputs("\\e", out);
        else
            fputc(*text, out);
    }
}

/* The words that fill the path: "USER BUDDY". */
static void write_path_words(const struct ctl_verb *verb, FILE *out)
{
    for (const char *at = verb->path; (at = strchr(at, '{')) != NULL; at++) {
        fputs(" \\fI", out);
        for (const char *c = at + 1; *c != '}'; c++)
            fputc(toupper((unsigned char)*c), out);
        fputs("\\fR", out);
    }
}

static void write_members(const struct ctl_verb *verb, FILE *out)
{
    const char *rest = verb->members;
    struct ctl_member member;
    while (ctl_member_next(&rest, &member)) {
        if (member.kind == SECRET)
            continue;
        if (member.word) {
            fputs(" \\fI", out);
            write_roff(member.option, out);
            fputs(member.kind == LIST ? "\\fR ..." : "\\fR", out);
        } else {
            fputs(" [\\fB\\-\\-", out);
            write_roff(member.option, out);
            fprintf(out, "\\fR \\fI%s\\fR]%s",
                    member.kind == NUMBER  ? "N"
                    : member.kind == TRUTH ? "yes|no"
                                           : "TEXT",
                    member.kind == LIST ? " ..." : "");
        }
    }
}

static void write_man_commands(FILE *out)
{
    for (const struct ctl_verb *at = ctl_verbs; at->noun != NULL; at++) {
        fprintf(out, ".TP\n\\fB%s %s\\fR", at->noun, at->verb);
        write_path_words(at, out);
        write_members(at, out);
        fputs("\n\\&", out);
        write_roff(*at->help != '\0' ? at->help : at->path, out);
        fputc('\n', out);
    }
    for (size_t i = 0; i < OTHERS; i++) {
        fprintf(out, ".TP\n\\fB%s\\fR ", others[i].word);
        write_roff(others[i].takes, out);
        fputs("\n\\&", out);
        write_roff(others[i].help, out);
        fputc('\n', out);
    }
}

static void write_man(FILE *out)
{
    fprintf(
        out,
        ".TH HERALDCTL 1 \"\" \"herald " HERALD_VERSION "\" \"Herald\"\n"
        ".SH NAME\nheraldctl \\- administers a Herald over its HTTP API\n"
        ".SH SYNOPSIS\n.B heraldctl\n[\\fB\\-\\-url\\fR \\fIURL\\fR]\n"
        "[\\fB\\-\\-token\\-file\\fR \\fIFILE\\fR]\n[\\fB\\-\\-ca\\fR \\fIFILE\\fR]\n"
        "[\\fB\\-\\-json\\fR]\n\\fINOUN VERB\\fR ...\n"
        ".SH DESCRIPTION\nEach noun and verb stands for a request to the HTTP API of\n"
        ".BR herald (1).\nLists are shown as tables, everything else as lines; with\n"
        ".B \\-\\-json\nthe answer is printed as it came.\n"
        "Words in capitals are wanted, options in brackets may be left out, and what ends with\n"
        "three dots may be repeated. Passwords are read from standard input.\n"
        ".SH OPTIONS\n"
        ".TP\n\\fB\\-\\-url\\fR \\fIURL\\fR\nThe server; http://127.0.0.1:8080 when nobody says.\n"
        ".TP\n\\fB\\-\\-token\\-file\\fR \\fIFILE\\fR\n"
        "The token is the first line of this file; \\- is standard input.\n"
        ".TP\n\\fB\\-\\-ca\\fR \\fIFILE\\fR\nPEM file of the authority of the server's "
        "certificate.\n"
        ".TP\n.B \\-\\-json\nAnswers as JSON, for programs.\n"
        ".SH COMMANDS\n");
    write_man_commands(out);
    fprintf(out,
            ".SH ENVIRONMENT\n.TP\n.B HERALD_URL\nThe server.\n.TP\n.B HERALD_TOKEN\n"
            "The token.\n.SH FILES\n.TP\n.I ~/.config/heraldctl\n"
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
