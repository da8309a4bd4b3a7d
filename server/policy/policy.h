/* policy.h: who may reach and see whom: rosters, rules (RFC 4745, RFC 5025) and, where no rule of
 * the user's matches, the default of its domain. The owner of the rules is the presentity. */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include <stddef.h>

#include "base/bytes.h"
#include "base/err.h"
#include "pidf/rights.h"
#include "pidf/rules.h"

struct store;
struct metrics;
struct log;

enum { POLICY_PEERS_MAX = 64, POLICY_DOMAINS_MAX = 256 };

/* Who sees a user that no rule of the user's speaks of. */
enum policy_default {
    POLICY_DOMAIN,  /* users of the same domain see each other, others wait (the default) */
    POLICY_BUDDIES, /* who is in the user's roster; others wait */
    POLICY_ASK,     /* everybody waits */
    POLICY_EVERYBODY,
    POLICY_NOBODY
};

struct policy_domain {
    const char *name; /* canonical; empty: all that are not named */
    enum policy_default usual;
};

struct policy_settings {
    const char *peers[POLICY_PEERS_MAX]; /* domains whose proved users may watch; "*": all */
    unsigned peer_count;
    const struct policy_domain *domains; /* outlive the policy or the next reload */
    unsigned domain_count;
    const struct rules_names
        *names; /* of identities in rules; likewise. NULL: as they are written */
};

struct policy;
/* `settings` is copied, its texts are not: they outlive the policy or the next reload. NULL: no
 * peers. */
struct policy *policy_new(const struct policy_settings *settings, struct log *log,
                          struct metrics *metrics);
void policy_free(struct policy **policy);

/* Takes over changed settings while running; who listens is told of every user. */
void policy_reload(struct policy *policy, const struct policy_settings *settings);

/* Takes rules and rosters that changed since the last call (the first call: all) from the store. A
 * stored document that cannot be read blocks everybody but the owner, and is logged. When the store
 * cannot be read everybody waits (`unknown`) until a later call succeeds; who listens is told of
 * every user when that begins and when it ends. */
enum err policy_refresh(struct policy *policy, struct store *store)
    __attribute__((warn_unused_result));

/* Has `changed` called for each presentity whose rules or roster changed (empty: all). Once, at
 * start-up. */
void policy_listen(struct policy *policy, void (*changed)(void *context, struct bytes presentity),
                   void *context);

/* Says who the users of a domain are, for shared groups that have all of one: calls `visit` for
 * each. Once, at start-up; without it such a group has nobody for policy_group. */
void policy_set_people(struct policy *policy,
                       void (*each)(void *context, struct bytes domain,
                                    void (*visit)(void *context, struct bytes aor),
                                    void *visit_context),
                       void *context);

/* Says which other names somebody has, by which rosters may know them: calls `visit` for each until
 * it says true, and returns that. Once, at start-up. */
void policy_set_names(struct policy *policy,
                      bool (*any)(void *context, struct bytes aor,
                                  bool (*visit)(void *context, struct bytes name),
                                  void *visit_context),
                      void *context);

/* Who wants to know. */
struct policy_watcher {
    struct bytes aor; /* canonical; empty: not proved */
    bool foreign;     /* of another domain, which has proved itself */
    bool trusted;     /* a trusted address vouches for it */
};

/* Whose word it is. */
enum policy_source {
    POLICY_SAYS_OWNER,  /* the user's own, of itself */
    POLICY_SAYS_RULES,  /* of the presentity's rules that match */
    POLICY_SAYS_DOMAIN, /* of the default of its domain */
    POLICY_SAYS_ROSTER, /* of the same, which goes by the presentity's roster */
    POLICY_SAYS_BROKEN, /* nobody's: the presentity's rules are broken */
    POLICY_SAYS_NOBODY  /* the same: rules cannot be read for the moment */
};

struct policy_decision {
    enum sub_handling handling;
    enum policy_source source;
    struct rights *rights; /* a reference for the caller; NULL: everything */
    uint64_t until_ms;     /* wall clock, when it may change by itself; 0: never */
    bool usual;            /* no rule of the presentity's says so, but the default */
    bool unknown;          /* the rules cannot be read for the moment: waits, and sees nothing */
};

/* What `watcher` may know of `presentity` (a canonical address-of-record) in a sphere. The owner
 * sees everything. */
struct policy_decision policy_decide(const struct policy *policy,
                                     const struct policy_watcher *watcher, struct bytes presentity,
                                     struct bytes sphere, uint64_t now_ms);

/* Visits the presentity's rules that match, in their order, with what each says alone; none when
 * they were not asked. */
void policy_each_rule(const struct policy *policy, const struct policy_watcher *watcher,
                      struct bytes presentity, struct bytes sphere, uint64_t now_ms,
                      void (*visit)(void *context, struct bytes id, enum sub_handling handling),
                      void *context);
/* What holds in a domain for those of whom no rule speaks. */
enum policy_default policy_default_of(const struct policy *policy, struct bytes domain);

/* What a user's own rules say of somebody who writes to it. */
enum policy_reach {
    POLICY_REACH_OPEN,  /* nothing, or that they wait: writing is another matter than seeing */
    POLICY_REACH_LET,   /* they are allowed */
    POLICY_REACH_QUIET, /* blocked politely: they are not to know */
    POLICY_REACH_BLOCKED,
    POLICY_REACH_UNKNOWN /* the rules cannot be read for the moment, or are broken */
};
enum policy_reach policy_reaches(const struct policy *policy, const struct policy_watcher *writer,
                                 struct bytes owner, uint64_t now_ms);

/* True when the owner has them in the roster, or a shared group puts them there. */
bool policy_knows(const struct policy *policy, struct bytes owner, struct bytes buddy);

/* Visits the buddies of one group of the owner's roster, with what is shared under that name or
 * title, in the order of their addresses; how many there are. */
size_t policy_group(const struct policy *policy, struct bytes owner, struct bytes group,
                    void (*visit)(void *context, struct bytes buddy), void *context);

/* What a user wants otherwise than by default (store/rows.h); empty: it says nothing. */
struct bytes policy_preference(const struct policy *policy, struct bytes owner, struct bytes name);

/* True when the answer may hang on the sphere. */
bool policy_uses_sphere(const struct policy *policy, struct bytes presentity);

#endif
