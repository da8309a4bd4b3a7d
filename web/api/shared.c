/* shared.c: groups that the operator puts into rosters: everybody of a domain, a department. Whose
 * rosters they are in is decided by policy (policy/shared.c), at once. */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "web/api/buddies_internal.h"
#include "web/api/groups.h"

enum { PATH_SIZE = 1024 };

/* A group with memory of its own. */
struct sharing {
    char *name, *title, *members, *watchers;
    bool has_title, has_members, has_watchers; /* said by the body */
};

static void sharing_release(struct sharing *sharing)
{
    free(sharing->name);
    free(sharing->title);
    free(sharing->members);
    free(sharing->watchers);
    *sharing = (struct sharing){NULL};
}

static void sharing_take(void *context, const struct store_shared *stored)
{
    struct sharing *sharing = context;
    *sharing = (struct sharing){
        .name = memory_copy(stored->name),
        .title = memory_copy(stored->title),
        .members = memory_copy(stored->members),
        .watchers = memory_copy(stored->watchers),
    };
}

static struct store_shared row_of(const struct sharing *sharing)
{
    return (struct store_shared){
        .name = bytes_of(sharing->name),
        .title = bytes_of(sharing->title),
        .members = bytes_of(sharing->members),
        .watchers = bytes_of(sharing->watchers),
    };
}

static json_t *shared_json(const struct store_shared *shared)
{
    json_t *json = json_object();
    json_object_set_new(json, "name", given_json(shared->name));
    json_object_set_new(json, "title", given_json(shared->title));
    json_object_set_new(json, "members", lines_json(shared->members));
    json_object_set_new(json, "watchers", lines_json(shared->watchers));
    return json;
}

static json_t *sharing_json(const struct sharing *sharing)
{
    const struct store_shared row = row_of(sharing);
    return shared_json(&row);
}

/* GET /groups */

struct listing {
    json_t *items;
    unsigned limit;
    char last[PEOPLE_GROUP_MAX_BYTES + 1];
    bool more;
};

static void list_one(void *context, const struct store_shared *shared)
{
    struct listing *listing = context;
    if (json_array_size(listing->items) == listing->limit) {
        listing->more = true;
        return;
    }
    snprintf(listing->last, sizeof(listing->last), "%.*s", BYTES_ARGS(shared->name));
    json_array_append_new(listing->items, shared_json(shared));
}

static void list_shared(struct web_call *call, struct account_file *file)
{
    struct page page;
    if (!page_read(call, &page))
        return;
    struct listing listing = {.items = json_array(), .limit = page.limit};
    enum err err = account_list_shared(file, page.after, page.limit + 1, list_one, &listing);
    json_t *list =
        page_list(&page, "/api/v1/groups", listing.items, listing.more ? listing.last : NULL);
    if (err == ERR_NONE) {
        web_answer(call, 200, list);
        return;
    }
    json_decref(list);
    given_failed(call, err);
}

static void no_group(struct web_call *call)
{
    web_problem(call, 404, "not-found", "group", "there is no such shared group; PUT makes it");
}

static void get_shared(struct web_call *call, struct account_file *file)
{
    struct sharing sharing = {NULL};
    enum err err = account_find_shared(file, web_part(call, "group"), sharing_take, &sharing);
    if (err == ERR_NONE)
        web_answer(call, 200, sharing_json(&sharing));
    else if (err == ERR_NOT_FOUND)
        no_group(call);
    else
        given_failed(call, err);
    sharing_release(&sharing);
}

/* What a body says. */

/* The line of a user, or of "@" and a domain of ours; NULL with a fault. A user of ours is there:
 * an account that is made later would find itself in groups that were meant for somebody else. */
