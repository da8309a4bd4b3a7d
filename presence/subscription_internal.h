/* subscription_internal.h: what the dispatcher does with subscriptions and their NOTIFYs. Comes
 * with presence_internal.h. */
#ifndef PRESENCE_SUBSCRIPTION_INTERNAL_H
#define PRESENCE_SUBSCRIPTION_INTERNAL_H

#include "base/table.h"
#include "front/dialog.h"
#include "presence/presence.h"

struct resource;
struct subscription;

/* One watcher's subscriptions over all resources, for its limit and its end. */
struct watcher {
    UT_hash_handle hh;
    struct subscription *subscriptions; /* fetches and ended ones too */
    unsigned users;                     /* of these */
    unsigned count;                     /* those that are pending or active */
    unsigned waiting;
    size_t length;
    char aor[];
};

/* Subscriptions (subscription.c, subscribe.c). */

struct subscription_parts {
    struct resource *resource;
    struct bytes watcher;
    struct bytes event_id, branch;
    struct bytes instance; /* of its device; empty: unknown */
    const char *accept;
    uint64_t expires_ms;
    bool foreign, trusted; /* how the watcher was proved */
    enum subscription_state state;
};
/* Makes one with its dialog, which is taken over. */
struct subscription *subscription_new(const struct subscription_parts *parts,
                                      const struct dialog *dialog);
/* Takes it out of everything and frees it; the resource stays. */
void subscription_free(struct subscription *subscription);
/* Puts the row, as it is. */
void subscription_save(struct subscription *subscription, struct store_set *set);
/* Sets (again) the timer that ends it, or the memory of an ended one. */
void subscription_arm(struct subscription *subscription);
/* Has the end of one be remembered for 64*T1, once it is armed. */
void subscription_linger(struct subscription *subscription);
/* Lets an event move it; false: the event does not count in its state. The caller saves the row,
 * sets the timer and has the NOTIFY sent. What ends for a reason that is no business of the state's
 * is told nothing of it. */
bool subscription_move(struct subscription *subscription, enum subscription_event event);
/* Whether the last NOTIFY shows the state (RFC 6665 4.2.1.4), to those who may see it. */
bool subscription_ends_with_state(const struct subscription *subscription);
/* One that waits from now on: it takes the place of an earlier one of this watcher at the resource.
 * When there are too many it is not kept. */
void subscription_wait(struct subscription *subscription, struct store_set *set);
/* Whatever waits of this one's watcher at its resource, but itself, goes: what it waited for came,
 * or this one waits in its place. */
void subscription_displace(const struct subscription *subscription, struct store_set *set);
/* Takes the row of one that is over out, and frees it unless its last NOTIFY is still to be sent or
 * answered. The resource stays. */
void subscription_forget(struct subscription *subscription, struct store_set *set);
/* Ends it without a word: its watcher forgot it. Frees it, and its resource perhaps. */
void subscription_drop(struct subscription *subscription);
/* Frees it for another one whose row is in the same set, so that a crash leaves one of them. Its
 * resource is for resource_settle. */
struct resource *subscription_give_way(struct subscription *subscription, struct store_set *set);
/* Of an ended one, when its watcher was told or cannot be: its row follows, and when it need not be
 * remembered any more it is freed, and its resource perhaps. */
void subscription_settle(struct subscription *subscription);
/* What a dialog-forming SUBSCRIBE or one inside a dialog means, by Call-ID, From tag and event;
 * NULL: none. */
struct subscription_name {
    const struct event_package *package;
    struct bytes call_id, remote_tag, event_id;
};
struct subscription *subscription_find(struct presence *presence, unsigned partition,
                                       const struct subscription_name *name);
/* Whoever has subscriptions, ended ones too; NULL: this one has none. */
struct watcher *watcher_find(const struct presence *presence, struct bytes aor);
/* The live one of the same watcher, resource, event id, device (`instance`, not empty) and filter
 * (its key; empty: none): its dialog, or the phone that had it, is no more. NULL: none. */
struct subscription *subscription_former(const struct resource *resource,
                                         const struct subscription_parts *parts,
                                         struct bytes filter);
/* True when the watcher may have one more. */
bool subscription_has_room(const struct presence *presence, struct bytes watcher);
/* Ends it, or all of a watcher's, who may watch no more (RFC 6665 4.1.3, rejected). */
void subscription_reject(struct subscription *subscription);
void subscription_drop_watcher(struct presence *presence, struct bytes aor);
/* Takes a row in; its watcher is told the state, paced. NULL: the row makes no sense. */
struct subscription *subscription_of_row(struct resource *resource,
                                         const struct store_subscription *row);
void subscribe_handle(void *context, struct front_request *request);

/* NOTIFY (notify.c). */

/* moves.c: tells who listens that one that has a row now has begun, that it has moved, and that it
 * goes without having moved (`reason` a constant). */
void moves_began(const struct subscription *subscription);
void moves_moved(const struct subscription *subscription, enum subscription_state before);
void moves_gone(const struct subscription *subscription, const char *reason);
/* Why its watcher could not be told: "silent", "refused" or "unreachable". */
const char *moves_why(const struct subscription *subscription);

/* A NOTIFY is due, for what was changed by others: sends it, or remembers it while another is under
 * way or its watcher cannot be told. */
void notify_due(struct subscription *subscription);
/* The same at its watcher's own word: at once, unless another is under way. */
void notify_now(struct subscription *subscription);
/* Its watcher cannot be told: ends it without a word, logs and counts why. */
void notify_give_up(struct subscription *subscription, enum metric why);
/* Puts a restored subscription into the paced queue, and out of it. */
void notify_queue(struct subscription *subscription);
void notify_unqueue(struct subscription *subscription);
/* Nothing is owed to its watcher any more, who knows it already: no NOTIFY waits. */
void notify_drop(struct subscription *subscription);

/* The text of the next NOTIFY (notify_write.c), whose CSeq is counted: `line` and `head` lie in the
 * scratch memory, the body is a reference for the caller or NULL. */
struct notify_text {
    struct bytes line, head;
    struct blob *body;
};
struct notify_text notify_write(struct subscription *subscription);
/* The next body is one that needs none before it: its watcher asked anew, or may not have got the
 * last one. */
void notify_whole(struct subscription *subscription);
/* "active", "pending" or "terminated". */
const char *notify_state_name(const struct subscription *subscription);

#endif
