/* posted.h: im_post as a box that keeps what is posted. Link with --wrap=im_post. */
#ifndef TESTS_UNIT_IM_POSTED_H
#define TESTS_UNIT_IM_POSTED_H

#include "fixture/ask.h"
#include "im/im_internal.h"

enum { POSTED_MAX = 128 };

struct posted {
    char owner[200], peer[200], call[80], tag[80], head[4000], body[8000];
    struct im_post post; /* its slices are gone */
};
static struct posted posted[POSTED_MAX];
static unsigned posted_count, posted_refuse;

static inline void posted_copy(char *out, size_t size, struct bytes slice)
{
    ck_assert_uint_lt(slice.length, size);
    if (slice.length > 0)
        memcpy(out, slice.at, slice.length);
    out[slice.length] = '\0';
}

struct store_change __wrap_im_post(struct im *im, const struct im_post *post, bool *refused);
struct store_change __wrap_im_post(struct im *im, const struct im_post *post, bool *refused)
{
    struct posted *next = &posted[posted_count];
    *refused = posted_refuse > 0;
    if (*refused) {
        posted_refuse--;
        return STORE_NOTHING;
    }
    ck_assert_uint_lt(posted_count++, POSTED_MAX);
    next->post = *post;
    posted_copy(next->owner, sizeof(next->owner), post->owner);
    posted_copy(next->peer, sizeof(next->peer), post->peer);
    posted_copy(next->call, sizeof(next->call), post->origin.call_id);
    posted_copy(next->tag, sizeof(next->tag), post->from_tag);
    posted_copy(next->head, sizeof(next->head), post->head);
    posted_copy(next->body, sizeof(next->body), post->body);
    struct store_set *set = store_begin(im->parts->store, partition_of(post->owner));
    store_delete_device(set, post->owner, BYTES("-"));
    return store_submit(im->parts->store, &set);
}

#endif
