/* groups.c: the groups of a user's roster.
 *
 * Who is in a group is written with the buddies (store/rows.h); a group itself has at most a place.
 * So a group is what its place and its buddies say, and changing one changes those. */
#include "web/api/groups.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "web/api/roster_internal.h"

/* A group of a roster that is looked at or changed. */
struct work {
    struct people_aor owner;
    struct bytes name; /* in the path */
    struct roster_view view;
    long index; /* in the view; -1: there is none */
};

static void add_member(json_t *members, const char *aor)
{
    char uri[PEOPLE_AOR_MAX + 8];
    snprintf(uri, sizeof(uri), "sip:%s", aor);
    json_array_append_new(members, given_json(bytes_of(uri)));
}

static json_t *group_json(const struct roster_view *view, size_t index)
{
    json_t *group = json_copy(json_array_get(view->groups, index)), *members = json_array();
    struct bytes name = given_bytes(json_object_get(group, "name"));
    for (size_t i = 0; i < view->buddies.count; i++)
        if (lines_have(view->buddies.all[i].groups, name))
            add_member(members, view->buddies.all[i].aor);
    json_object_set_new(group, "members", members);
    return group;
}

/* Loads within a transaction. */
static enum err load(struct account_file *file, struct work *work)
{
    enum err err = roster_view_load(file, bytes_of(work->owner.text), &work->view);
    work->index = roster_view_group(&work->view, work->name);
    return err;
}

static void no_group(struct web_call *call)
{
    web_problem(call, 404, "not-found", "group",
                "there is no such group in this roster; PUT makes "
                "it");
}

static void list_groups(struct web_call *call, struct account_file *file)
{
    struct work work = {.index = -1};
    if (!given_user(call, &work.owner) || !given_begin_read(call, file))
        return;
    if (given_end(call, file, load(file, &work))) {
        json_t *items = json_array();
        for (size_t i = 0; i < json_array_size(work.view.groups); i++)
            json_array_append_new(items, group_json(&work.view, i));
        web_answer(call, 200, json_pack("{s:o}", "items", items));
    }
    roster_view_release(&work.view);
}

static void get_group(struct web_call *call, struct account_file *file)
{
    struct work work = {.name = web_part(call, "group")};
    if (!given_user(call, &work.owner) || !given_begin_read(call, file))
        return;
    enum err err = load(file, &work);
    if (err == ERR_NONE && work.index < 0)
        no_group(call);
    if (given_end(call, file, err))
        web_answer(call, 200, group_json(&work.view, (size_t)work.index));
    roster_view_release(&work.view);
}

/* What a body says. */
struct wishes {
    struct bytes name;
    uint64_t position;
    const json_t *members; /* NULL: as they are */
    bool has_position;
};

static void read_wishes(const struct given *given, struct bytes name, struct wishes *wishes)
{
    static const char *const known[] = {"name", "position", "members", NULL};
    *wishes = (struct wishes){.name = name, .members = json_object_get(given->object, "members")};
    given_only(given, known);
    given_text(given, "name", people_group_fault, &wishes->name);
    if (!json_is_null(json_object_get(given->object, "position")))
        wishes->has_position =
            given_number(given, "position", BUDDIES_POSITION_MOST, &wishes->position);
    if (wishes->members != NULL && !json_is_array(wishes->members))
        fault_add(given->faults, "/members", "an array of addresses is wanted");
    if (people_group_fault(wishes->name) != NULL)
        fault_add(given->faults, "/name", "%s", people_group_fault(wishes->name));
}

/* Marks the members; those that are not in the roster are faults. */
static bool *mark_members(struct web_call *call, const struct work *work,
                          const struct wishes *wishes, struct faults *faults)
{
    char pointer[GIVEN_POINTER_SIZE];
    struct people_aor aor;
    bool *in = memory_new(work->view.buddies.count + 1);
    for (size_t i = 0; i < json_array_size(wishes->members); i++) {
        struct bytes uri = given_bytes(json_array_get(wishes->members, i));
        enum people_fault fault = people_find_anybody(web_domains(call), uri, &aor);
        const struct buddy *buddy =
            fault == PEOPLE_GOOD ? buddies_find(&work->view.buddies, aor.text) : NULL;
        snprintf(pointer, sizeof(pointer), "/members/%zu", i);
        if (fault != PEOPLE_GOOD)
            given_name_fault(call, faults, pointer, fault);
        else if (buddy == NULL)
            fault_add(faults, pointer, "%s is not in the roster; put it there first", aor.text);
        else
            in[buddy - work->view.buddies.all] = true;
    }
    return in;
}

/* Writes the buddy anew if its groups change. */
static enum err regroup(struct web_call *call, struct account_file *file, const struct work *work,
                        struct buddy *buddy, const struct wishes *wishes, bool in)
{
    bool was = lines_have(buddy->groups, work->name);
    if (was == in && (!in || bytes_equal(work->name, wishes->name)))
        return ERR_NONE;
    lines_remove(&buddy->groups, work->name);
    if (in)
        lines_add(&buddy->groups, wishes->name);
    const struct store_buddy row = buddy_stored(buddy, bytes_of(work->owner.text));
    return account_put_buddy(file, &row, web_limits(call)->buddies_max);
}

