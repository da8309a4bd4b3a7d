/* unsolicited_internal.h: lamps of phones that never subscribe. */
#ifndef PRESENCE_UNSOLICITED_INTERNAL_H
#define PRESENCE_UNSOLICITED_INTERNAL_H

#include "presence/presence_internal.h"

/* The state of a user has changed; its change has a number at the end of the turn. */
void unsolicited_changed(struct presence *presence, const struct event_package *package,
                         struct bytes aor);

/* A device of the user registered. */
void unsolicited_device_came(struct presence *presence, struct bytes aor);

/* Forgets those that are to be sent. */
void unsolicited_free(struct presence *presence);

#endif
