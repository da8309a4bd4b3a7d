/* policy.c: who may reach and see whom.
 *
 *   the user itself --> everything
 *   a rule of the user's matches --> what the rules say (pidf/rules.h)
 *   none does --> the default of the user's domain
 *
 * What changed in the store is read into a table of its own and takes its place when it is whole:
 * rules that could not be read must not look like none, which may permit more. For the same reason
 * a document that is broken blocks everybody; and while what changed cannot be read, nobody knows
 * whose rules are the last ones, so everybody waits.
 *
 * A user of another domain is who its domain says; that domain has proved itself (RFC
 * 5025 3.1.1.1), or a trusted address vouches for it. So rules may name it. Defaults believe only
 * the peers that the operator names. */
#include "policy/policy.h"

#include <assert.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/metrics.h"
#include "policy/policy_internal.h"
#include "sip/uri.h"
#include "store/store.h"

enum { STORED_MAX_BYTES = 16 << 20 /* what is stored was judged when it came */ };

struct policy {
    struct policy_settings settings;
    struct log *log;
    struct metrics *metrics;
    struct owners *owners;
    struct owners *fresh;                 /* during a refresh */
    struct shared *shared, *fresh_shared; /* the second: during one in which they changed */
    struct people people;
    bool (*any_name)(void *context, struct bytes aor,
                     bool (*visit)(void *context, struct bytes name), void *visit_context);
    void *names_context;
    struct rights *nothing;
    bool unknown; /* what is stored could not be read the last time */
    void (*changed)(void *context, struct bytes presentity);
    void *context;
};

/* Without names of one's own: what an address says. */
static bool write_plainly(void *context, struct bytes uri, struct buffer *out)
{
    struct sip_uri parsed;
    (void)context;
    if (!verdict_ok(sip_uri_parse(uri, &parsed)) || bytes_empty(parsed.host))
        return false;
    sip_uri_write_aor(&parsed, out);
    return true;
}

static const struct rules_names plain_names = {write_plainly, NULL};

struct policy *policy_new(const struct policy_settings *settings, struct log *log,
                          struct metrics *metrics)
{
    struct policy *policy = memory_new(sizeof(*policy));
    policy->log = log;
    policy->metrics = metrics;
    policy->owners = owners_new();
    policy->nothing = rights_nothing();
    if (settings != NULL)
        policy_reload(policy, settings);
    return policy;
}

void policy_free(struct policy **policy)
{
    assert(policy != NULL);
    if (*policy == NULL)
        return;
    owners_free(&(*policy)->owners);
    shared_free(&(*policy)->shared);
    rights_unref(&(*policy)->nothing);
    free(*policy);
    *policy = NULL;
}

/* An empty presentity: all of them. */
static void tell(void *context, struct bytes presentity)
{
    struct policy *policy = context;
    if (policy->changed != NULL)
        policy->changed(policy->context, presentity);
}

void policy_reload(struct policy *policy, const struct policy_settings *settings)
{
    assert(policy != NULL && settings->peer_count <= POLICY_PEERS_MAX);
    assert(settings->domain_count <= POLICY_DOMAINS_MAX);
    policy->settings = *settings;
    tell(policy, BYTES(""));
}

void policy_listen(struct policy *policy, void (*changed)(void *context, struct bytes presentity),
                   void *context)
{
    assert(policy != NULL && changed != NULL && policy->changed == NULL);
    policy->changed = changed;
    policy->context = context;
}

void policy_set_people(struct policy *policy,
                       void (*each)(void *context, struct bytes domain,
                                    void (*visit)(void *context, struct bytes aor),
                                    void *visit_context),
                       void *context)
{
    assert(policy != NULL && each != NULL && policy->people.each == NULL);
    policy->people = (struct people){each, context};
}

void policy_set_names(struct policy *policy,
                      bool (*any)(void *context, struct bytes aor,
                                  bool (*visit)(void *context, struct bytes name),
                                  void *visit_context),
                      void *context)
{
    assert(policy != NULL && any != NULL && policy->any_name == NULL);
    policy->any_name = any;
    policy->names_context = context;
}