static char *read_line(struct web_call *call, struct account_file *file, const struct given *given,
                       const char *pointer, struct bytes who)
{
    struct people_aor aor;
    if (bytes_starts_with(who, BYTES("@"))) {
        const struct domain *domain = domains_find(web_domains(call), bytes_skip(who, 1));
        if (domain != NULL) {
            snprintf(aor.text, sizeof(aor.text), "@%s", domain->name);
            return memory_copy(bytes_of(aor.text));
        }
        given_name_fault(call, given->faults, pointer, PEOPLE_ELSEWHERE);
        return NULL;
    }
    enum people_fault fault = people_find_anybody(web_domains(call), who, &aor);
    if (fault == PEOPLE_GOOD && aor.domain != NULL &&
        account_known(file, bytes_of(aor.text)) == ERR_NOT_FOUND) {
        fault_add(given->faults, pointer,
                  "there is no user %s; POST /api/v1/users makes one, or leave it out", aor.text);
        return NULL;
    }
    if (fault == PEOPLE_GOOD)
        return memory_copy(bytes_of(aor.text));
    given_name_fault(call, given->faults, pointer, fault);
    return NULL;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* One text of them all, each once; frees them. */
static char *join(char **all, size_t count)
{
    size_t size = 1;
    for (size_t i = 0; i < count; i++)
        size += strlen(all[i]) + 1;
    char *text = memory_new(size);
    struct buffer out = buffer_over(text, size);
    if (count > 0)
        qsort(all, count, sizeof(*all), compare);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && strcmp(all[i - 1], all[i]) == 0)
            continue;
        buffer_text(&out, out.length > 0 ? "\n" : "");
        buffer_text(&out, all[i]);
    }
    for (size_t i = 0; i < count; i++)
        free(all[i]);
    return text;
}

/* Sorted lines of people; false: the body does not say. */
static bool read_lines(struct web_call *call, struct account_file *file, const struct given *given,
                       const char *name, char **lines)
{
    char pointer[GIVEN_POINTER_SIZE];
    const json_t *array = json_object_get(given->object, name);
    size_t count = 0, size = json_array_size(array);
    snprintf(pointer, sizeof(pointer), "%s/%s", given->pointer, name);
    if (array != NULL && (!json_is_array(array) || size > PEOPLE_LINES_MAX)) {
        size = 0;
        fault_add(given->faults, pointer,
                  "an array of at most %d users and domains (\"@example.org\") is wanted",
                  PEOPLE_LINES_MAX);
    }
    char **all = memory_new((size + 1) * sizeof(*all));
    for (size_t i = 0; i < size; i++) {
        snprintf(pointer, sizeof(pointer), "%s/%s/%zu", given->pointer, name, i);
        all[count] = read_line(call, file, given, pointer, given_bytes(json_array_get(array, i)));
        count += all[count] != NULL;
    }
    *lines = join(all, count);
    free(all);
    return array != NULL;
}

static void read_body(struct web_call *call, struct account_file *file, const struct given *given,
                      struct sharing *sharing)
{
    static const char *const known[] = {"name", "title", "members", "watchers", NULL};
    struct bytes name = web_part(call, "group"), title = name, same = name;
    given_only(given, known);
    given_text(given, "name", people_group_fault, &same);
    if (!bytes_equal(same, name))
        fault_add(given->faults, "/name", "a shared group keeps its name; its title may change");
    if (people_group_fault(name) != NULL)
        fault_add(given->faults, "/name", "%s", people_group_fault(name));
    sharing->has_title = given_text(given, "title", people_group_fault, &title);
    sharing->name = memory_copy(name);
    sharing->title = memory_copy(title);
    sharing->has_members = read_lines(call, file, given, "members", &sharing->members);
    sharing->has_watchers = read_lines(call, file, given, "watchers", &sharing->watchers);
}

/* What a patch does not say stays. */
static void complete(struct sharing *wanted, struct sharing *before)
{
    struct sharing *from[] = {wanted->has_title ? wanted : before,
                              wanted->has_members ? wanted : before,
                              wanted->has_watchers ? wanted : before};
    struct sharing whole = {.name = memory_copy(bytes_of(wanted->name)),
                            .title = memory_copy(bytes_of(from[0]->title)),
                            .members = memory_copy(bytes_of(from[1]->members)),
                            .watchers = memory_copy(bytes_of(from[2]->watchers))};
    sharing_release(wanted);
    *wanted = whole;
}

