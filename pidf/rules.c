/* rules.c: which rules match, and what they permit together (RFC 4745 10, RFC 5025 3).
 *
 *   each rule: all its conditions hold? --> the highest sub-handling of those that match, and the
 *   union of what they show
 *
 * A rule whose other conditions hold may begin or end to match when a period does: the next such
 * moment tells how long the answer is good. */
#include "pidf/rules.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "rules_internal.h"

static int compare_names(const void *a, const void *b)
{
    return bytes_compare(*(const struct bytes *)a, *(const struct bytes *)b);
}

static bool set_has(const struct name_set *set, struct bytes name)
{
    return set->count > 0 &&
           bsearch(&name, set->names, set->count, sizeof(name), compare_names) != NULL;
}

static bool many_matches(const struct many *many, struct bytes identity)
{
    struct bytes domain = rules_domain_of(identity);
    if (many->of_domain && !bytes_equal(many->domain, domain))
        return false;
    return !set_has(&many->not_domains, domain) && !set_has(&many->not_ids, identity);
}

/* Only who is proved can match (RFC 4745 7.1.1). */
static bool identity_matches(const struct condition *condition, struct bytes identity)
{
    if (bytes_empty(identity))
        return false;
    if (set_has(&condition->ones, identity))
        return true;
    for (size_t i = 0; i < condition->many_count; i++)
        if (many_matches(&condition->manies[i], identity))
            return true;
    return false;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Any of the tokens, without case (RFC 4745 7.3). */
static bool sphere_matches(struct bytes tokens, struct bytes sphere)
{
    while (!bytes_empty(sphere) && !bytes_empty(tokens)) {
        size_t length = 0;
        while (length < tokens.length && !is_blank(tokens.at[length]))
            length++;
        if (bytes_equal_nocase(bytes_first(tokens, length), sphere))
            return true;
        tokens = bytes_skip(tokens, length < tokens.length ? length + 1 : length);
    }
    return false;
}

static bool validity_holds(const struct condition *condition, uint64_t now_ms)
{
    for (size_t i = 0; i < condition->period_count; i++)
        if (now_ms >= condition->periods[i].from_ms && now_ms < condition->periods[i].until_ms)
            return true;
    return false;
}

static uint64_t sooner(uint64_t now_ms, uint64_t moment_ms, uint64_t until_ms)
{
    return moment_ms > now_ms && (until_ms == 0 || moment_ms < until_ms) ? moment_ms : until_ms;
}

/* The next moment at which a period begins or ends. */
static uint64_t validity_until(const struct condition *condition, uint64_t now_ms,
                               uint64_t until_ms)
{
    for (size_t i = 0; i < condition->period_count; i++) {
        const struct period *period = &condition->periods[i];
        if (period->from_ms >= period->until_ms)
            continue;
        until_ms = sooner(now_ms, period->from_ms, until_ms);
        until_ms = sooner(now_ms, period->until_ms, until_ms);
    }
    return until_ms;
}

/* True when all conditions but those of time hold. */
static bool rule_concerns(const struct rule *rule, const struct rules_case *judge)
{
    for (size_t i = 0; i < rule->condition_count; i++) {
        const struct condition *condition = &rule->conditions[i];
        if (condition->kind == CONDITION_NEVER ||
            (condition->kind == CONDITION_IDENTITY &&
             !identity_matches(condition, judge->identity)) ||
            (condition->kind == CONDITION_SPHERE &&
             !sphere_matches(condition->spheres, judge->sphere)))
            return false;
    }
    return true;
}

/* True when it is time for the rule; *until_ms: when that may change. */
static bool rule_is_valid(const struct rule *rule, uint64_t now_ms, uint64_t *until_ms)
{
    bool valid = true;
    for (size_t i = 0; i < rule->condition_count; i++) {
        const struct condition *condition = &rule->conditions[i];
        if (condition->kind != CONDITION_VALIDITY)
            continue;
        valid = valid && validity_holds(condition, now_ms);
        *until_ms = validity_until(condition, now_ms, *until_ms);
    }
    return valid;
}

/* What the rules show that match: the rights of the one that usually does are shared, those of
 * several are gathered and united once. */
struct gathering {
    struct rights *one; /* borrowed */
    bool several;
    struct rights_draft draft;
};

static void gather(struct gathering *all, struct rights *rights)
{
    if (all->one == NULL)
        all->one = rights;
    if (bytes_equal(rights_key(all->one), rights_key(rights)))
        return;
    if (!all->several)
        rights_draft_unite(&all->draft, all->one);
    rights_draft_unite(&all->draft, rights);
    all->several = true;
}

/* A reference; NULL for everything. Only who is allowed is shown anything at all. */
static struct rights *gathered(struct gathering *all, const struct rules *rules,
                               enum sub_handling handling)
{
    bool several = all->several;
    if (several ? rights_draft_everything(&all->draft) : rights_everything(all->one))
        all->one = NULL;
    else if (several && handling == SUB_ALLOW)
        return rights_make(&all->draft);
    rights_draft_release(&all->draft);
    return rights_ref(handling == SUB_ALLOW ? all->one : rules->nothing);
}

struct rules_decision rules_decide(const struct rules *rules, const struct rules_case *judge)
{
    assert(rules != NULL && judge != NULL);
    struct rules_decision decision = {.handling = SUB_BLOCK};
    struct gathering all = {NULL};
    for (size_t i = 0; i < rules->count; i++) {
        const struct rule *rule = &rules->rules[i];
        if (!rule_concerns(rule, judge) || !rule_is_valid(rule, judge->now_ms, &decision.until_ms))
            continue;
        decision.matched = true;
        if (decision.handling < rule->handling)
            decision.handling = rule->handling;
        gather(&all, rule->rights);
    }
    if (decision.matched)
        decision.rights = gathered(&all, rules, decision.handling);
    return decision;
}

void rules_each(const struct rules *rules, const struct rules_case *judge,
                void (*visit)(void *context, struct bytes id, enum sub_handling handling),
                void *context)
{
    assert(rules != NULL && judge != NULL && visit != NULL);
    for (size_t i = 0; i < rules->count; i++) {
        const struct rule *rule = &rules->rules[i];
        uint64_t until_ms = 0;
        if (rule_concerns(rule, judge) && rule_is_valid(rule, judge->now_ms, &until_ms))
            visit(context, rule->id, rule->handling);
    }
}

bool rules_use_sphere(const struct rules *rules)
{
    assert(rules != NULL);
    return rules->uses_sphere;
}

unsigned rules_line(struct bytes document, size_t offset)
{
    unsigned line = 1;
    for (size_t i = 0; i < offset && i < document.length; i++)
        line += document.at[i] == '\n';
    return line;
}

static size_t count_ones(const struct rules *rules)
{
    size_t count = 0;
    for (size_t i = 0; i < rules->count; i++)
        for (size_t j = 0; j < rules->rules[i].condition_count; j++)
            count += rules->rules[i].conditions[j].ones.count;
    return count;
}

/* All identities that stand for themselves, sorted; some are there more than once. */
static struct bytes *gather_ones(const struct rules *rules, size_t count)
{
    struct bytes *all = memory_new((count + 1) * sizeof(*all));
    size_t used = 0;
    for (size_t i = 0; i < rules->count; i++)
        for (size_t j = 0; j < rules->rules[i].condition_count; j++) {
            const struct name_set *ones = &rules->rules[i].conditions[j].ones;
            if (ones->count > 0)
                memcpy(all + used, ones->names, ones->count * sizeof(*all));
            used += ones->count;
        }
    if (used > 0)
        qsort(all, used, sizeof(*all), compare_names);
    return all;
}

void rules_each_named(const struct rules *rules, uint64_t now_ms,
                      void (*visit)(void *context, struct bytes identity,
                                    enum sub_handling handling),
                      void *context)
{
    assert(rules != NULL && visit != NULL);
    size_t count = count_ones(rules);
    struct bytes *all = gather_ones(rules, count);
    for (size_t i = 0; i < count; i++) {
        const struct rules_case judge = {.identity = all[i], .now_ms = now_ms};
        if (i > 0 && bytes_equal(all[i - 1], all[i]))
            continue;
        struct rules_decision decision = rules_decide(rules, &judge);
        rights_unref(&decision.rights);
        if (decision.matched)
            visit(context, all[i], decision.handling);
    }
    free(all);
}
