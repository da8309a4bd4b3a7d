/* partial.c: partial notification (RFC 5263 4.4).
 *
 *   first NOTIFY, SUBSCRIBE, another view, the last NOTIFY failed,
 *   the difference is not shorter                                    --> the whole state
 *   else              --> the difference to what the last NOTIFY told, which had a 2xx
 *
 * Whole state and differences are made once for all watchers of a view who know the same (view.c);
 * a watcher's own is the version between their two parts. It begins as the package says (RFC 5263:
 * 1, RFC 4235: 0) and grows by one with each body that was sent, also one that failed: its answer
 * alone may have been lost, and a watcher throws away what has a version that it knows (4.5). The
 * whole state that follows may leave some out. It is not stored. After a restart it goes on with
 * the CSeq, which is higher than the version of any NOTIFY before, because both grow by at most one
 * with each and the CSeq began with it. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "presence/presence_internal.h"

static const struct package_partials *partials_of(const struct subscription *subscription)
{
    return subscription->resource->package->partials;
}

bool partial_is_wanted(const struct subscription *subscription)
{
    const struct package_partials *partials = partials_of(subscription);
    return partials != NULL && strcmp(partials->type, subscription->accept) == 0;
}

static uint32_t next_version(const struct subscription *subscription)
{
    const struct partial *partial = &subscription->extras->partial;
    if (partial->version == 0 && subscription->restored)
        return subscription->dialog.local_cseq + 1;
    return partial->version + 1;
}

static struct blob *join(const struct package_parts *parts, uint32_t version)
{
    if (parts->tail == NULL)
        return blob_ref(parts->head);
    struct bytes head = blob_bytes(parts->head), tail = blob_bytes(parts->tail);
    size_t size = head.length + 10 + tail.length;
    char *text = memory_new(size);
    struct buffer out = buffer_over(text, size);
    buffer_put(&out, head);
    buffer_number(&out, version);
    buffer_put(&out, tail);
    assert(!out.overflow);
    struct blob *body = blob_new(buffer_bytes(&out));
    free(text);
    return body;
}

struct blob *partial_body(struct subscription *subscription)
{
    assert(subscription->view != NULL && partial_is_wanted(subscription));
    struct partial *partial = &extras_of(subscription)->partial;
    struct view *view = subscription->view;
    const struct package_parts *parts = NULL;
    if (!partial->whole)
        parts = view_difference(view, partial->confirmed);
    if (parts == NULL)
        parts = view_whole(view);
    partial->version = next_version(subscription);
    partial->whole = false;
    view_let_go(view, partial->sent);
    partial->sent = view_hold(view);
    return join(parts, partials_of(subscription)->first_version + partial->version - 1);
}

void partial_begin(struct subscription *subscription)
{
    if (subscription->extras != NULL)
        subscription->extras->partial.whole = true;
}

void partial_answered(struct subscription *subscription, unsigned status)
{
    struct partial *partial = subscription->extras != NULL ? &subscription->extras->partial : NULL;
    if (partial == NULL || partial->sent == 0)
        return;
    assert(subscription->view != NULL);
    bool confirmed = status >= 200 && status < 300;
    view_let_go(subscription->view, confirmed ? partial->confirmed : partial->sent);
    if (confirmed)
        partial->confirmed = partial->sent;
    else
        partial->whole = true;
    partial->sent = 0;
}

void partial_let_go(struct subscription *subscription)
{
    struct partial *partial = &subscription->extras->partial;
    view_let_go(subscription->view, partial->confirmed);
    view_let_go(subscription->view, partial->sent);
    partial->confirmed = 0;
    partial->sent = 0;
}
