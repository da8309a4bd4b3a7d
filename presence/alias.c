/* alias.c: ends what was subscribed to by a name that its user has no more.
 *
 * Nothing is kept under an alias; but To of a dialog is what its watcher subscribed to (RFC 3261
 * 12.1.1), and stays in the row. */
#include <assert.h>

#include "front/aliases.h"
#include "front/domains.h"
#include "presence/presence_internal.h"
#include "sip/fields.h"

/* Whether To names the alias. */
static bool is_to(const struct subscription *subscription, struct bytes alias)
{
    const struct domains *domains = subscription->resource->presence->parts->domains;
    char text[ALIASED_MAX];
    struct buffer name = buffer_over(text, sizeof(text));
    struct sip_address to;
    return verdict_ok(sip_address_parse(subscription->dialog.parts.local_uri, &to)) && !to.star &&
           domains_write_own(domains, &to.uri, &name) != NULL && !name.overflow &&
           bytes_equal(buffer_bytes(&name), alias);
}

static void leave(struct resource *resource, struct bytes alias)
{
    struct subscription *subscription;
    bool any = false;
    DL_FOREACH(resource->subscriptions, subscription)
    {
        subscription->leaves = subscription->leaves || is_to(subscription, alias);
        any = any || subscription->leaves;
    }
    if (any)
        resource_end_leaving(resource);
}

void presence_drop_alias(struct presence *presence, struct bytes aor, struct bytes alias)
{
    assert(!bytes_empty(alias));
    for (size_t i = 0; package_list()[i] != NULL; i++) {
        struct resource *resource = resource_find(presence, package_list()[i], aor, false);
        if (resource != NULL)
            leave(resource, alias);
    }
}
