/* buddies.c: rosters in memory, and what a body says of them. */
#include "web/api/buddies_internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

/* Lines. */

bool lines_have(const char *lines, struct bytes line)
{
    struct bytes rest = bytes_of(lines);
    while (!bytes_empty(rest)) {
        if (bytes_equal(bytes_split(&rest, '\n'), line))
            return true;
    }
    return false;
}

void lines_add(char **lines, struct bytes line)
{
    if (lines_have(*lines, line))
        return;
    struct bytes before = bytes_of(*lines);
    size_t size = before.length + line.length + 2;
    char *text = memory_new(size);
    struct buffer out = buffer_over(text, size);
    buffer_put(&out, before);
    buffer_text(&out, bytes_empty(before) ? "" : "\n");
    buffer_put(&out, line);
    free(*lines);
    *lines = text;
}

void lines_remove(char **lines, struct bytes line)
{
    struct bytes rest = bytes_of(*lines);
    char *text = memory_new(rest.length + 1);
    struct buffer out = buffer_over(text, rest.length + 1);
    while (!bytes_empty(rest)) {
        struct bytes one = bytes_split(&rest, '\n');
        if (bytes_equal(one, line))
            continue;
        buffer_text(&out, out.length > 0 ? "\n" : "");
        buffer_put(&out, one);
    }
    free(*lines);
    *lines = text;
}

json_t *lines_json(struct bytes lines)
{
    json_t *array = json_array();
    while (!bytes_empty(lines))
        json_array_append_new(array, given_json(bytes_split(&lines, '\n')));
    return array;
}

/* In memory. */

static void release(struct buddy *buddy)
{
    free(buddy->aor);
    free(buddy->name);
    free(buddy->groups);
    free(buddy->notes);
    *buddy = (struct buddy){NULL};
}

void buddies_release(struct buddies *buddies)
{
    for (size_t i = 0; i < buddies->count; i++)
        release(&buddies->all[i]);
    free(buddies->all);
    *buddies = (struct buddies){NULL};
}

static struct buddy *add(struct buddies *buddies)
{
    if (buddies->count == buddies->size) {
        buddies->size = buddies->size > 0 ? buddies->size * 2 : 16;
        buddies->all = memory_resize(buddies->all, buddies->size * sizeof(*buddies->all));
    }
    struct buddy *buddy = &buddies->all[buddies->count++];
    *buddy = (struct buddy){NULL};
    return buddy;
}

static void take(void *context, const struct store_buddy *row)
{
    struct buddy *buddy = add(context);
    *buddy = (struct buddy){
        .aor = memory_copy(row->buddy),
        .name = memory_copy(row->name),
        .groups = memory_copy(row->groups),
        .notes = memory_copy(row->notes),
        .position = row->position,
    };
}

enum err buddies_load(struct account_file *file, struct bytes owner, struct buddies *buddies)
{
    return account_list_buddies(file, owner, take, buddies);
}

struct buddy *buddies_find(const struct buddies *buddies, const char *aor)
{
    for (size_t i = 0; i < buddies->count; i++)
        if (strcmp(buddies->all[i].aor, aor) == 0)
            return &buddies->all[i];
    return NULL;
}

struct store_buddy buddy_stored(const struct buddy *buddy, struct bytes owner)
{
    return (struct store_buddy){
        .aor = owner,
        .buddy = bytes_of(buddy->aor),
        .name = bytes_of(buddy->name),
        .groups = bytes_of(buddy->groups),
        .notes = bytes_of(buddy->notes),
        .position = buddy->position,
    };
}

json_t *buddy_json(const struct buddy *buddy)
{
    char uri[PEOPLE_AOR_MAX + 8];
    json_t *json = json_object();
    snprintf(uri, sizeof(uri), "sip:%s", buddy->aor);
    json_object_set_new(json, "uri", given_json(bytes_of(uri)));
    json_object_set_new(json, "display_name", given_json(bytes_of(buddy->name)));
    json_object_set_new(json, "groups", lines_json(bytes_of(buddy->groups)));
    json_object_set_new(json, "notes", given_json(bytes_of(buddy->notes)));
    json_object_set_new(json, "position", json_integer((json_int_t)buddy->position));
    return json;
}

/* Reading. */

