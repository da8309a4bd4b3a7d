/* roster_view.c: a roster as clients see it.
 *
 * Pages are cut by position and address ("3,bob@example.org"), so that a page begins where it
 * should when somebody before it has gone. The version is a hash of all that is in the roster: with
 * it the ETag of the first page stands for the whole. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "sip/uri.h"
#include "web/api/roster_internal.h"

enum { PATH_SIZE = 2048, CURSOR_SIZE = PEOPLE_AOR_MAX + 24 };

/* Groups. */

long roster_view_group(const struct roster_view *view, struct bytes name)
{
    for (size_t i = 0; i < json_array_size(view->groups); i++) {
        const json_t *group = json_array_get(view->groups, i);
        if (bytes_equal(given_bytes(json_object_get(group, "name")), name))
            return (long)i;
    }
    return -1;
}

static void add_group(struct roster_view *view, struct bytes name, json_t *position)
{
    json_t *group = json_object();
    json_object_set_new(group, "name", given_json(name));
    json_object_set_new(group, "position", position);
    json_array_append_new(view->groups, group);
}

static void take_group(void *context, const struct store_group *group)
{
    add_group(context, group->name, json_integer((json_int_t)group->position));
}

static int compare(const void *a, const void *b)
{
    return bytes_compare(*(const struct bytes *)a, *(const struct bytes *)b);
}

static size_t count_groups(const struct buddies *buddies)
{
    size_t count = 0;
    for (size_t i = 0; i < buddies->count; i++) {
        struct bytes groups = bytes_of(buddies->all[i].groups);
        for (; !bytes_empty(groups); count++)
            bytes_split(&groups, '\n');
    }
    return count;
}

/* Those that have no place of their own, by name. */
static void add_others(struct roster_view *view)
{
    size_t count = 0;
    struct bytes *names = memory_new((count_groups(&view->buddies) + 1) * sizeof(*names));
    for (size_t i = 0; i < view->buddies.count; i++) {
        struct bytes groups = bytes_of(view->buddies.all[i].groups);
        while (!bytes_empty(groups))
            names[count++] = bytes_split(&groups, '\n');
    }
    if (count > 0)
        qsort(names, count, sizeof(*names), compare);
    for (size_t i = 0; i < count; i++)
        if ((i == 0 || !bytes_equal(names[i - 1], names[i])) &&
            roster_view_group(view, names[i]) < 0)
            add_group(view, names[i], json_null());
    free(names);
}

/* Shared groups. */

struct sharing {
    struct roster_view *view;
    struct bytes owner, domain; /* "alice@example.org", "@example.org" */
};

static bool has(struct bytes lines, struct bytes line)
{
    while (!bytes_empty(lines)) {
        if (bytes_equal(bytes_split(&lines, '\n'), line))
            return true;
    }
    return false;
}

static void take_shared(void *context, const struct store_shared *shared)
{
    const struct sharing *sharing = context;
    struct bytes watchers = bytes_empty(shared->watchers) ? shared->members : shared->watchers;
    if (!has(watchers, sharing->owner) && !has(watchers, sharing->domain))
        return;
    json_t *group = json_object();
    json_object_set_new(group, "name", given_json(shared->name));
    json_object_set_new(group, "title", given_json(shared->title));
    json_object_set_new(group, "members", lines_json(shared->members));
    json_array_append_new(sharing->view->shared, group);
}

/* All of it. */

enum err roster_view_load(struct account_file *file, struct bytes owner, struct roster_view *view)
{
    struct bytes domain = sip_aor_domain(owner);
    *view = (struct roster_view){.groups = json_array(), .shared = json_array()};
    struct sharing sharing = {view, owner, bytes_skip(owner, owner.length - domain.length - 1)};
    enum err err = account_known(file, owner);
    if (err == ERR_NONE)
        err = buddies_load(file, owner, &view->buddies);
    if (err == ERR_NONE)
        err = account_list_groups(file, owner, take_group, view);
    if (err == ERR_NONE)
        err = account_list_shared(file, BYTES(""), PEOPLE_SHARED_MAX, take_shared, &sharing);
    if (err == ERR_NONE)
        add_others(view);
    return err;
}

void roster_view_release(struct roster_view *view)
{
    buddies_release(&view->buddies);
    json_decref(view->groups);
    json_decref(view->shared);
    *view = (struct roster_view){.groups = NULL};
}

uint64_t roster_view_end(const struct roster_view *view)
{
    size_t count = view->buddies.count;
    return count > 0 ? view->buddies.all[count - 1].position + 1 : 1;
}

/* Showing. */

static uint64_t version_of(const struct roster_view *view)
{
    uint64_t hash = bytes_hash(BYTES("roster"), view->buddies.count);
    for (size_t i = 0; i < view->buddies.count; i++) {
        const struct buddy *buddy = &view->buddies.all[i];
        hash = bytes_hash(bytes_of(buddy->aor), hash + buddy->position);
        hash = bytes_hash(bytes_of(buddy->name), hash);
        hash = bytes_hash(bytes_of(buddy->groups), hash + 1);
        hash = bytes_hash(bytes_of(buddy->notes), hash + 2);
    }
    return hash;
}

static json_t *names_json(const json_t *groups)
{
    json_t *names = json_array();
    for (size_t i = 0; i < json_array_size(groups); i++)
        json_array_append(names, json_object_get(json_array_get(groups, i), "name"));
    return names;
}

/* True for what stands behind the cursor; a cursor that is none is before everything. */
static bool is_after(const struct buddy *buddy, struct bytes cursor)
{
    uint64_t position;
    if (!bytes_to_u64(bytes_split(&cursor, ','), &position))
        return true;
    if (buddy->position != position)
        return buddy->position > position;
    return bytes_compare(bytes_of(buddy->aor), cursor) > 0;
}

json_t *roster_view_json(const struct roster_view *view, struct bytes owner,
                         const struct page *page)
{
    char path_text[PATH_SIZE], last[CURSOR_SIZE] = "", version[24];
    struct buffer path = buffer_over(path_text, sizeof(path_text) - 1);
    json_t *items = json_array();
    size_t i = 0;
    while (i < view->buddies.count && !is_after(&view->buddies.all[i], page->after))
        i++;
    for (; i < view->buddies.count && json_array_size(items) < page->limit; i++) {
        const struct buddy *buddy = &view->buddies.all[i];
        json_array_append_new(items, buddy_json(buddy));
        snprintf(last, sizeof(last), "%" PRIu64 ",%s", buddy->position, buddy->aor);
    }
    buffer_text(&path, "/api/v1/users/");
    buffer_percent(&path, owner);
    buffer_text(&path, "/roster");
    path_text[path.length] = '\0';
    json_t *json = page_list(page, path_text, items, i < view->buddies.count ? last : NULL);
    snprintf(version, sizeof(version), "%016" PRIx64, version_of(view));
    json_object_set_new(json, "groups", names_json(view->groups));
    json_object_set(json, "shared", view->shared);
    json_object_set_new(json, "total", json_integer((json_int_t)view->buddies.count));
    json_object_set_new(json, "version", json_string(version));
    return json;
}
