/* rights.h: what of a presence document one watcher may see (RFC 5025 3.3): the transformations of
 * all rules that matched it, united. Reference-counted and immutable. NULL stands for everything,
 * wherever rights are taken. */
#ifndef PIDF_RIGHTS_H
#define PIDF_RIGHTS_H

#include <stdint.h>

#include "base/bytes.h"

struct rights;

/* New rights that show nothing at all; owned once. */
struct rights *rights_nothing(void);
struct rights *rights_ref(struct rights *rights);
void rights_unref(struct rights **rights);

/* One text for all rights that mean the same: the key of a view that watchers share. NULL: "*". */
struct bytes rights_key(const struct rights *rights);

/* Attributes that are simply shown or not (RFC 5025 3.3.2). */
enum rights_attribute {
    RIGHTS_ACTIVITIES,
    RIGHTS_CLASS,
    RIGHTS_DEVICE_ID,
    RIGHTS_MOOD,
    RIGHTS_PLACE_IS,
    RIGHTS_PLACE_TYPE,
    RIGHTS_PRIVACY,
    RIGHTS_RELATIONSHIP,
    RIGHTS_STATUS_ICON,
    RIGHTS_SPHERE,
    RIGHTS_TIME_OFFSET,
    RIGHTS_NOTE,
    RIGHTS_ATTRIBUTES
};
bool rights_show(const struct rights *rights, enum rights_attribute attribute);

/* provide-user-input: each shows what the one before does, and more (3.3.2.12). */
enum rights_user_input {
    RIGHTS_INPUT_NONE,
    RIGHTS_INPUT_BARE,
    RIGHTS_INPUT_THRESHOLDS,
    RIGHTS_INPUT_FULL
};
enum rights_user_input rights_user_input(const struct rights *rights);

/* provide-unknown-attribute (3.3.2.14): an element that RFC 5025 does not name. */
bool rights_show_unknown(const struct rights *rights, struct bytes name_space, struct bytes name);

/* provide-devices, provide-services, provide-persons (3.3.1). */
enum rights_kind { RIGHTS_DEVICE, RIGHTS_SERVICE, RIGHTS_PERSON, RIGHTS_KINDS };
/* What a part of the document says of itself; empty: it does not. */
struct rights_part {
    struct bytes occurrence_id; /* its id attribute */
    struct bytes class;
    struct bytes device_id; /* of a device */
    struct bytes service;   /* of a service: its contact URI */
};
bool rights_show_part(const struct rights *rights, enum rights_kind kind,
                      const struct rights_part *part);

#endif
