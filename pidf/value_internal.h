/* value_internal.h: the simple types of the schemas (RFC 3863 4.4, RFC 4479 5.1, RFC 4480 5.1 and
 * others): is a value good, and how would it read when put right. */
#ifndef PIDF_VALUE_INTERNAL_H
#define PIDF_VALUE_INTERNAL_H

#include "text_internal.h"

enum value_type {
    VALUE_NONE,  /* not a simple type: elements */
    VALUE_EMPTY, /* nothing at all */
    VALUE_TEXT,
    VALUE_URI,
    VALUE_DATE_TIME,
    VALUE_BASIC,       /* open, closed */
    VALUE_ACTIVE_IDLE, /* active, idle */
    VALUE_INTEGER,
    VALUE_POSITIVE,
    VALUE_PRIORITY, /* 0 to 1, at most three decimals */
    VALUE_LANGUAGE,
    VALUE_BOOLEAN,
    VALUE_SPACE, /* default, preserve */
    VALUE_ID,
    VALUE_UNSIGNED, /* 32 bits */
    VALUE_LONG,     /* 64 bits */
    VALUE_CODE,     /* of a SIP response */
    VALUE_LANGUAGES,

    /* Words of RFC 4235 4.4, RFC 3680 5.4 and RFC 4575 7 (value_words.c). */
    VALUE_DIALOG_STATE,
    VALUE_DIALOG_EVENT,
    VALUE_DIRECTION,
    VALUE_CONTACT_STATE,
    VALUE_CONTACT_EVENT,
    VALUE_STATE_TYPE,
    VALUE_ENDPOINT_STATUS,
    VALUE_JOINING,
    VALUE_DISCONNECTION,
    VALUE_MEDIA_STATUS,
    VALUE_TYPES
};

/* Puts `raw` right as a value of `type` (without blanks around it, in the right case, escaped for
 * its type but not for XML). False when nothing can be made of it. `*good` lies in `raw`, in static
 * memory or in `scratch`, which is overwritten; `raw` must not lie in `scratch`. */
bool value_repair(enum value_type type, struct bytes raw, struct text *scratch, struct bytes *good);

/* One of the words of the type, whatever its case. */
bool value_repair_words(enum value_type type, struct bytes *value);

#endif
