/* shared.c: groups that the operator puts into rosters.
 *
 * A group is two sets of people: who is in it, and who has it in the roster. Each is a roster of
 * its own, sorted, in which "@example.org" stands for everybody of a domain. There are few groups,
 * so they are a list. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "policy/policy_internal.h"
#include "sip/uri.h"
#include "store/rows.h"

struct shared_group {
    struct shared_group *next;
    struct roster members, watchers; /* of watchers none: the members */
    char *name, *title;
};

struct shared {
    struct shared_group *first, **last;
};

struct shared *shared_new(void)
{
    struct shared *shared = memory_new(sizeof(*shared));
    shared->last = &shared->first;
    return shared;
}

void shared_free(struct shared **shared)
{
    struct shared *old = *shared;
    *shared = NULL;
    struct shared_group *group = old != NULL ? old->first : NULL;
    while (group != NULL) {
        struct shared_group *next = group->next;
        roster_release(&group->members);
        roster_release(&group->watchers);
        free(group->name);
        free(group->title);
        free(group);
        group = next;
    }
    free(old);
}

static int compare(const void *a, const void *b)
{
    return bytes_compare(*(const struct bytes *)a, *(const struct bytes *)b);
}

static size_t count_lines(struct bytes lines)
{
    size_t count = 0;
    for (; !bytes_empty(lines); count++)
        bytes_split(&lines, '\n');
    return count;
}

/* What somebody wrote into the database by hand need not be sorted, nor be there once. */
static void add_sorted(struct roster *roster, struct bytes lines)
{
    size_t count = count_lines(lines), used = 0;
    struct bytes *all = memory_new((count + 1) * sizeof(*all));
    while (!bytes_empty(lines)) {
        all[used] = bytes_split(&lines, '\n');
        used += !bytes_empty(all[used]);
    }
    qsort(all, used, sizeof(*all), compare);
    for (size_t i = 0; i < used; i++)
        if (i == 0 || !bytes_equal(all[i - 1], all[i]))
            roster_add(roster, all[i], BYTES(""));
    free(all);
}

void shared_add(struct shared *shared, const struct store_shared *stored)
{
    struct shared_group *group = memory_new(sizeof(*group));
    add_sorted(&group->members, stored->members);
    add_sorted(&group->watchers, stored->watchers);
    group->name = memory_copy(stored->name);
    group->title = memory_copy(stored->title);
    *shared->last = group;
    shared->last = &group->next;
}

/* By the address, or with all of its domain. */
static bool is_among(const struct roster *people, struct bytes aor)
{
    struct bytes domain = sip_aor_domain(aor);
    if (people->count == 0)
        return false;
    if (roster_has(people, aor))
        return true;
    return domain.length < aor.length &&
           roster_has(people, bytes_skip(aor, aor.length - domain.length - 1));
}

static bool is_seen_by(const struct shared_group *group, struct bytes owner)
{
    return is_among(group->watchers.count > 0 ? &group->watchers : &group->members, owner);
}

bool shared_knows(const struct shared *shared, struct bytes owner, struct bytes buddy)
{
    const struct shared_group *group = shared != NULL ? shared->first : NULL;
    for (; group != NULL; group = group->next)
        if (is_among(&group->members, buddy) && is_seen_by(group, owner))
            return true;
    return false;
}

/* Gathering the members of a group. */

struct gathering {
    struct bytes owner;
    struct bytes *all;
    size_t count, size;
};

static void gather(void *context, struct bytes buddy)
{
    struct gathering *gathering = context;
    if (bytes_equal(buddy, gathering->owner))
        return;
    if (gathering->count == gathering->size) {
        gathering->size = gathering->size > 0 ? gathering->size * 2 : 16;
        gathering->all = memory_resize(gathering->all, gathering->size * sizeof(*gathering->all));
    }
    gathering->all[gathering->count++] = buddy;
}

static void gather_member(struct gathering *gathering, struct bytes member,
                          const struct people *people)
{
    if (member.at[0] != '@')
        gather(gathering, member);
    else if (people->each != NULL)
        people->each(people->context, bytes_skip(member, 1), gather, gathering);
}

static bool is_called(const struct shared_group *group, struct bytes name)
{
    return bytes_equal(bytes_of(group->title), name) || bytes_equal(bytes_of(group->name), name);
}

static void gather_group(struct gathering *gathering, const struct shared_group *group,
                         const struct people *people)
{
    for (size_t i = 0; i < group->members.count; i++)
        gather_member(gathering, roster_buddy(&group->members, i), people);
}

static size_t visit_once(const struct gathering *gathering,
                         void (*visit)(void *context, struct bytes buddy), void *context)
{
    size_t visited = 0;
    qsort(gathering->all, gathering->count, sizeof(*gathering->all), compare);
    for (size_t i = 0; i < gathering->count; i++) {
        if (i > 0 && bytes_equal(gathering->all[i - 1], gathering->all[i]))
            continue;
        visit(context, gathering->all[i]);
        visited++;
    }
    return visited;
}

static bool has_group(const struct shared *shared, struct bytes owner, struct bytes name)
{
    const struct shared_group *group = shared != NULL ? shared->first : NULL;
    for (; group != NULL; group = group->next)
        if (is_called(group, name) && is_seen_by(group, owner))
            return true;
    return false;
}

size_t shared_visit(const struct shared *shared, const struct shared_wanted *wanted,
                    void (*visit)(void *context, struct bytes buddy), void *context)
{
    const struct roster none = {0}, *own = wanted->own != NULL ? wanted->own : &none;
    if (!has_group(shared, wanted->owner, wanted->group))
        return roster_group(own, wanted->group, visit, context);
    struct gathering gathering = {.owner = wanted->owner};
    roster_group(own, wanted->group, gather, &gathering);
    for (const struct shared_group *group = shared->first; group != NULL; group = group->next)
        if (is_called(group, wanted->group) && is_seen_by(group, wanted->owner))
            gather_group(&gathering, group, wanted->people);
    size_t count = gathering.count > 0 ? visit_once(&gathering, visit, context) : 0;
    free(gathering.all);
    return count;
}
