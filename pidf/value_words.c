/* value_words.c: the simple types that are one of some words. */
#include <assert.h>

#include "value_internal.h"

enum { WORDS_MOST = 9 };

static const char *const words[VALUE_TYPES - VALUE_DIALOG_STATE][WORDS_MOST + 1] = {
#define TYPE(name) [(name)-VALUE_DIALOG_STATE]
    /* RFC 4235 3.7.1, 4.4 */
    TYPE(VALUE_DIALOG_STATE) = {"trying", "proceeding", "early", "confirmed", "terminated"},
    TYPE(VALUE_DIALOG_EVENT) = {"cancelled", "rejected", "replaced", "local-bye", "remote-bye",
                                "error", "timeout"},
    TYPE(VALUE_DIRECTION) = {"initiator", "recipient"},
    /* RFC 3680 5.4 */
    TYPE(VALUE_CONTACT_STATE) = {"active", "terminated"},
    TYPE(VALUE_CONTACT_EVENT) = {"registered", "created", "refreshed", "shortened", "expired",
                                 "deactivated", "probation", "unregistered", "rejected"},
    /* RFC 4575 7 */
    TYPE(VALUE_STATE_TYPE) = {"full", "partial", "deleted"},
    TYPE(VALUE_ENDPOINT_STATUS) = {"connected", "disconnected", "on-hold", "muted-via-focus",
                                   "pending", "alerting", "dialing-in", "dialing-out",
                                   "disconnecting"},
    TYPE(VALUE_JOINING) = {"dialed-in", "dialed-out", "focus-owner"},
    TYPE(VALUE_DISCONNECTION) = {"departed", "booted", "failed", "busy"},
    TYPE(VALUE_MEDIA_STATUS) = {"recvonly", "sendonly", "sendrecv", "inactive"},
#undef TYPE
};

bool value_repair_words(enum value_type type, struct bytes *value)
{
    assert(type >= VALUE_DIALOG_STATE && type < VALUE_TYPES && value != NULL);
    for (const char *const *word = words[type - VALUE_DIALOG_STATE]; *word != NULL; word++) {
        if (!bytes_equal_nocase(*value, bytes_of(*word)))
            continue;
        *value = bytes_of(*word);
        return true;
    }
    return false;
}