/* Reading. */

static void take_owner(void *context, struct bytes aor)
{
    struct policy *policy = context;
    if (!bytes_empty(aor)) {
        owners_take(policy->fresh, aor);
        return;
    }
    shared_free(&policy->fresh_shared);
    policy->fresh_shared = shared_new();
}

static void take_rules(void *context, const struct store_rules *stored)
{
    struct policy *policy = context;
    struct owner *owner = owners_take(policy->fresh, stored->aor);
    const struct rules_names *names = policy->settings.names;
    struct rules_limits limits = rules_limits_default();
    limits.size_bytes = STORED_MAX_BYTES;
    struct verdict result =
        rules_parse(stored->document, &limits, names != NULL ? names : &plain_names, &owner->rules);
    owner->broken = !verdict_ok(result);
    if (!owner->broken)
        return;
    metrics_count(policy->metrics, METRIC_rules_unreadable);
    log_write(
        policy->log, LOG_ERROR, "policy",
        "the stored rules of %.*s cannot be read (%s), so nobody sees that user; set or clear "
        "them with herald rule",
        BYTES_ARGS(stored->aor), result.reason);
}

/* What somebody wrote into the database by hand may be anything. */
static bool is_line(struct bytes text)
{
    return !bytes_empty(text) && bytes_index(text, '\n') < 0;
}

static void take_buddy(void *context, const struct store_buddy *buddy)
{
    struct policy *policy = context;
    struct owner *owner = owners_take(policy->fresh, buddy->aor);
    if (is_line(buddy->buddy))
        roster_add(&owner->roster, buddy->buddy, buddy->groups);
}

static void take_preference(void *context, const struct store_preference *preference)
{
    struct policy *policy = context;
    struct owner *owner = owners_take(policy->fresh, preference->aor);
    if (is_line(preference->name) && is_line(preference->value))
        choices_add(&owner->choices, preference->name, preference->value);
}

static void take_shared(void *context, const struct store_shared *stored)
{
    struct policy *policy = context;
    if (policy->fresh_shared == NULL)
        policy->fresh_shared = shared_new();
    shared_add(policy->fresh_shared, stored);
}

/* Shared groups take the place of those before, if they changed; nobody keeps whose rosters they
 * are in, so everybody is asked about again. */
static void replace_shared(struct policy *policy)
{
    if (policy->fresh_shared == NULL)
        return;
    shared_free(&policy->shared);
    policy->shared = policy->fresh_shared;
    policy->fresh_shared = NULL;
    tell(policy, BYTES(""));
}

enum err policy_refresh(struct policy *policy, struct store *store)
{
    assert(policy != NULL && store != NULL && policy->fresh == NULL);
    const struct store_policy_visitor visitor = {
        .owner = take_owner,
        .rules = take_rules,
        .buddy = take_buddy,
        .preference = take_preference,
        .context = policy,
        .shared = take_shared,
    };
    policy->fresh = owners_new();
    enum err err = store_load_policy(store, &visitor);
    struct owners *fresh = policy->fresh;
    bool was_unknown = policy->unknown;
    policy->fresh = NULL;
    policy->unknown = err != ERR_NONE;
    if (err != ERR_NONE)
        metrics_count(policy->metrics, METRIC_rules_unknown);
    else
        owners_replace(policy->owners, fresh, tell, policy);
    owners_free(&fresh);
    if (err == ERR_NONE)
        replace_shared(policy);
    shared_free(&policy->fresh_shared);
    if (was_unknown != policy->unknown)
        tell(policy, BYTES("")); /* nobody is sure any more; or those who asked meanwhile are */
    return err;
}

/* Deciding. */

static bool is_peer(const struct policy *policy, struct bytes domain)
{
    for (unsigned i = 0; i < policy->settings.peer_count; i++) {
        struct bytes peer = bytes_of(policy->settings.peers[i]);
        if (bytes_equal(peer, BYTES("*")) || bytes_equal_nocase(peer, domain))
            return true;
    }
    return false;
}

