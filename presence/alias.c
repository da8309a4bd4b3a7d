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

/* Whether To is a name of ours that nobody has now, or somebody else as an alias: one that was
 * taken away while we were not there, it seems. Another account may have had the request sent on,
 * so that one stays; and so may somebody before us, so who leaves is asked to come again (RFC
 * 6665 4.1.3, deactivated), and is judged then by where that leads. */
static bool is_lost(const struct subscription *subscription)
{
    const struct front_parts *parts = subscription->resource->presence->parts;
    char text[ALIASED_MAX];
    struct buffer name = buffer_over(text, sizeof(text));
    struct sip_address to;
    if (!verdict_ok(sip_address_parse(subscription->dialog.parts.local_uri, &to)) || to.star ||
        domains_write_own(parts->domains, &to.uri, &name) == NULL || name.overflow ||
        accounts_find(parts->accounts, buffer_bytes(&name)) != NULL)
        return false;
    domains_resolve(parts->domains, 0, &name);
    return !name.overflow && !bytes_equal(buffer_bytes(&name), subscription->resource->aor);
}

void alias_judge_loaded(struct resource *resource)
{
    struct subscription *subscription;
    bool any = false;
    DL_FOREACH(resource->subscriptions, subscription)
    {
        if (!is_lost(subscription))
            continue;
        subscription->leaves = EVENT_DEACTIVATED;
        any = true;
    }
    if (any)
        resource_end_leaving(resource);
}

static void leave(struct resource *resource, struct bytes alias)
{
    struct subscription *subscription;
    bool any = false;
    DL_FOREACH(resource->subscriptions, subscription)
    {
        if (!is_to(subscription, alias))
            continue;
        subscription->leaves = EVENT_NORESOURCE;
        any = true;
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