static void read_groups(const struct given *given, struct buddy *buddy)
{
    char pointer[GIVEN_POINTER_SIZE];
    const json_t *groups = json_object_get(given->object, "groups");
    if (groups == NULL)
        return;
    snprintf(pointer, sizeof(pointer), "%s/groups", given->pointer);
    if (!json_is_array(groups) && !json_is_null(groups)) {
        fault_add(given->faults, pointer, "an array of names is wanted");
        return;
    }
    if (json_array_size(groups) > PEOPLE_GROUPS_MAX) {
        fault_add(given->faults, pointer, "a buddy is in %d groups at most", PEOPLE_GROUPS_MAX);
        return;
    }
    buddy->has_groups = true;
    for (size_t i = 0; i < json_array_size(groups); i++) {
        struct bytes group = given_bytes(json_array_get(groups, i));
        const char *fault = people_group_fault(group);
        snprintf(pointer, sizeof(pointer), "%s/groups/%zu", given->pointer, i);
        if (fault != NULL)
            fault_add(given->faults, pointer, "%s", fault);
        else
            lines_add(&buddy->groups, group);
    }
}

static void read_uri(struct web_call *call, const struct given *given, const char *aor,
                     struct buddy *buddy)
{
    char pointer[GIVEN_POINTER_SIZE];
    struct people_aor found;
    const json_t *uri = json_object_get(given->object, "uri");
    buddy->aor = memory_copy(bytes_of(aor));
    if (uri == NULL && aor != NULL)
        return;
    snprintf(pointer, sizeof(pointer), "%s/uri", given->pointer);
    enum people_fault fault = people_find_anybody(web_domains(call), given_bytes(uri), &found);
    if (!json_is_string(uri) || fault != PEOPLE_GOOD)
        given_name_fault(call, given->faults, pointer,
                         fault != PEOPLE_GOOD ? fault : PEOPLE_NO_NAME);
    else if (aor != NULL && strcmp(aor, found.text) != 0)
        fault_add(given->faults, pointer, "a buddy keeps the address; put another and delete this");
    else if (aor == NULL) {
        free(buddy->aor);
        buddy->aor = memory_copy(bytes_of(found.text));
    }
}

void buddy_read(struct web_call *call, const struct given *given, const char *aor,
                struct buddy *buddy)
{
    static const char *const known[] = {"uri", "display_name", "groups", "notes", "position", NULL};
    struct bytes name = BYTES(""), notes = BYTES("");
    *buddy = (struct buddy){NULL};
    given_only(given, known);
    read_uri(call, given, aor, buddy);
    buddy->has_name = given_text(given, "display_name", people_name_fault, &name);
    buddy->has_notes = given_text(given, "notes", people_notes_fault, &notes);
    buddy->has_position = given_number(given, "position", BUDDIES_POSITION_MOST, &buddy->position);
    buddy->name = memory_copy(name);
    buddy->notes = memory_copy(notes);
    buddy->groups = memory_new(1);
    read_groups(given, buddy);
}

static int compare(const void *a, const void *b)
{
    const struct buddy *const *one = a, *const *other = b;
    return strcmp((*one)->aor, (*other)->aor);
}

/* Nobody is there twice. */
static void check_once(struct faults *faults, const char *pointer, const struct buddies *buddies)
{
    char place[GIVEN_POINTER_SIZE];
    const struct buddy **order = memory_new((buddies->count + 1) * sizeof(const struct buddy *));
    for (size_t i = 0; i < buddies->count; i++)
        order[i] = &buddies->all[i];
    if (buddies->count > 0)
        qsort(order, buddies->count, sizeof(*order), compare);
    for (size_t i = 1; i < buddies->count; i++) {
        if (order[i]->aor[0] == '\0' || strcmp(order[i - 1]->aor, order[i]->aor) != 0)
            continue;
        const struct buddy *later = order[i] > order[i - 1] ? order[i] : order[i - 1];
        snprintf(place, sizeof(place), "%s/%zu/uri", pointer, (size_t)(later - buddies->all));
        fault_add(faults, place, "%s is there twice", later->aor);
    }
    free(order);
}

void buddies_read(struct web_call *call, struct faults *faults, const json_t *items,
                  const char *pointer, struct buddies *buddies)
{
    char place[GIVEN_POINTER_SIZE];
    unsigned most = web_limits(call)->buddies_max;
    if (!json_is_array(items)) {
        fault_add(faults, pointer, "an array of buddies is wanted");
        return;
    }
    if (json_array_size(items) > most) {
        fault_add(faults, pointer, "a roster has %u %s at most (policy.buddies_max)", most,
                  word_for(most, "buddy", "buddies"));
        return;
    }
    for (size_t i = 0; i < json_array_size(items); i++) {
        const struct given given = {json_array_get(items, i), place, faults};
        snprintf(place, sizeof(place), "%s/%zu", pointer, i);
        if (json_is_object(given.object))
            buddy_read(call, &given, NULL, add(buddies));
        else
            fault_add(faults, place, "an object is wanted");
    }
    check_once(faults, pointer, buddies);
}
