/* subscription_internal.h: a subscription as JSON, for its lists and for explain, and its end. */
#ifndef WEB_API_SUBSCRIPTION_INTERNAL_H
#define WEB_API_SUBSCRIPTION_INTERNAL_H

#include <jansson.h>

#include "presence/look.h"

/* Who reads it: the administrator all, the presentity of its watchers no more than watcher
 * information tells (RFC 3858), a watcher of its own subscriptions not that it is blocked politely
 * (RFC 5025 3.2.1). */
enum reader { READER_ADMINISTRATOR, READER_PRESENTITY, READER_WATCHER };

json_t *subscription_json(const struct presence_look_subscription *look, enum reader reader);

/* Whose answer to a NOTIFY it is (struct presence_look_subscription). */
const char *subscription_answered_by(unsigned answer, bool heard);

struct web_call;
struct web_core;

/* Ends the one with this name as the query's `reason` says, if the call's conditions hold of
 * `current`, its JSON (NULL: it is not there). Answers what is wrong, else waits. */
void subscription_end(struct web_call *call, const struct web_core *core, struct bytes name,
                      const json_t *current);

#endif
