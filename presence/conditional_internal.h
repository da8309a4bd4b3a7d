/* conditional_internal.h: conditional notification (RFC 5839). Comes with presence_internal.h. */
#ifndef PRESENCE_CONDITIONAL_INTERNAL_H
#define PRESENCE_CONDITIONAL_INTERNAL_H

#include "presence/wishes_internal.h"

struct presence;
struct subscription;
struct view;

enum { ENTITY_TAG_SIZE = 21 }; /* with its NUL */

/* Makes the key of all entity-tags, of the store's secret. */
void conditional_init(struct presence *presence);

/* The entity-tag of what the view shows now: other bodies have others, over restarts too (RFC 5839
 * 6.1). Good until the view shows something else. */
const char *conditional_tag(struct view *view);

/* False: what it is shown has none: nothing, or watcher information, which is each reader's own. */
bool conditional_has_tag(const struct subscription *subscription);

/* Takes over the condition of a SUBSCRIBE; empty: none. */
void conditional_set(struct subscription *subscription, struct bytes suppress, bool in_dialog);

/* True while the condition is true: its watcher has what it would be shown. A condition that was
 * found false is over: later states are news, also those that were there before. */
bool conditional_holds(struct subscription *subscription);

/* True when a NOTIFY that is due now tells nothing (RFC 5839 6.3): the condition holds, and the
 * subscription's state is as it was told in the last one. */
bool conditional_suppresses(struct subscription *subscription);

#endif