/* The default of a domain, else that of all; "domain" when nothing was configured. */
enum policy_default policy_default_of(const struct policy *policy, struct bytes domain)
{
    assert(policy != NULL);
    enum policy_default usual = POLICY_DOMAIN;
    for (unsigned i = 0; i < policy->settings.domain_count; i++) {
        const struct policy_domain *entry = &policy->settings.domains[i];
        if (entry->name[0] == '\0')
            usual = entry->usual;
        else if (bytes_equal(bytes_of(entry->name), domain))
            return entry->usual;
    }
    return usual;
}

static bool is_in_roster(void *context, struct bytes name)
{
    return roster_has(context, name);
}

/* By whatever name. */
static bool has_buddy(const struct policy *policy, const struct owner *owner, struct bytes aor)
{
    if (owner == NULL || owner->roster.count == 0)
        return false;
    return roster_has(&owner->roster, aor) ||
           (policy->any_name != NULL &&
            policy->any_name(policy->names_context, aor, is_in_roster, (void *)&owner->roster));
}

/* Of the same domain, or believed like one of it. */
static bool is_near(const struct policy *policy, const struct policy_watcher *watcher,
                    struct bytes domain)
{
    if (watcher->foreign)
        return watcher->trusted || is_peer(policy, sip_aor_domain(watcher->aor));
    return bytes_equal(sip_aor_domain(watcher->aor), domain);
}

static enum sub_handling usual_handling(const struct policy *policy,
                                        const struct policy_watcher *watcher,
                                        struct bytes presentity, const struct owner *owner)
{
    struct bytes domain = sip_aor_domain(presentity);
    enum policy_default usual = policy_default_of(policy, domain);
    bool near = false;
    if (usual == POLICY_EVERYBODY)
        return SUB_ALLOW;
    if (usual == POLICY_NOBODY || bytes_empty(watcher->aor))
        return SUB_BLOCK;
    if (usual == POLICY_DOMAIN)
        near = is_near(policy, watcher, domain);
    else if (usual == POLICY_BUDDIES)
        near = has_buddy(policy, owner, watcher->aor) ||
               shared_knows(policy->shared, presentity, watcher->aor);
    return near ? SUB_ALLOW : SUB_CONFIRM;
}

static struct policy_decision decision_of(const struct policy *policy, enum sub_handling handling,
                                          enum policy_source source)
{
    struct rights *rights = handling == SUB_ALLOW ? NULL : rights_ref(policy->nothing);
    return (struct policy_decision){.handling = handling, .source = source, .rights = rights};
}

static enum policy_source usual_source(const struct policy *policy, struct bytes presentity)
{
    bool roster = policy_default_of(policy, sip_aor_domain(presentity)) == POLICY_BUDDIES;
    return roster ? POLICY_SAYS_ROSTER : POLICY_SAYS_DOMAIN;
}

/* Who cannot be judged waits. */
static struct policy_decision undecided(const struct policy *policy)
{
    struct policy_decision decision = decision_of(policy, SUB_CONFIRM, POLICY_SAYS_NOBODY);
    decision.unknown = true;
    return decision;
}

struct policy_decision policy_decide(const struct policy *policy,
                                     const struct policy_watcher *watcher, struct bytes presentity,
                                     struct bytes sphere, uint64_t now_ms)
{
    assert(policy != NULL && watcher != NULL && !bytes_empty(presentity));
    const struct owner *owner = owners_find(policy->owners, presentity);
    const struct rules_case judge = {watcher->aor, sphere, now_ms};
    struct rules_decision said = {.matched = false};
    if (!watcher->foreign && bytes_equal(watcher->aor, presentity))
        return decision_of(policy, SUB_ALLOW, POLICY_SAYS_OWNER);
    if (policy->unknown)
        return undecided(policy);
    if (owner != NULL && owner->broken)
        return decision_of(policy, SUB_BLOCK, POLICY_SAYS_BROKEN);
    if (owner != NULL && owner->rules != NULL)
        said = rules_decide(owner->rules, &judge);
    if (said.matched)
        return (struct policy_decision){.handling = said.handling,
                                        .source = POLICY_SAYS_RULES,
                                        .rights = said.rights,
                                        .until_ms = said.until_ms};
    struct policy_decision usual =
        decision_of(policy, usual_handling(policy, watcher, presentity, owner),
                    usual_source(policy, presentity));
    usual.until_ms = said.until_ms;
    usual.usual = true;
    return usual;
}

