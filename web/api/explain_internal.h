/* explain_internal.h: all that is known of why a watcher sees what it sees, and the one sentence
 * that follows from it. */
#ifndef WEB_API_EXPLAIN_INTERNAL_H
#define WEB_API_EXPLAIN_INTERNAL_H

#include "front/people.h"
#include "presence/look.h"

struct buffer;

/* The subscription that matters: the one that is furthest. Its texts are copies. */
struct explain_subscription {
    bool there, pending, waiting, active;
    bool trusted; /* its watcher was vouched for by a trusted address */
    bool sees, offline, heard;
    enum presence_owed owed;
    unsigned answer;
    uint64_t told_ms, since_ms, waits_since_ms, owed_since_ms, expires_ms;
    char filter[8192 + 1], flow[160];
};

/* What is shown, in short. */
struct explain_shown {
    bool anything, open;
    char words[200]; /* activities and notes; "" none */
};

struct explain {
    struct people_aor watcher, presentity;
    const char *event;
    uint64_t now_ms;
    bool watcher_is_user, presentity_is_user; /* of accounts that there are */
    bool watcher_disabled, presentity_disabled;
    bool stranger; /* of another domain: nothing is said to it until it proves who it is */
    bool watcher_registered, presentity_registered;
    struct policy_decision decision; /* its rights are owned */
    bool by_event;                   /* see struct presence_look_view */
    enum policy_default usual;
    char rule[64];               /* the id of the first rule that has the last word */
    enum sub_handling rule_says; /* and what that is */
    bool ruled;                  /* there is one */
    bool of_watchers;            /* the event is of the template winfo (RFC 3857) */
    bool for_owner;              /* the event is for the user itself, whatever rules say */
    struct explain_subscription subscription;
    struct presence_ended ended;
    struct presence_look_state state;
    size_t live, set, last_seen; /* publications */
    struct explain_shown whole, by_rights,
        seen; /* composed; what the rights leave; the filter too */
};

/* Bytes: names, as they are and as parts of a path, and words. */
enum { EXPLAIN_SENTENCE_MAX = 12288 };

/* The name of the case ("never_subscribed", a constant); its sentence goes to `out`. */
const char *explain_sentence(const struct explain *explain, struct buffer *out);

/* Ends the sentence of the case `name` with what would change it, if anything would. `absent`: it
 * is about who does not watch. */
void explain_put_way(const struct explain *explain, const char *name, bool absent,
                     struct buffer *out);

#endif
