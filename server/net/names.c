/* names.c: the cache.
 *
 *              names_use           names_came                  next turn
 *   (nothing) -----------> ASKED -------------> ASKED, `came` -----------> known
 *      ^                     ^                                              |  |
 *      |  oldest, over the   |  used again, and its time is over            |  |
 *      |  limit; worthless   +----------------------------------------------+  |
 *      +------------------------------------------------ IDLE <----------------+ nobody uses it
 *
 * Answers wait for a turn of their own before anybody hears of them: c-ares may answer from within
 * the asking, and whoever is told may ask again, leave, or have others leave.
 *
 * What is known: an answer and until when (RFC 1035 TTL; RFC 2308 for nothing; a few seconds for a
 * failure). When a question fails and there were records before, these go on serving for a while
 * (RFC 8767), and the question is not asked again for half a minute. */
#include "net/names_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/memory.h"
#include "base/table.h"

enum { STALE_AGAIN_S = 30, TYPE_BYTES = 2 }; /* RFC 8767 5 */

struct name_entry {
    UT_hash_handle hh;
    struct name_entry *prev, *next; /* in `idle`, or in `came` */
    struct answer *answer;          /* what is known; NULL: nothing yet */
    struct answer *came;            /* what will be known in the next turn */
    uint64_t until_ms, extras_until_ms, stale_until_ms;
    struct name_use *waiting, *holding;
    enum record_type type;
    bool asked, idle;
    unsigned key_length;
    char key[]; /* the type, the name and a NUL */
};

struct names {
    struct world *world;
    struct dns_settings settings;
    struct metrics *metrics;
    names_ask_fn ask;
    void *context;
    struct name_entry *table;
    struct name_entry *idle; /* the one unused longest first */
    struct name_entry *came;
    struct timer due; /* something came */
    uint64_t seed;
    unsigned idle_count, asked_count, questions_max;
};

static const struct answer failed = {.kind = ANSWER_FAILED};

/* Entries. */

static unsigned key_write(char key[TYPE_BYTES + NAME_SIZE], const char *name, enum record_type type)
{
    struct buffer out = buffer_over(key, TYPE_BYTES + NAME_SIZE);
    buffer_char(&out, (char)((unsigned)type >> 8));
    buffer_char(&out, (char)type);
    buffer_put(&out, bytes_from(name, strlen(name) + 1));
    assert(!out.overflow);
    return (unsigned)out.length;
}

static struct name_entry *entry_of(struct names *names, const char *name, enum record_type type)
{
    char key[TYPE_BYTES + NAME_SIZE];
    struct name_entry *entry;
    unsigned length = key_write(key, name, type);
    TABLE_FIND(names->table, key, length, names->seed, entry);
    if (entry != NULL)
        return entry;
    entry = memory_new(sizeof(*entry) + length);
    memcpy(entry->key, key, length);
    entry->key_length = length;
    entry->type = type;
    TABLE_ADD(names->table, entry->key, length, names->seed, entry);
    return entry;
}

static void entry_free(struct name_entry *entry)
{
    free(entry->answer);
    free(entry->came);
    free(entry);
}

static void entry_forget(struct names *names, struct name_entry *entry)
{
    HASH_DELETE(hh, names->table, entry);
    entry_free(entry);
}

static void entry_wake(struct names *names, struct name_entry *entry)
{
    if (!entry->idle)
        return;
    DL_DELETE(names->idle, entry);
    entry->idle = false;
    names->idle_count--;
}

static bool is_known(const struct names *names, const struct name_entry *entry)
{
    return entry->answer != NULL && names->world->now_ms < entry->until_ms;
}

static bool is_stale(const struct names *names, const struct name_entry *entry)
{
    return entry->answer != NULL && names->world->now_ms < entry->stale_until_ms;
}

/* There is one more than before. */
static void idle_trim(struct names *names)
{
    struct name_entry *oldest = names->idle;
    if (names->idle_count <= names->settings.cache_max)
        return;
    assert(oldest != NULL);
    if (is_known(names, oldest))
        metrics_count(names->metrics, METRIC_dns_evicted);
    entry_wake(names, oldest);
    entry_forget(names, oldest);
}

/* After a use or a question has ended. */
static void entry_rest(struct names *names, struct name_entry *entry)
{
    if (entry->asked || entry->waiting != NULL || entry->holding != NULL || entry->idle)
        return;
    if (!is_known(names, entry) && !is_stale(names, entry)) {
        entry_forget(names, entry);
        return;
    }
    DL_APPEND(names->idle, entry);
    entry->idle = true;
    names->idle_count++;
    idle_trim(names);
}

/* Answers. */

static uint64_t after_s(const struct names *names, uint32_t seconds, unsigned most_s)
{
    return names->world->now_ms + (uint64_t)(seconds < most_s ? seconds : most_s) * 1000;
}

/* What was known serves on, if it may; else the failure is known, for a short while. */
static void entry_fail(struct names *names, struct name_entry *entry)
{
    const struct dns_settings *settings = &names->settings;
    metrics_count(names->metrics, METRIC_dns_failures);
    if (is_stale(names, entry)) {
        metrics_count(names->metrics, METRIC_dns_stale);
        entry->until_ms = after_s(names, STALE_AGAIN_S, settings->stale_s);
        free(entry->came);
        return;
    }
    free(entry->answer);
    entry->answer = entry->came;
    entry->until_ms = after_s(names, settings->failure_s, settings->failure_s);
}

