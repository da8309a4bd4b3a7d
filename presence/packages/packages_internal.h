/* packages_internal.h: the tables, one a file of this folder. */
#ifndef PRESENCE_PACKAGES_INTERNAL_H
#define PRESENCE_PACKAGES_INTERNAL_H

#include "presence/packages/package.h"

extern const struct event_package presence_package;        /* RFC 3856 */
extern const struct event_package message_summary_package; /* RFC 3842 */
extern const struct event_package dialog_package;          /* RFC 4235 */

extern const struct event_package reg_package;        /* RFC 3680 */
extern const struct event_package conference_package; /* RFC 4575 */

#endif
