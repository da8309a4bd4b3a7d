/* watching.c: the steps about who may see whom, written into the database as `herald rule`,
 * `herald roster` and `herald setting` do it beside the running server. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "pidf/rules.h"
#include "play.h"
#include "store/accounts.h"

/* "alice" of the first domain, or "carol@other.org"; free() it. */
static char *address_of(const struct play *play, struct bytes user)
{
    struct page aor = {0};
    page_put(&aor, user);
    if (bytes_index(user, '@') < 0)
        page_format(&aor, "@%s", play->domain);
    return aor.at;
}

/* One change under way. */
struct watching {
    struct play *play;
    char *owner, *other; /* addresses; other NULL: none */
    struct bytes group;  /* of the owner's roster; empty: none */
    struct blob *document;
    struct bytes name, value; /* of a setting */
    enum sub_handling handling;
    const char *reason; /* why an edit failed */
};

static void watching_release(struct watching *watching)
{
    free(watching->owner);
    free(watching->other);
    blob_unref(&watching->document);
}

static bool put_document(void *context, struct bytes document, struct blob **edited)
{
    const struct watching *watching = context;
    (void)document;
    *edited = blob_ref(watching->document);
    return true;
}

static bool edit_watcher(void *context, struct bytes document, struct blob **edited)
{
    struct watching *watching = context;
    const struct rules_limits limits = rules_limits_default();
    struct domains *domains = config_domains(watching->play->stage.config);
    const struct rules_names names = {domains_write_name, domains};
    struct page uri = {0};
    page_format(&uri, "sip:%s", watching->other);
    struct verdict result =
        rules_set_watcher(document, &limits, &names, page_bytes(&uri), watching->handling, edited);
    watching->reason = result.reason;
    page_release(&uri);
    domains_free(&domains);
    return verdict_ok(result);
}

/* Opens the file, changes it and lets the server notice. */
static bool change(struct watching *watching,
                   enum err (*run)(struct account_file *file, struct watching *watching))
{
    struct stage *stage = &watching->play->stage;
    enum err err;
    struct account_file *file =
        account_file_open(stage->data, &err, stage->why, sizeof(stage->why));
    if (file == NULL)
        return play_fault(watching->play, "%s", stage->why);
    err = run(file, watching);
    account_file_close(&file);
    stage_settle(stage);
    return err == ERR_NONE || play_fault(watching->play, "%s: %s", watching->owner,
                                         err == ERR_CLOSED ? watching->reason : err_name(err));
}

static enum err put_rules(struct account_file *file, struct watching *watching)
{
    return account_edit_rules(file, bytes_of(watching->owner), put_document, watching);
}

static enum err edit_rules(struct account_file *file, struct watching *watching)
{
    return account_edit_rules(file, bytes_of(watching->owner), edit_watcher, watching);
}

static enum err add_buddy(struct account_file *file, struct watching *watching)
{
    const struct store_buddy buddy = {.aor = bytes_of(watching->owner),
                                      .buddy = bytes_of(watching->other),
                                      .groups = watching->group};
    return account_put_buddy(file, &buddy, watching->play->stage.config->buddies_max);
}

static enum err remove_buddy(struct account_file *file, struct watching *watching)
{
    const struct store_buddy buddy = {.aor = bytes_of(watching->owner),
                                      .buddy = bytes_of(watching->other)};
    return account_delete_buddy(file, &buddy);
}

static enum err put_preference(struct account_file *file, struct watching *watching)
{
    const struct store_preference preference = {bytes_of(watching->owner), watching->name,
                                                watching->value};
    return account_put_preference(file, &preference);
}

static bool take_owner(struct watching *watching, struct words *words)
{
    if (!words_are(words, "of") || words_end(words))
        return false;
    watching->owner = address_of(watching->play, words_take(words));
    return true;
}

static bool take_other(struct watching *watching, struct words *words)
{
    if (words_end(words))
        return false;
    watching->other = address_of(watching->play, words_take(words));
    return true;
}

static bool lose_rules(struct play *play, bool lost)
{
    return stage_break_store(&play->stage, "rules", lost) ||
           play_fault(play, "%s", play->stage.why);
}

bool play_rules(struct play *play, struct words *words)
{
    bool lost = words_are(words, "cannot be read");
    if (lost || words_are(words, "can be read"))
        return lose_rules(play, lost);
    struct watching watching = {.play = play};
    struct page text = {0};
    for (size_t i = 0; i < play->step->count; i++)
        page_format(&text, "%.*s\n", BYTES_ARGS(play->step->block[i].text));
    if (text.length > 0)
        watching.document = blob_new(page_bytes(&text));
    bool done = (take_owner(&watching, words) && words_are(words, "are")) ||
                play_fault(play, "rules of USER are, and a block");
    done = done && change(&watching, put_rules);
    page_release(&text);
    watching_release(&watching);
    return done;
}

bool play_rule(struct play *play, struct words *words)
{
    static const char *const handlings[] = {
        [SUB_BLOCK] = "block",
        [SUB_CONFIRM] = "confirm",
        [SUB_POLITE_BLOCK] = "polite-block",
        [SUB_ALLOW] = "allow",
    };
    struct watching watching = {.play = play};
    bool known = false;
    bool done = take_owner(&watching, words);
    for (int i = SUB_BLOCK; done && !known && i <= SUB_ALLOW; i++) {
        known = words_are(words, handlings[i]);
        watching.handling = (enum sub_handling)i;
    }
    done = (known && take_other(&watching, words)) ||
           play_fault(play, "rule of USER allow|confirm|polite-block|block WATCHER");
    done = done && change(&watching, edit_rules);
    watching_release(&watching);
    return done;
}

bool play_roster(struct play *play, struct words *words)
{
    struct watching watching = {.play = play};
    bool done = take_owner(&watching, words), adds = done && words_are(words, "add");
    done = (done && (adds || words_are(words, "remove")) && take_other(&watching, words)) ||
           play_fault(play, "roster of USER add|remove BUDDY [in GROUP]");
    if (done && adds && words_are(words, "in"))
        watching.group = words_take(words);
    done = done && change(&watching, adds ? add_buddy : remove_buddy);
    watching_release(&watching);
    return done;
}

bool play_setting(struct play *play, struct words *words)
{
    struct watching watching = {.play = play};
    bool done = take_owner(&watching, words);
    watching.name = words_take(words);
    watching.value = words_take(words);
    done =
        (done && !bytes_empty(watching.name)) || play_fault(play, "setting of USER NAME [VALUE]");
    done = done && change(&watching, put_preference);
    watching_release(&watching);
    return done;
}
