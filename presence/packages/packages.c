/* packages.c: the list of event packages. A new one is a line here.
 *
 * Each brings the template winfo over it and over that (RFC 3857 4.6: who watches me, and which of
 * my devices watch that); deeper ones are not known. */
#include "packages_internal.h"

/* identifier of the table without "_package", event name */
/* clang-format off */
#define PACKAGES(apply)                       \
    apply(presence, "presence")               \
    apply(message_summary, "message-summary") \
    apply(dialog, "dialog")                   \
    apply(reg, "reg")                         \
    apply(conference, "conference")
/* clang-format on */

static const char *const winfo_types[] = {"application/watcherinfo+xml", NULL};

/* Only for the owner: RFC 3857 4.6 leaves others to policy. */
#define WINFO(table, event, over)                                 \
    static const struct event_package table = {                   \
        .name = (event),                                          \
        .spec = "RFC 3857",                                       \
        .notify_types = winfo_types, /* RFC 3857 4.5 */           \
        .subscribe = {.least = 60, .usual = 3600, .most = 86400}, \
        .audience = AUDIENCE_OWNER,                               \
        .subject = &(over),                                       \
    };
#define TEMPLATES(id, event)                        \
    WINFO(id##_winfo, event ".winfo", id##_package) \
    WINFO(id##_winfo_winfo, event ".winfo.winfo", id##_winfo)
#define ENTRIES(id, event) &id##_package, &id##_winfo, &id##_winfo_winfo,

PACKAGES(TEMPLATES)

static const struct event_package *const packages[] = {PACKAGES(ENTRIES) NULL};

_Static_assert(sizeof(packages) / sizeof(packages[0]) <= PACKAGES_MAX + 1,
               "PACKAGES_MAX (package.h) is too small");

const struct event_package *const *package_list(void)
{
    return packages;
}

const struct event_package *package_find(struct bytes event)
{
    for (const struct event_package *const *at = packages; *at != NULL; at++)
        if (bytes_equal(bytes_of((*at)->name), event))
            return *at;
    return NULL;
}

const struct event_package *package_winfo(const struct event_package *package)
{
    for (const struct event_package *const *at = packages; *at != NULL; at++)
        if ((*at)->subject == package)
            return *at;
    return NULL;
}