void policy_each_rule(const struct policy *policy, const struct policy_watcher *watcher,
                      struct bytes presentity, struct bytes sphere, uint64_t now_ms,
                      void (*visit)(void *context, struct bytes id, enum sub_handling handling),
                      void *context)
{
    assert(policy != NULL && watcher != NULL && !bytes_empty(presentity));
    const struct owner *owner = owners_find(policy->owners, presentity);
    const struct rules_case judge = {watcher->aor, sphere, now_ms};
    bool itself = !watcher->foreign && bytes_equal(watcher->aor, presentity);
    if (!itself && !policy->unknown && owner != NULL && !owner->broken && owner->rules != NULL)
        rules_each(owner->rules, &judge, visit, context);
}

/* Writing. */

static enum policy_reach reach_of(enum sub_handling handling)
{
    switch (handling) {
    case SUB_BLOCK:
        return POLICY_REACH_BLOCKED;
    case SUB_POLITE_BLOCK:
        return POLICY_REACH_QUIET;
    case SUB_ALLOW:
        return POLICY_REACH_LET;
    case SUB_CONFIRM:
        break;
    }
    return POLICY_REACH_OPEN;
}

enum policy_reach policy_reaches(const struct policy *policy, const struct policy_watcher *writer,
                                 struct bytes owner, uint64_t now_ms)
{
    assert(policy != NULL && writer != NULL && !bytes_empty(owner));
    const struct owner *known = owners_find(policy->owners, owner);
    const struct rules_case judge = {.identity = writer->aor, .now_ms = now_ms};
    if (!writer->foreign && bytes_equal(writer->aor, owner))
        return POLICY_REACH_LET;
    if (policy->unknown || (known != NULL && known->broken))
        return POLICY_REACH_UNKNOWN;
    if (known == NULL || known->rules == NULL)
        return POLICY_REACH_OPEN;
    struct rules_decision said = rules_decide(known->rules, &judge);
    rights_unref(&said.rights);
    return said.matched ? reach_of(said.handling) : POLICY_REACH_OPEN;
}

bool policy_knows(const struct policy *policy, struct bytes owner, struct bytes buddy)
{
    assert(policy != NULL);
    const struct owner *known = owners_find(policy->owners, owner);
    return has_buddy(policy, known, buddy) || shared_knows(policy->shared, owner, buddy);
}

size_t policy_group(const struct policy *policy, struct bytes owner, struct bytes group,
                    void (*visit)(void *context, struct bytes buddy), void *context)
{
    assert(policy != NULL);
    const struct owner *known = owners_find(policy->owners, owner);
    const struct shared_wanted wanted = {
        .owner = owner,
        .group = group,
        .own = known != NULL ? &known->roster : NULL,
        .people = &policy->people,
    };
    return shared_visit(policy->shared, &wanted, visit, context);
}

struct bytes policy_preference(const struct policy *policy, struct bytes owner, struct bytes name)
{
    assert(policy != NULL);
    const struct owner *known = owners_find(policy->owners, owner);
    return known != NULL ? choices_find(&known->choices, name) : BYTES("");
}

bool policy_uses_sphere(const struct policy *policy, struct bytes presentity)
{
    assert(policy != NULL);
    const struct owner *owner = owners_find(policy->owners, presentity);
    return owner != NULL && owner->rules != NULL && rules_use_sphere(owner->rules);
}
