/* roster.c: whom a user wants to see.
 *
 *   JSON, CSV or vCards --one array--> judged whole --> one transaction: If-Match, all of it,
 * durable
 *
 * PUT is what there is to be; POST changes who is named and adds who is new. What an entry does not
 * say stays, when it is there already; who has no place comes last. */
#include "web/api/roster.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "web/api/roster_internal.h"

enum { PATH_SIZE = 2048 };

static const struct page first_page = {.limit = GIVEN_LIMIT_USUAL};

/* The whole. */

/* One array for all that is not JSON. */
static json_t *items_of(const struct roster_view *view)
{
    json_t *items = json_array();
    for (size_t i = 0; i < view->buddies.count; i++)
        json_array_append_new(items, buddy_json(&view->buddies.all[i]));
    return items;
}

static void answer_text(struct web_call *call, const struct roster_view *view, const char *type,
                        char *(*write)(const json_t *items))
{
    json_t *items = items_of(view);
    char *text = write(items);
    web_answer_text(call, 200, type, bytes_of(text));
    free(text);
    json_decref(items);
}

/* A page, or another form, is of the roster that a change is about. */
static void tag(struct web_call *call, const struct roster_view *view, struct bytes owner)
{
    json_t *current = roster_view_json(view, owner, &first_page);
    web_tag(call, current);
    json_decref(current);
}

static void answer_roster(struct web_call *call, const struct roster_view *view, struct bytes owner,
                          const struct page *page)
{
    bool csv = given_accepts(call, "text/csv"), vcard = given_accepts(call, "text/vcard");
    if (csv || vcard || !bytes_empty(page->after) || page->limit != first_page.limit)
        tag(call, view, owner);
    if (csv)
        answer_text(call, view, "text/csv; charset=utf-8", csv_write);
    else if (vcard)
        answer_text(call, view, "text/vcard; charset=utf-8", vcard_write);
    else
        web_answer(call, 200, roster_view_json(view, owner, page));
}

static void get_roster(struct web_call *call, struct account_file *file)
{
    struct people_aor owner;
    struct roster_view view;
    struct page page;
    if (!given_user(call, &owner) || !page_read(call, &page) || !given_begin_read(call, file))
        return;
    enum err err = roster_view_load(file, bytes_of(owner.text), &view);
    if (given_end(call, file, err))
        answer_roster(call, &view, bytes_of(owner.text), &page);
    roster_view_release(&view);
}

/* What comes in. */
struct incoming {
    json_t *body;
    json_t *groups; /* names, or NULL; borrowed from the body */
    struct buddies buddies;
};

static void incoming_release(struct incoming *incoming)
{
    buddies_release(&incoming->buddies);
    json_decref(incoming->body);
}

static void read_group_names(struct faults *faults, const json_t *groups)
{
    char pointer[GIVEN_POINTER_SIZE];
    if (groups == NULL)
        return;
    if (!json_is_array(groups) || json_array_size(groups) > ROSTER_GROUPS_MOST) {
        fault_add(faults, "/groups", "an array of at most %d names is wanted", ROSTER_GROUPS_MOST);
        return;
    }
    for (size_t i = 0; i < json_array_size(groups); i++) {
        const char *fault = people_group_fault(given_bytes(json_array_get(groups, i)));
        snprintf(pointer, sizeof(pointer), "/groups/%zu", i);
        if (fault != NULL)
            fault_add(faults, pointer, "%s", fault);
    }
}

static json_t *read_json(struct faults *faults, struct bytes content)
{
    static const char *const known[] = {"items", "groups",  "shared", /* GET shows the rest */
                                        "total", "version", "next",   NULL};
    json_error_t error;
    json_t *body = json_loadb(bytes_empty(content) ? "" : content.at, content.length,
                              JSON_REJECT_DUPLICATES, &error);
    const struct given given = {body, "", faults};
    if (json_is_object(body))
        given_only(&given, known);
    else
        fault_add(faults, "", "a JSON object with items is wanted (line %d: %s)", error.line,
                  body != NULL ? "it is something else" : error.text);
    return body;
}