static enum err put_place(struct account_file *file, const struct work *work,
                          const struct wishes *wishes)
{
    struct bytes owner = bytes_of(work->owner.text);
    const struct store_group old = {.aor = owner, .name = work->name};
    const json_t *before =
        work->index < 0
            ? NULL
            : json_object_get(json_array_get(work->view.groups, (size_t)work->index), "position");
    const struct store_group group = {
        .aor = owner,
        .name = wishes->name,
        .position = wishes->has_position      ? wishes->position
                    : json_is_integer(before) ? (uint64_t)json_integer_value(before)
                                              : json_array_size(work->view.groups) + 1,
    };
    enum err err = account_delete_group(file, &old);
    return err == ERR_NONE ? account_put_group(file, &group) : err;
}

static enum err write_group(struct web_call *call, struct account_file *file, struct work *work,
                            const struct wishes *wishes, const bool *in)
{
    enum err err = put_place(file, work, wishes);
    for (size_t i = 0; i < work->view.buddies.count && err == ERR_NONE; i++) {
        struct buddy *buddy = &work->view.buddies.all[i];
        bool member = wishes->members != NULL ? in[i] : lines_have(buddy->groups, work->name);
        err = regroup(call, file, work, buddy, wishes, member);
    }
    return err;
}

/* False: it may not become so, which is answered. */
static bool judge(struct web_call *call, const struct work *work, const struct wishes *wishes)
{
    json_t *current = work->index >= 0 ? group_json(&work->view, (size_t)work->index) : NULL;
    bool may = web_may_change(call, current);
    json_decref(current);
    if (may && !bytes_equal(work->name, wishes->name) &&
        roster_view_group(&work->view, wishes->name) >= 0) {
        web_problem(call, 409, "conflict", "/name", "there is a group of this name already");
        may = false;
    }
    if (may && work->index < 0 && json_array_size(work->view.groups) >= ROSTER_GROUPS_MOST) {
        web_problem(call, 409, "limit", NULL, "a roster has %d groups at most", ROSTER_GROUPS_MOST);
        may = false;
    }
    return may;
}

static void save(struct web_call *call, struct account_file *file, struct work *work,
                 const struct wishes *wishes, bool patch)
{
    struct faults faults = {NULL};
    if (!given_begin(call, file))
        return;
    enum err err = load(file, work);
    bool made = work->index < 0, *in = mark_members(call, work, wishes, &faults);
    if (err == ERR_NONE && patch && made)
        no_group(call);
    else if (err == ERR_NONE && !faults_answer(call, &faults) && judge(call, work, wishes))
        err = write_group(call, file, work, wishes, in);
    json_decref(faults.list);
    free(in);
    roster_view_release(&work->view);
    work->name = wishes->name;
    if (err == ERR_NONE && !web_answered(call))
        err = load(file, work);
    if (given_end(call, file, err))
        web_answer(call, made ? 201 : 200, group_json(&work->view, (size_t)work->index));
    roster_view_release(&work->view);
}

static void change_group(struct web_call *call, struct account_file *file, bool patch)
{
    struct work work = {.name = web_part(call, "group")};
    struct faults faults = {NULL};
    struct given given;
    struct wishes wishes;
    if (!given_user(call, &work.owner) || !given_object(call, &faults, &given))
        return;
    read_wishes(&given, work.name, &wishes);
    if (!faults_answer(call, &faults))
        save(call, file, &work, &wishes, patch);
}

static void put_group(struct web_call *call, struct account_file *file)
{
    change_group(call, file, false);
}

static void patch_group(struct web_call *call, struct account_file *file)
{
    change_group(call, file, true);
}

/* Its buddies stay in the roster. */
static enum err remove_group(struct web_call *call, struct account_file *file, struct work *work)
{
    const struct wishes none = {.name = work->name};
    const struct store_group key = {.aor = bytes_of(work->owner.text), .name = work->name};
    enum err err = account_delete_group(file, &key);
    for (size_t i = 0; i < work->view.buddies.count && err == ERR_NONE; i++)
        err = regroup(call, file, work, &work->view.buddies.all[i], &none, false);
    return err;
}

static void delete_group(struct web_call *call, struct account_file *file)
{
    struct work work = {.name = web_part(call, "group")};
    if (!given_user(call, &work.owner) || !given_begin(call, file))
        return;
    enum err err = load(file, &work);
    json_t *current = work.index >= 0 ? group_json(&work.view, (size_t)work.index) : NULL;
    if (err == ERR_NONE && current == NULL)
        no_group(call);
    else if (err == ERR_NONE && web_may_change(call, current))
        err = remove_group(call, file, &work);
    given_end(call, file, err);
    json_decref(current);
    roster_view_release(&work.view);
}

#define GROUPS "/api/v1/users/{user}/groups"

const struct web_endpoint groups_endpoints[] = {
    {WEB_GET, GROUPS, WEB_ROSTERS, true, WEB_NO_BODY, list_groups, NULL},
    {WEB_GET, GROUPS "/{group}", WEB_ROSTERS, true, WEB_NO_BODY, get_group, NULL},
    {WEB_PUT, GROUPS "/{group}", WEB_ROSTERS, true, WEB_JSON, put_group, NULL},
    {WEB_PATCH, GROUPS "/{group}", WEB_ROSTERS, true, WEB_JSON, patch_group, NULL},
    {WEB_DELETE, GROUPS "/{group}", WEB_ROSTERS, true, WEB_NO_BODY, delete_group, NULL},
    {.path = NULL},
};
