/* rights.c: one allocation for what a watcher may see.
 *
 *   draft: members in any order --> sorted, without repeats and without those that an "all" makes
 *   idle --> [rights | members | their texts | key]
 *
 * The key is written from the sorted members with their lengths, so two rights have the same key if
 * and only if they permit the same. */
#include "rights_internal.h"

#include <assert.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "fold_internal.h"

enum {
    ALL_ATTRIBUTES = (1u << RIGHTS_ATTRIBUTES) - 1,
    URI_MAX_BYTES = 2048, /* of a longer one in a document nothing is known */
    MEMBER_KEY_BYTES = 48,
    HEAD_KEY_BYTES = 64,
};

struct rights {
    unsigned references;
    unsigned attributes;
    enum rights_user_input input;
    bool all_unknown;
    bool all[RIGHTS_KINDS];
    size_t count;
    struct bytes key;
    struct rights_member members[]; /* sorted */
};

struct rights *rights_ref(struct rights *rights)
{
    if (rights != NULL)
        rights->references++;
    return rights;
}

void rights_unref(struct rights **rights)
{
    struct rights *old = *rights;
    *rights = NULL;
    if (old == NULL)
        return;
    assert(old->references > 0);
    if (--old->references == 0)
        free(old);
}

struct bytes rights_key(const struct rights *rights)
{
    return rights != NULL ? rights->key : BYTES("*");
}

/* Drafts. */

void rights_draft_add(struct rights_draft *draft, const struct rights_member *member)
{
    assert(draft != NULL && member->type < RIGHTS_TYPES);
    if (draft->count == draft->size) {
        draft->size = draft->size > 0 ? draft->size * 2 : 8;
        draft->members = memory_resize(draft->members, draft->size * sizeof(*draft->members));
    }
    draft->members[draft->count++] = *member;
}

void rights_draft_unite(struct rights_draft *draft, const struct rights *rights)
{
    assert(rights != NULL);
    draft->attributes |= rights->attributes;
    if (draft->input < rights->input)
        draft->input = rights->input;
    draft->all_unknown |= rights->all_unknown;
    for (int i = 0; i < RIGHTS_KINDS; i++)
        draft->all[i] |= rights->all[i];
    for (size_t i = 0; i < rights->count; i++)
        rights_draft_add(draft, &rights->members[i]);
}

void rights_draft_all_attributes(struct rights_draft *draft)
{
    draft->attributes = ALL_ATTRIBUTES;
    draft->input = RIGHTS_INPUT_FULL;
    draft->all_unknown = true;
}

bool rights_draft_everything(const struct rights_draft *draft)
{
    return draft->attributes == ALL_ATTRIBUTES && draft->input == RIGHTS_INPUT_FULL &&
           draft->all_unknown && draft->all[RIGHTS_DEVICE] && draft->all[RIGHTS_SERVICE] &&
           draft->all[RIGHTS_PERSON];
}

void rights_draft_release(struct rights_draft *draft)
{
    free(draft->members);
    *draft = (struct rights_draft){0};
}

/* Packing. */

static int compare_members(const void *a, const void *b)
{
    const struct rights_member *left = a, *right = b;
    if (left->type != right->type)
        return left->type < right->type ? -1 : 1;
    int order = bytes_compare(left->space, right->space);
    return order != 0 ? order : bytes_compare(left->value, right->value);
}

/* The kind that a member is of; RIGHTS_KINDS: none. */
static enum rights_kind kind_of(enum rights_type type)
{
    if (type <= RIGHTS_DEVICE_URI)
        return RIGHTS_DEVICE;
    if (type <= RIGHTS_SERVICE_SCHEME)
        return RIGHTS_SERVICE;
    return type <= RIGHTS_PERSON_OCCURRENCE ? RIGHTS_PERSON : RIGHTS_KINDS;
}

static bool is_idle(const struct rights_draft *draft, const struct rights_member *member)
{
    enum rights_kind kind = kind_of(member->type);
    return kind == RIGHTS_KINDS ? draft->all_unknown : draft->all[kind];
}

/* Sorts the members and leaves those that say something new. */
static void draft_tidy(struct rights_draft *draft)
{
    size_t kept = 0;
    if (draft->count > 0)
        qsort(draft->members, draft->count, sizeof(*draft->members), compare_members);
    for (size_t i = 0; i < draft->count; i++) {
        const struct rights_member *member = &draft->members[i];
        bool repeated = kept > 0 && compare_members(&draft->members[kept - 1], member) == 0;
        if (!repeated && !is_idle(draft, member))
            draft->members[kept++] = *member;
    }
    draft->count = kept;
}

static size_t draft_text_bytes(const struct rights_draft *draft)
{
    size_t size = 0;
    for (size_t i = 0; i < draft->count; i++)
        size += draft->members[i].value.length + draft->members[i].space.length;
    return size;
}