/* A page of a roster put back would take all others out. */
static void judge_whole(struct faults *faults, const json_t *body)
{
    const json_t *total = json_object_get(body, "total");
    size_t count = json_array_size(json_object_get(body, "items"));
    if (json_object_get(body, "next") != NULL)
        fault_add(faults, "/next",
                  "this is a page, and PUT would take out who is on another one; put all pages "
                  "together and leave next out, or POST changes only who is named");
    else if (total != NULL && (!json_is_integer(total) || json_integer_value(total) < 0 ||
                               (uint64_t)json_integer_value(total) != count))
        fault_add(
            faults, "/total",
            "total is not the number of items (%zu), and PUT takes out who is not among them; "
            "leave total out if that is meant, or POST changes only who is named",
            count);
}

/* False: 415 is answered. */
static bool read_body(struct web_call *call, struct faults *faults, bool replace,
                      struct incoming *incoming)
{
    struct bytes type = web_field(call, "Content-Type"), content = web_content(call);
    json_t *items = NULL;
    *incoming = (struct incoming){NULL};
    if (bytes_empty(type) || given_type_is(type, "application/json")) {
        incoming->body = read_json(faults, content);
        incoming->groups = json_object_get(incoming->body, "groups");
        read_group_names(faults, incoming->groups);
        if (replace)
            judge_whole(faults, incoming->body);
        items = json_object_get(incoming->body, "items");
    } else if (given_type_is(type, "text/csv")) {
        items = incoming->body = csv_read(content, faults);
    } else if (given_type_is(type, "text/vcard") || given_type_is(type, "text/x-vcard")) {
        items = incoming->body = vcard_read(content, faults);
    } else {
        web_problem(call, 415, "unsupported", NULL,
                    "a roster comes as application/json, text/csv or text/vcard");
        return false;
    }
    if (faults->list == NULL || items != NULL)
        buddies_read(call, faults, items, "/items", &incoming->buddies);
    return true;
}

static void replace_text(char **text, const char *with)
{
    free(*text);
    *text = memory_copy(bytes_of(with));
}

/* What the entry does not say. */
static void complete(struct buddy *buddy, const struct buddy *before, uint64_t end)
{
    if (before == NULL) {
        buddy->position = buddy->has_position ? buddy->position : end;
        return;
    }
    if (!buddy->has_position)
        buddy->position = before->position;
    if (!buddy->has_name)
        replace_text(&buddy->name, before->name);
    if (!buddy->has_notes)
        replace_text(&buddy->notes, before->notes);
    if (!buddy->has_groups)
        replace_text(&buddy->groups, before->groups);
}

static enum err put_buddy(struct web_call *call, struct account_file *file, struct bytes owner,
                          const struct buddy *buddy)
{
    unsigned most = web_limits(call)->buddies_max;
    const struct store_buddy row = buddy_stored(buddy, owner);
    enum err err = account_put_buddy(file, &row, most);
    if (err == ERR_LIMIT)
        web_problem(call, 409, "limit", NULL,
                    "a roster has %u %s at most (policy.buddies_max); take some out first", most,
                    word_for(most, "buddy", "buddies"));
    return err;
}

/* The first places, in this order. */
static enum err put_groups(struct account_file *file, struct bytes owner, const json_t *groups)
{
    enum err err = ERR_NONE;
    for (size_t i = 0; i < json_array_size(groups) && err == ERR_NONE; i++) {
        const struct store_group group = {owner, given_bytes(json_array_get(groups, i)), i + 1};
        err = account_put_group(file, &group);
    }
    return err;
}

static enum err write_buddies(struct web_call *call, struct account_file *file, struct bytes owner,
                              const struct roster_view *view, struct incoming *incoming)
{
    uint64_t end = roster_view_end(view);
    enum err err = ERR_NONE;
    for (size_t i = 0; i < incoming->buddies.count && err == ERR_NONE; i++) {
        struct buddy *buddy = &incoming->buddies.all[i];
        complete(buddy, buddies_find(&view->buddies, buddy->aor), end);
        end = buddy->position >= end ? buddy->position + 1 : end;
        err = put_buddy(call, file, owner, buddy);
    }
    return err == ERR_NONE ? put_groups(file, owner, incoming->groups) : err;
}

static bool may_change(struct web_call *call, const struct roster_view *view, struct bytes owner)
{
    json_t *current = roster_view_json(view, owner, &first_page);
    bool may = web_may_change(call, current);
    json_decref(current);
    return may;
}

