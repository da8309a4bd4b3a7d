/* command_rule.c: herald rule OWNER show|set|clear, and allow|confirm|polite-block|block WATCHER.
 *
 * A document is judged before it is stored. The last four write it anew for one watcher and keep
 * what they do not know (pidf/rules.h), in the same transaction in which it was read. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "command_internal.h"
#include "pidf/rules.h"

static struct rules_limits limits_of(const struct work *work)
{
    struct rules_limits limits = rules_limits_default();
    limits.size_bytes = work->config->rules_max_bytes;
    return limits;
}

/* An edit of the stored document: what is wanted, and why it could not be had. */
struct change {
    const struct work *work;
    struct blob *document;      /* set: the new one; NULL: none */
    const char *watcher;        /* of the last four: its URI */
    enum sub_handling handling; /* likewise */
    struct verdict fault;       /* when the edit could not be made */
    unsigned line;              /* of the stored document, where the fault is */
};

static bool write_rules(struct change *change, account_edit_fn edit)
{
    const struct work *work = change->work;
    struct account_file *file = command_open(work);
    if (file == NULL)
        return false;
    enum err err = account_edit_rules(file, bytes_of(work->aor), edit, change);
    account_file_close(&file);
    if (err == ERR_CLOSED)
        return command_fail(
            "the rules of %s stay as they are: %s (line %u); herald rule %s show prints them",
            work->aor, change->fault.reason, change->line, work->aor);
    return err == ERR_NONE || command_failed(work, err);
}

/* show */

static void print_rules(void *context, const struct store_rules *rules)
{
    (void)context;
    fwrite(rules->document.at, 1, rules->document.length, stdout);
}

static bool rule_show(struct work *work, const char *const *words)
{
    (void)words;
    struct account_file *file = command_open(work);
    if (file == NULL)
        return false;
    enum err err = account_known(file, bytes_of(work->aor));
    if (err == ERR_NONE)
        err = account_load_rules(file, bytes_of(work->aor), print_rules, NULL);
    account_file_close(&file);
    return err == ERR_NONE || command_failed(work, err);
}

/* set */

/* The file's bytes, one more than allowed at most; NULL with a message. */
static char *read_file(const char *path, size_t most, size_t *length)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *file = standard ? stdin : fopen(path, "re");
    if (file == NULL) {
        command_fail("%s cannot be read: %s", path, strerror(errno));
        return NULL;
    }
    char *text = memory_new(most + 2);
    *length = fread(text, 1, most + 1, file);
    bool failed = ferror(file) != 0;
    int error = errno;
    if (!standard)
        fclose(file);
    if (!failed)
        return text;
    free(text);
    command_fail("%s cannot be read: %s", path, strerror(error));
    return NULL;
}

static bool judge(const struct work *work, const char *path, struct bytes document)
{
    const struct rules_names names = {domains_write_name, work->domains};
    const struct rules_limits limits = limits_of(work);
    struct rules *rules;
    struct verdict result = rules_parse(document, &limits, &names, &rules);
    rules_free(&rules);
    if (verdict_ok(result))
        return true;
    if (document.length > limits.size_bytes)
        return command_fail("%s is longer than %zu bytes (policy.rules_max_bytes)", path,
                            limits.size_bytes);
    return command_fail("%s:%u: %s", path, rules_line(document, result.offset), result.reason);
}

static bool put_document(void *context, struct bytes document, struct blob **edited)
{
    const struct change *change = context;
    (void)document;
    *edited = blob_ref(change->document);
    return true;
}

static bool rule_set(struct work *work, const char *const *words)
{
    struct change change = {.work = work};
    size_t length;
    char *text = read_file(words[0], work->config->rules_max_bytes, &length);
    if (text == NULL)
        return false;
    bool done = judge(work, words[0], bytes_from(text, length));
    if (done) {
        change.document = blob_new(bytes_from(text, length));
        done = write_rules(&change, put_document);
        blob_unref(&change.document);
    }
    free(text);
    if (done)
        printf("the rules of %s are set\n", work->aor);
    return done;
}

static bool rule_clear(struct work *work, const char *const *words)
{
    struct change change = {.work = work};
    (void)words;
    if (!write_rules(&change, put_document))
        return false;
    printf("%s has no rules any more\n", work->aor);
    return true;
}

/* One watcher. */

static bool edit_watcher(void *context, struct bytes document, struct blob **edited)
{
    struct change *change = context;
    const struct rules_names names = {domains_write_name, change->work->domains};
    const struct rules_limits limits = limits_of(change->work);
    change->fault = rules_set_watcher(document, &limits, &names, bytes_of(change->watcher),
                                      change->handling, edited);
    change->line = rules_line(document, change->fault.offset);
    return verdict_ok(change->fault);
}

static bool handle(struct work *work, const char *who, enum sub_handling handling,
                   const char *outcome)
{
    char watcher[AOR_SIZE], uri[AOR_SIZE + 8];
    if (!command_find_anybody(work, who, watcher))
        return false;
    if (strcmp(watcher, work->aor) == 0)
        return command_fail("%s always sees everything of itself", watcher);
    snprintf(uri, sizeof(uri), "sip:%s", watcher);
    struct change change = {.work = work, .watcher = uri, .handling = handling};
    if (!write_rules(&change, edit_watcher))
        return false;
    printf("%s %s %s\n", watcher, outcome, work->aor);
    return true;
}

static bool rule_allow(struct work *work, const char *const *words)
{
    return handle(work, words[0], SUB_ALLOW, "may see");
}

static bool rule_confirm(struct work *work, const char *const *words)
{
    return handle(work, words[0], SUB_CONFIRM, "has to wait for");
}

static bool rule_polite_block(struct work *work, const char *const *words)
{
    return handle(work, words[0], SUB_POLITE_BLOCK, "sees nothing but an absent");
}

static bool rule_block(struct work *work, const char *const *words)
{
    return handle(work, words[0], SUB_BLOCK, "may not see");
}

static const struct verb verbs[] = {
    {"show", 0, 0, "nothing more", rule_show},
    {"set", 1, 1, "a file, or - for standard input", rule_set},
    {"clear", 0, 0, "nothing more", rule_clear},
    {"allow", 1, 1, "the address of a watcher", rule_allow},
    {"confirm", 1, 1, "the address of a watcher", rule_confirm},
    {"polite-block", 1, 1, "the address of a watcher", rule_polite_block},
    {"block", 1, 1, "the address of a watcher", rule_block},
};

static const struct verb *find(const char *const *words)
{
    return command_verb(verbs, sizeof(verbs) / sizeof(verbs[0]), "rule OWNER", words + 2);
}

bool command_rule_check(const char *const *words)
{
    if (words[1] == NULL)
        return command_fail("herald rule wants a user whose rules they are; see herald --help");
    return find(words) != NULL;
}

bool command_rule(struct work *work, const char *const *words)
{
    return command_find_account(work, words[1]) && find(words)->run(work, words + 3);
}
