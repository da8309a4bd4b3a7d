/* roster_fuzz.c: anything may come as CSV or as vCards; what was understood is written, and read
 * again it is the same. The first byte chooses the format. */
#include "fuzz.h"
#include "web/api/buddies_internal.h"

static json_t *read_text(bool csv, struct bytes text)
{
    struct faults faults = {NULL};
    json_t *items = csv ? csv_read(text, &faults) : vcard_read(text, &faults);
    insist((items == NULL) == (faults.list != NULL));
    json_decref(faults.list);
    return items;
}

/* What buddies_read takes. */
static bool is_plain(const json_t *item)
{
    struct bytes uri = given_bytes(json_object_get(item, "uri"));
    struct bytes name = given_bytes(json_object_get(item, "display_name"));
    const json_t *groups = json_object_get(item, "groups");
    const json_t *position = json_object_get(item, "position");
    if (bytes_empty(uri) || !bytes_starts_with(uri, BYTES("sip:")) ||
        !bytes_equal(bytes_trim(uri), uri) || json_array_size(groups) > PEOPLE_GROUPS_MAX ||
        (position != NULL && !json_is_integer(position)) || people_name_fault(name) != NULL ||
        !bytes_equal(bytes_trim(name), name) ||
        people_notes_fault(given_bytes(json_object_get(item, "notes"))) != NULL)
        return false;
    for (size_t i = 0; i < uri.length; i++)
        if ((unsigned char)uri.at[i] <= ' ' || uri.at[i] == '\\')
            return false;
    for (size_t i = 0; i < json_array_size(groups); i++)
        if (people_group_fault(given_bytes(json_array_get(groups, i))) != NULL)
            return false;
    return true;
}

static bool same(const json_t *a, const json_t *b, const char *name)
{
    const json_t *one = json_object_get(a, name), *other = json_object_get(b, name);
    if (json_is_array(one) || json_is_array(other))
        return json_array_size(one) == json_array_size(other) &&
               (json_array_size(one) == 0 || json_equal(one, other));
    return bytes_equal(given_bytes(one), given_bytes(other)) &&
           json_integer_value(one) == json_integer_value(other);
}

static void check_again(bool csv, const json_t *items)
{
    static const char *const names[] = {"uri", "groups", "notes", "position"};
    char *text = csv ? csv_write(items) : vcard_write(items);
    json_t *again = read_text(csv, bytes_of(text));
    insist(json_array_size(again) == json_array_size(items));
    for (size_t i = 0; i < json_array_size(items); i++)
        for (size_t j = 0; j < sizeof(names) / sizeof(names[0]); j++)
            insist(same(json_array_get(items, i), json_array_get(again, i), names[j]));
    json_decref(again);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    bool csv = data[0] % 2 == 0, plain = true;
    char *text = exact_copy(data + 1, size - 1);
    json_t *items = read_text(csv, bytes_from(text, size - 1));
    for (size_t i = 0; i < json_array_size(items); i++)
        plain = plain && is_plain(json_array_get(items, i));
    if (items != NULL && plain)
        check_again(csv, items);
    json_decref(items);
    free(text);
    return 0;
}
