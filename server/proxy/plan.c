/* plan.c: in which order the contacts of a user are asked.
 *
 *     q     1.0   1.0   0.5   1.0          group  0   0   1   -
 *     device  A     B     C     A    ->    lead   0   1   2   0     (by q: A and B, then C; the
 *                                                                    second way to A only when the
 *                                                                    first fails) */
#include <assert.h>

#include "proxy_internal.h"

static bool stands_before(const struct proxy_target *a, unsigned a_score,
                          const struct proxy_target *b, unsigned b_score)
{
    return a->q != b->q ? a->q > b->q : a_score > b_score;
}

/* By insertion: there are few, and they come nearly in order. */
void plan_sort(struct proxy_target *targets, unsigned *scores, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct proxy_target target = targets[i];
        unsigned score = scores[i];
        size_t at = i;
        for (; at > 0 && stands_before(&target, score, &targets[at - 1], scores[at - 1]); at--) {
            targets[at] = targets[at - 1];
            scores[at] = scores[at - 1];
        }
        targets[at] = target;
        scores[at] = score;
    }
}

static unsigned lead_of(const struct proxy_target *targets, unsigned index)
{
    struct bytes instance = targets[index].instance;
    for (unsigned i = 0; i < index && !bytes_empty(instance); i++)
        if (bytes_equal(targets[i].instance, instance))
            return i;
    return index;
}

static bool begins_group(const struct proxy_target *before, const struct proxy_target *target,
                         enum plan_manner manner)
{
    return manner == PLAN_ONE_BY_ONE || (manner == PLAN_BY_Q && before->q != target->q);
}

void plan_make(const struct proxy_target *targets, size_t count, enum plan_manner manner,
               struct plan_place *places)
{
    assert(count > 0);
    const struct proxy_target *before = &targets[0];
    unsigned group = 0;
    for (unsigned i = 0; i < count; i++) {
        unsigned lead = lead_of(targets, i);
        if (lead == i && i > 0 && begins_group(before, &targets[i], manner))
            group++;
        if (lead == i)
            before = &targets[i];
        places[i] = (struct plan_place){lead == i ? group : places[lead].group, lead};
    }
}

unsigned plan_widest(const struct plan_place *places, size_t count)
{
    unsigned widest = 0, width = 0, group = 0;
    for (unsigned i = 0; i < count; i++) {
        if (places[i].lead != i)
            continue;
        if (places[i].group != group)
            width = 0;
        group = places[i].group;
        if (++width > widest)
            widest = width;
    }
    return widest;
}
