/* subscription_internal.h: a subscription as JSON, for its lists and for explain, and its end. */
#ifndef WEB_API_SUBSCRIPTION_INTERNAL_H
#define WEB_API_SUBSCRIPTION_INTERNAL_H

#include <jansson.h>

#include "policy/policy.h"
#include "presence/look.h"

/* Of one watcher to one presentity that are looked at. */
enum { SUBSCRIPTIONS_COUNTED = 100 };

/* Who reads it: the administrator all, the presentity of its watchers no more than watcher
 * information tells (RFC 3858), a watcher of its own subscriptions not that it is blocked politely
 * (RFC 5025 3.2.1). */
enum reader { READER_ADMINISTRATOR, READER_PRESENTITY, READER_WATCHER };

json_t *subscription_json(const struct presence_look_subscription *look, enum reader reader);

/* Whose answer to a NOTIFY it is (struct presence_look_subscription). */
const char *subscription_answered_by(unsigned answer, bool heard);

struct web_call;
struct web_core;
struct people_aor;

/* How far it is; 0: it has ended. Of several the furthest counts, and of those the last. */
unsigned subscription_weight(const struct presence_look_subscription *look);

/* Who that is for policy: proved as the subscription that counts was. Without one somebody of
 * another domain is taken for one whose server has proved that domain. `watcher` outlives it. */
struct policy_watcher subscription_watcher(const struct web_core *core, const char *event,
                                           struct bytes presentity,
                                           const struct people_aor *watcher);

/* Ends the one with this name as the query's `reason` says, if the call's conditions hold of
 * `current`, its JSON (NULL: it is not there). Answers what is wrong, else waits. */
void subscription_end(struct web_call *call, const struct web_core *core, struct bytes name,
                      const json_t *current);

#endif