static void entry_learn(struct names *names, struct name_entry *entry)
{
    const struct dns_settings *settings = &names->settings;
    const struct answer *answer = entry->came;
    bool records = answer->kind == ANSWER_RECORDS;
    if (answer->cut)
        metrics_count(names->metrics, METRIC_dns_answers_cut);
    unsigned most_s = settings->ttl_most_s;
    if (!records && settings->negative_s < most_s)
        most_s = settings->negative_s;
    free(entry->answer);
    entry->answer = entry->came;
    entry->until_ms = after_s(names, answer->ttl_s, most_s);
    entry->extras_until_ms = after_s(names, answer->extras_ttl_s, most_s);
    entry->stale_until_ms = records ? entry->until_ms + (uint64_t)settings->stale_s * 1000 : 0;
}

/* The entry counts as asked until all have been told, so that it stays, and nobody asks anew for
 * what has just come. */
static void entry_tell(struct names *names, struct name_entry *entry)
{
    if (entry->came->kind == ANSWER_FAILED)
        entry_fail(names, entry);
    else
        entry_learn(names, entry);
    entry->came = NULL;
    while (entry->waiting != NULL) {
        struct name_use *use = entry->waiting;
        DL_DELETE(entry->waiting, use);
        DL_APPEND(entry->holding, use);
        use->waiting = false;
        use->ready(use);
    }
    entry->asked = false;
    names->asked_count--;
    entry_rest(names, entry);
}

static void names_due(struct timer *timer)
{
    struct names *names = HOLDER(timer, struct names, due);
    while (names->came != NULL) {
        struct name_entry *entry = names->came;
        DL_DELETE(names->came, entry);
        entry_tell(names, entry);
    }
}

void names_came(struct names *names, struct name_entry *entry, struct answer *answer)
{
    assert(entry->asked && entry->came == NULL && answer != NULL);
    entry->came = answer;
    DL_APPEND(names->came, entry);
    world_timer(names->world, &names->due, 0, names_due);
}

const struct answer *names_answer(const struct names *names, const struct name_use *use)
{
    const struct name_entry *entry = use->entry;
    if (entry == NULL || entry->answer == NULL)
        return &failed;
    return use->waiting && !is_stale(names, entry) ? &failed : entry->answer;
}

bool names_extras_fresh(const struct names *names, const struct name_use *use)
{
    return use->entry != NULL && names->world->now_ms < use->entry->extras_until_ms;
}

/* Questions. */

static bool may_go_out(struct names *names, bool may_ask)
{
    if (may_ask && names->asked_count < names->questions_max)
        return true;
    metrics_count(names->metrics, METRIC_dns_limited);
    return false;
}

static void entry_ask(struct names *names, struct name_entry *entry)
{
    assert(!entry->asked && names->ask != NULL);
    entry->asked = true;
    names->asked_count++;
    metrics_count(names->metrics, METRIC_dns_questions);
    names->ask(names->context, entry->key + TYPE_BYTES, entry->type, entry);
}

static void hold(struct name_entry *entry, struct name_use *use)
{
    use->entry = entry;
    DL_APPEND(entry->holding, use);
}

static bool use_at_once(struct names *names, struct name_entry *entry, struct name_use *use,
                        bool may_ask)
{
    if (is_known(names, entry)) {
        metrics_count(names->metrics, METRIC_dns_known);
        hold(entry, use);
        return true;
    }
    if (entry->asked ? may_ask : may_go_out(names, may_ask))
        return false;
    if (is_stale(names, entry))
        hold(entry, use);
    else
        entry_rest(names, entry);
    return true;
}

bool names_use(struct names *names, struct name_use *use, const char *name, enum record_type type,
               bool may_ask)
{
    assert(use->entry == NULL && use->ready != NULL);
    struct name_entry *entry = entry_of(names, name, type);
    entry_wake(names, entry);
    if (use_at_once(names, entry, use, may_ask))
        return true;
    use->entry = entry;
    use->waiting = true;
    DL_APPEND(entry->waiting, use);
    if (entry->asked)
        metrics_count(names->metrics, METRIC_dns_shared);
    else
        entry_ask(names, entry);
    return false;
}

void names_leave(struct names *names, struct name_use *use)
{
    struct name_entry *entry = use->entry;
    if (entry == NULL)
        return;
    if (use->waiting)
        DL_DELETE(entry->waiting, use);
    else
        DL_DELETE(entry->holding, use);
    use->entry = NULL;
    use->waiting = false;
    entry_rest(names, entry);
}

/* The whole. */

struct names *names_new(struct world *world, const struct dns_settings *settings,
                        unsigned questions_max, struct metrics *metrics)
{
    struct names *names = memory_new(sizeof(*names));
    assert(questions_max > 0);
    names->world = world;
    names->settings = *settings;
    names->metrics = metrics;
    names->questions_max = questions_max;
    names->seed = world_random_u64(world);
    return names;
}

void names_on_ask(struct names *names, names_ask_fn ask, void *context)
{
    assert(names->table == NULL);
    names->ask = ask;
    names->context = context;
}

void names_free(struct names **names)
{
    struct names *own = *names;
    if (own == NULL)
        return;
    *names = NULL;
    wheel_cancel(own->world->wheel, &own->due);
    struct name_entry *entry = own->table;
    HASH_CLEAR(hh, own->table); /* the table alone; its entries stay linked */
    while (entry != NULL) {
        struct name_entry *next = entry->hh.next;
        assert(entry->waiting == NULL && entry->holding == NULL);
        entry_free(entry);
        entry = next;
    }
    free(own);
}
