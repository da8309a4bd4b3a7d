/* conditional.c: conditional notification (RFC 5839 6).
 *
 *   Suppress-If-Match of     is the tag of what is shown    is not
 *   a new SUBSCRIBE, fetch   200, NOTIFY without body       200, NOTIFY with body
 *   a refresh                204, no NOTIFY                 200, NOTIFY with body
 *   an unsubscribe           204, no NOTIFY                 200, last NOTIFY with body
 *
 * "*" is true whatever is shown, until the next SUBSCRIBE. While the condition stays true only a
 * change of Subscription-State is told, without a body. An entity-tag is a keyed hash of the body
 * that the watcher's view has: nothing is stored for it. What is pending or was blocked shows
 * nothing and has no tag. */
#include "presence/conditional_internal.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "presence/presence_internal.h"
#include "sip/digest.h"

enum { TAG_BYTES = (ENTITY_TAG_SIZE - 1) / 2 };

void conditional_init(struct presence *presence)
{
    unsigned char key[32];
    digest_hmac(presence->digests, store_secret(presence->parts->store),
                BYTES("entity-tags of NOTIFY"), key);
    memcpy(presence->entity_seeds, key, sizeof(presence->entity_seeds));
}

const char *conditional_tag(struct view *view)
{
    const struct presence *presence = view->resource->presence;
    uint64_t hashes[2];
    struct bytes body = blob_bytes(view_body(view));
    if (view->tag_serial == view->serial)
        return view->tag;
    struct buffer out = buffer_over(view->tag, sizeof(view->tag));
    for (int i = 0; i < 2; i++)
        hashes[i] = bytes_hash(body, presence->entity_seeds[i]);
    buffer_hex(&out, (const unsigned char *)hashes, TAG_BYTES);
    buffer_char(&out, '\0');
    assert(!out.overflow);
    view->tag_serial = view->serial;
    return view->tag;
}

bool conditional_has_tag(const struct subscription *subscription)
{
    return subscription->view != NULL && subscription->resource->package->subject == NULL;
}

/* One that we never made is never true, and needs no memory. */
void conditional_set(struct subscription *subscription, struct bytes suppress, bool in_dialog)
{
    bool any = bytes_equal(suppress, BYTES("*")) || suppress.length == ENTITY_TAG_SIZE - 1;
    if (!any && subscription->extras == NULL)
        return;
    struct extras *extras = extras_of(subscription);
    struct buffer out = buffer_over(extras->suppress, sizeof(extras->suppress));
    if (any)
        buffer_put(&out, suppress);
    buffer_char(&out, '\0');
    assert(!out.overflow);
    extras->in_dialog = in_dialog;
}

bool conditional_holds(struct subscription *subscription)
{
    struct extras *extras = subscription->extras;
    if (extras == NULL || extras->suppress[0] == '\0')
        return false;
    if (extras->suppress[0] == '*')
        return true;
    bool holds = conditional_has_tag(subscription) && !authorize_is_due(subscription) &&
                 strcmp(conditional_tag(subscription->view), extras->suppress) == 0;
    if (!holds)
        extras->suppress[0] = '\0';
    return holds;
}

bool conditional_suppresses(struct subscription *subscription)
{
    return machine_is_live(subscription->state) && !subscription->missed &&
           subscription->notified == subscription->state && conditional_holds(subscription) &&
           subscription->extras->in_dialog;
}