static enum err write_shared(struct web_call *call, struct account_file *file,
                             struct sharing *wanted, struct sharing *before, bool patch)
{
    bool there = before->name != NULL;
    json_t *current = there ? sharing_json(before) : NULL;
    bool may = web_may_change(call, current);
    json_decref(current);
    if (!may)
        return ERR_NONE;
    if (patch && !there) {
        no_group(call);
        return ERR_NONE;
    }
    if (patch)
        complete(wanted, before);
    const struct store_shared row = row_of(wanted);
    enum err err = account_put_shared(file, &row, PEOPLE_SHARED_MAX);
    if (err == ERR_LIMIT)
        web_problem(call, 409, "limit", NULL, "there are %d shared groups at most",
                    PEOPLE_SHARED_MAX);
    return err;
}

/* ERR_NOT_FOUND is no failure: it is not there yet. */
static enum err find(struct account_file *file, struct bytes name, struct sharing *before)
{
    enum err err = account_find_shared(file, name, sharing_take, before);
    return err == ERR_NOT_FOUND ? ERR_NONE : err;
}

/* Ends the transaction. */
static void save(struct web_call *call, struct account_file *file, struct sharing *wanted,
                 bool patch)
{
    struct sharing before = {NULL};
    enum err err = find(file, bytes_of(wanted->name), &before);
    bool made = before.name == NULL;
    if (err == ERR_NONE)
        err = write_shared(call, file, wanted, &before, patch);
    if (given_end(call, file, err))
        web_answer(call, made ? 201 : 200, sharing_json(wanted));
    sharing_release(&before);
}

/* Who is named is there when it is written: who is erased later leaves the groups. */
static void change_shared(struct web_call *call, struct account_file *file, bool patch)
{
    struct faults faults = {NULL};
    struct given given;
    struct sharing wanted = {NULL};
    if (!given_object(call, &faults, &given) || !given_begin(call, file))
        return;
    read_body(call, file, &given, &wanted);
    if (faults_answer(call, &faults))
        given_end(call, file, ERR_NONE); /* rolls back */
    else
        save(call, file, &wanted, patch);
    sharing_release(&wanted);
}

static void put_shared(struct web_call *call, struct account_file *file)
{
    change_shared(call, file, false);
}

static void patch_shared(struct web_call *call, struct account_file *file)
{
    change_shared(call, file, true);
}

static void delete_shared(struct web_call *call, struct account_file *file)
{
    struct sharing before = {NULL};
    struct bytes name = web_part(call, "group");
    if (!given_begin(call, file))
        return;
    enum err err = find(file, name, &before);
    json_t *current = before.name != NULL ? sharing_json(&before) : NULL;
    if (err == ERR_NONE && current == NULL)
        no_group(call);
    else if (err == ERR_NONE && web_may_change(call, current))
        err = account_delete_shared(file, name);
    given_end(call, file, err);
    json_decref(current);
    sharing_release(&before);
}

#define GROUPS "/api/v1/groups"

const struct web_endpoint shared_endpoints[] = {
    {WEB_GET, GROUPS, WEB_ROSTERS, false, WEB_NO_BODY, list_shared, NULL, "limit, after"},
    {WEB_GET, GROUPS "/{group}", WEB_ROSTERS, false, WEB_NO_BODY, get_shared, NULL},
    {WEB_PUT, GROUPS "/{group}", WEB_ROSTERS, false, WEB_JSON, put_shared, NULL},
    {WEB_PATCH, GROUPS "/{group}", WEB_ROSTERS, false, WEB_JSON, patch_shared, NULL},
    {WEB_DELETE, GROUPS "/{group}", WEB_ROSTERS, false, WEB_NO_BODY, delete_shared, NULL},
    {.path = NULL},
};
