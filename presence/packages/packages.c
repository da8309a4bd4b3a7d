/* packages.c: the list of event packages. A new one is a line here. */
#include "packages_internal.h"

static const struct event_package *const packages[] = {
    &presence_package,
    NULL,
};

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