/* Within a transaction. */
static enum err write_roster(struct web_call *call, struct account_file *file, struct bytes owner,
                             struct incoming *incoming, bool replace)
{
    struct roster_view view, none = {.groups = NULL};
    enum err err = roster_view_load(file, owner, &view);
    if (err == ERR_NONE && may_change(call, &view, owner)) {
        if (replace)
            err = account_clear_roster(file, owner);
        if (err == ERR_NONE)
            err = write_buddies(call, file, owner, replace ? &none : &view, incoming);
    }
    roster_view_release(&view);
    return err;
}

static void change_roster(struct web_call *call, struct account_file *file, bool replace)
{
    struct people_aor owner;
    struct faults faults = {NULL};
    struct incoming incoming;
    if (!given_user(call, &owner) || !read_body(call, &faults, replace, &incoming))
        return;
    if (!faults_answer(call, &faults) && given_begin(call, file)) {
        enum err err = write_roster(call, file, bytes_of(owner.text), &incoming, replace);
        if (given_end(call, file, err))
            web_answer(call, 200,
                       json_pack("{s:I}", "changed", (json_int_t)incoming.buddies.count));
    }
    incoming_release(&incoming);
}

static void put_roster(struct web_call *call, struct account_file *file)
{
    change_roster(call, file, true);
}

static void post_roster(struct web_call *call, struct account_file *file)
{
    change_roster(call, file, false);
}

static void delete_roster(struct web_call *call, struct account_file *file)
{
    struct people_aor owner;
    struct incoming nobody = {NULL};
    if (!given_user(call, &owner) || !given_begin(call, file))
        return;
    given_end(call, file, write_roster(call, file, bytes_of(owner.text), &nobody, true));
}

/* One buddy. */

/* A buddy of the path. An entry may be older than the alias that its address is now: then it is
 * that entry, for the roster lists it so; else the account. */
struct named {
    struct people_aor own, account;
};

/* False: that is answered. */
static bool given_buddy(struct web_call *call, struct named *named)
{
    if (!given_anybody(call, "buddy", &named->account))
        return false;
    given_own_name(call, "buddy", &named->own);
    return true;
}

static const char *name_in(const struct buddies *buddies, const struct named *named)
{
    return buddies_find(buddies, named->own.text) != NULL ? named->own.text : named->account.text;
}

static void no_buddy(struct web_call *call)
{
    web_problem(call, 404, "not-found", "buddy",
                "there is no such buddy in this roster; PUT adds "
                "it");
}

static void get_buddy(struct web_call *call, struct account_file *file)
{
    struct people_aor owner;
    struct named who;
    struct roster_view view;
    if (!given_user(call, &owner) || !given_buddy(call, &who) || !given_begin_read(call, file))
        return;
    enum err err = roster_view_load(file, bytes_of(owner.text), &view);
    const struct buddy *buddy = buddies_find(&view.buddies, name_in(&view.buddies, &who));
    if (err == ERR_NONE && buddy == NULL)
        no_buddy(call);
    if (given_end(call, file, err))
        web_answer(call, 200, buddy_json(buddy));
    roster_view_release(&view);
}

/* What a call says of one buddy. */
struct saying {
    struct bytes owner;
    struct named who;
    bool patch;
};

/* PUT says all of it but the place, PATCH what is to change. */
static enum err write_buddy(struct web_call *call, struct account_file *file,
                            const struct saying *saying, struct buddy *buddy, bool *made)
{
    struct roster_view view;
    enum err err = roster_view_load(file, saying->owner, &view);
    replace_text(&buddy->aor, name_in(&view.buddies, &saying->who));
    const struct buddy *before = buddies_find(&view.buddies, buddy->aor);
    json_t *current = before != NULL ? buddy_json(before) : NULL;
    *made = before == NULL;
    if (err == ERR_NONE && web_may_change(call, current)) {
        complete(buddy, before, roster_view_end(&view));
        err = put_buddy(call, file, saying->owner, buddy);
    }
    json_decref(current);
    roster_view_release(&view);
    return err;
}