static void write_key(const struct rights *rights, struct buffer *out)
{
    buffer_format(out, "%x.%u.%d.%d%d%d", rights->attributes, (unsigned)rights->input,
                  rights->all_unknown, rights->all[RIGHTS_DEVICE], rights->all[RIGHTS_SERVICE],
                  rights->all[RIGHTS_PERSON]);
    for (size_t i = 0; i < rights->count; i++) {
        const struct rights_member *member = &rights->members[i];
        buffer_format(out, ";%u:%zu:%zu:", (unsigned)member->type, member->space.length,
                      member->value.length);
        buffer_put(out, member->space);
        buffer_put(out, member->value);
    }
}

struct rights *rights_make(struct rights_draft *draft)
{
    draft_tidy(draft);
    size_t texts = draft_text_bytes(draft);
    size_t key = HEAD_KEY_BYTES + texts + draft->count * MEMBER_KEY_BYTES;
    struct rights *rights =
        memory_new(sizeof(*rights) + draft->count * sizeof(rights->members[0]) + texts + key);
    rights->references = 1;
    rights->attributes = draft->attributes;
    rights->input = draft->input;
    rights->all_unknown = draft->all_unknown;
    memcpy(rights->all, draft->all, sizeof(rights->all));
    rights->count = draft->count;
    char *at = (char *)&rights->members[rights->count];
    for (size_t i = 0; i < rights->count; i++) {
        rights->members[i].type = draft->members[i].type;
        rights->members[i].value = bytes_pack(&at, draft->members[i].value);
        rights->members[i].space = bytes_pack(&at, draft->members[i].space);
    }
    struct buffer out = buffer_over(at, key);
    write_key(rights, &out);
    assert(!out.overflow);
    rights->key = buffer_bytes(&out);
    rights_draft_release(draft);
    return rights;
}

struct rights *rights_nothing(void)
{
    struct rights_draft nothing = {0};
    return rights_make(&nothing);
}

/* Asking. */

bool rights_everything(const struct rights *rights)
{
    if (rights == NULL)
        return true;
    const struct rights_draft draft = {
        .attributes = rights->attributes,
        .input = rights->input,
        .all_unknown = rights->all_unknown,
        .all = {rights->all[0], rights->all[1], rights->all[2]},
    };
    return rights_draft_everything(&draft);
}

bool rights_show(const struct rights *rights, enum rights_attribute attribute)
{
    assert(attribute < RIGHTS_ATTRIBUTES);
    return rights == NULL || (rights->attributes & (1u << attribute)) != 0;
}

enum rights_user_input rights_user_input(const struct rights *rights)
{
    return rights != NULL ? rights->input : RIGHTS_INPUT_FULL;
}

static bool has_member(const struct rights *rights, enum rights_type type, struct bytes value,
                       struct bytes space)
{
    const struct rights_member wanted = {type, value, space};
    return rights->count > 0 && !bytes_empty(value) &&
           bsearch(&wanted, rights->members, rights->count, sizeof(wanted), compare_members) !=
               NULL;
}

bool rights_show_unknown(const struct rights *rights, struct bytes name_space, struct bytes name)
{
    return rights == NULL || rights->all_unknown ||
           has_member(rights, RIGHTS_UNKNOWN_ATTRIBUTE, name, name_space);
}

static bool has_uri(const struct rights *rights, enum rights_type type, struct bytes uri)
{
    char text[URI_MAX_BYTES];
    struct buffer folded = buffer_over(text, sizeof(text));
    if (rights->count == 0 || bytes_empty(uri))
        return false;
    fold_uri(uri, &folded);
    return !folded.overflow && has_member(rights, type, buffer_bytes(&folded), BYTES(""));
}

bool rights_show_part(const struct rights *rights, enum rights_kind kind,
                      const struct rights_part *part)
{
    static const struct {
        enum rights_type class, occurrence;
    } types[RIGHTS_KINDS] = {
        [RIGHTS_DEVICE] = {RIGHTS_DEVICE_CLASS, RIGHTS_DEVICE_OCCURRENCE},
        [RIGHTS_SERVICE] = {RIGHTS_SERVICE_CLASS, RIGHTS_SERVICE_OCCURRENCE},
        [RIGHTS_PERSON] = {RIGHTS_PERSON_CLASS, RIGHTS_PERSON_OCCURRENCE},
    };
    assert(kind < RIGHTS_KINDS && part != NULL);
    if (rights == NULL || rights->all[kind] ||
        has_member(rights, types[kind].class, part->class, BYTES("")) ||
        has_member(rights, types[kind].occurrence, part->occurrence_id, BYTES("")))
        return true;
    if (kind == RIGHTS_DEVICE)
        return has_uri(rights, RIGHTS_DEVICE_URI, part->device_id);
    return kind == RIGHTS_SERVICE &&
           (has_uri(rights, RIGHTS_SERVICE_URI, part->service) ||
            has_member(rights, RIGHTS_SERVICE_SCHEME, uri_scheme(part->service), BYTES("")));
}