static void answer_buddy(struct web_call *call, struct bytes owner, const struct buddy *buddy,
                         bool made)
{
    char text[PATH_SIZE];
    struct buffer place = buffer_over(text, sizeof(text));
    buffer_text(&place, "/api/v1/users/");
    buffer_percent(&place, owner);
    buffer_text(&place, "/roster/");
    buffer_percent(&place, bytes_of(buddy->aor));
    if (made && !place.overflow)
        web_answer_field(call, "Location", buffer_bytes(&place));
    web_answer(call, made ? 201 : 200, buddy_json(buddy));
}

static void save_buddy(struct web_call *call, struct account_file *file,
                       const struct saying *saying, struct buddy *buddy)
{
    bool made = false;
    if (!given_begin(call, file))
        return;
    enum err err = write_buddy(call, file, saying, buddy, &made);
    if (err == ERR_NONE && saying->patch && made && !web_answered(call))
        no_buddy(call);
    if (given_end(call, file, err))
        answer_buddy(call, saying->owner, buddy, made);
}

static void change_buddy(struct web_call *call, struct account_file *file, bool patch)
{
    struct people_aor owner;
    struct saying saying = {.patch = patch};
    struct faults faults = {NULL};
    struct given given;
    if (!given_user(call, &owner) || !given_buddy(call, &saying.who) ||
        !given_object(call, &faults, &given))
        return;
    struct buddies buddies = {.all = memory_new(sizeof(struct buddy)), .count = 1};
    struct buddy *buddy = &buddies.all[0];
    saying.owner = bytes_of(owner.text);
    buddy_read(call, &given, saying.who.account.text, buddy);
    if (!patch)
        buddy->has_name = buddy->has_groups = buddy->has_notes = true;
    if (!faults_answer(call, &faults))
        save_buddy(call, file, &saying, buddy);
    buddies_release(&buddies);
}

static void put_buddy_whole(struct web_call *call, struct account_file *file)
{
    change_buddy(call, file, false);
}

static void patch_buddy(struct web_call *call, struct account_file *file)
{
    change_buddy(call, file, true);
}

static enum err remove_buddy(struct web_call *call, struct account_file *file, struct bytes owner,
                             const struct named *named)
{
    struct roster_view view;
    enum err err = roster_view_load(file, owner, &view);
    const char *who = name_in(&view.buddies, named);
    const struct buddy *buddy = buddies_find(&view.buddies, who);
    json_t *current = buddy != NULL ? buddy_json(buddy) : NULL;
    if (err == ERR_NONE && web_may_change(call, current)) {
        const struct store_buddy key = {.aor = owner, .buddy = bytes_of(who)};
        if (buddy == NULL)
            no_buddy(call);
        else
            err = account_delete_buddy(file, &key);
    }
    json_decref(current);
    roster_view_release(&view);
    return err;
}

static void delete_buddy(struct web_call *call, struct account_file *file)
{
    struct people_aor owner;
    struct named who;
    if (!given_user(call, &owner) || !given_buddy(call, &who) || !given_begin(call, file))
        return;
    given_end(call, file, remove_buddy(call, file, bytes_of(owner.text), &who));
}

#define ROSTER "/api/v1/users/{user}/roster"

const struct web_endpoint roster_endpoints[] = {
    {WEB_GET, ROSTER, WEB_ROSTERS, true, WEB_NO_BODY, get_roster, NULL, "limit, after"},
    {WEB_PUT, ROSTER, WEB_ROSTERS, true, WEB_ANY_BODY, put_roster, NULL},
    {WEB_POST, ROSTER, WEB_ROSTERS, true, WEB_ANY_BODY, post_roster, NULL},
    {WEB_DELETE, ROSTER, WEB_ROSTERS, true, WEB_NO_BODY, delete_roster, NULL},
    {WEB_GET, ROSTER "/{buddy}", WEB_ROSTERS, true, WEB_NO_BODY, get_buddy, NULL},
    {WEB_PUT, ROSTER "/{buddy}", WEB_ROSTERS, true, WEB_JSON, put_buddy_whole, NULL},
    {WEB_PATCH, ROSTER "/{buddy}", WEB_ROSTERS, true, WEB_JSON, patch_buddy, NULL},
    {WEB_DELETE, ROSTER "/{buddy}", WEB_ROSTERS, true, WEB_NO_BODY, delete_buddy, NULL},
    {.path = NULL},
};
