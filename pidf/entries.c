/* entries.c: the state of all publications, and what is told of its changes.
 *
 *   <dialog-info xmlns version | state entity> section ... <wrapper> entry ... </wrapper> ...
 *
 * Composed documents are read again as they were written (piece.c). A difference looks for each
 * entry of one in an index of the other's. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "entries_internal.h"
#include "ids_internal.h"

static void put(struct text *out, const char *text)
{
    text_put(out, bytes_of(text));
}

static void put_tag(struct text *out, const char *before, const char *name, const char *after)
{
    put(out, before);
    put(out, name);
    put(out, after);
}

void entries_free(struct entries **entries)
{
    assert(entries != NULL);
    free(*entries);
    *entries = NULL;
}

/* The key of the next entry from *at on; empty: there is none. */
static struct bytes next_key(const struct entries *entries, size_t *at)
{
    while (*at < entries->count && entries->list[*at].section != entries->kind->place)
        ++*at;
    if (*at == entries->count)
        return BYTES("");
    return entries_slice(entries, entries->list[(*at)++].key);
}

bool entries_same(const struct entries *a, const struct entries *b)
{
    assert(a != NULL && b != NULL && a->kind == b->kind);
    size_t in_a = 0, in_b = 0;
    struct bytes key;
    do {
        key = next_key(a, &in_a);
        if (!bytes_equal(key, next_key(b, &in_b)))
            return false;
    } while (!bytes_empty(key));
    return true;
}

/* Composing. */

void entries_put_head(struct text *out, const struct entries_kind *kind)
{
    put_tag(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<", kind->root, " xmlns=\"");
    put(out, kind->name_space);
    put(out, "\" version=\"");
}

void entries_put_tail(struct text *out, const struct entries_kind *kind, bool partial,
                      struct bytes entity)
{
    put(out, partial ? "\" state=\"partial\"" : "\" state=\"full\"");
    if (kind->has_entity) {
        put(out, " entity=\"");
        text_put(out, entity);
        text_char(out, '"');
    }
    text_char(out, '>');
}

/* What is composed. */
struct composing {
    const struct entries_kind *kind;
    const struct entries *const *documents;
    size_t count;
    struct bytes entity; /* escaped */
    struct text out;
    struct ids ids;
};

/* The fragment with another key. */
static void put_renamed(struct text *out, const struct entries *entries, const struct entry *entry,
                        struct bytes key)
{
    struct bytes whole = entries_slice(entries, entry->text);
    size_t before = entry->key.at - entry->text.at;
    text_put(out, bytes_first(whole, before));
    text_put(out, key);
    text_put(out, bytes_skip(whole, before + entry->key.length));
}

static void put_entry(struct composing *composing, const struct entries *entries,
                      const struct entry *entry)
{
    struct bytes wanted = entries_slice(entries, entry->key);
    struct bytes key = ids_take(&composing->ids, wanted);
    if (composing->kind->renames || key.at == wanted.at)
        put_renamed(&composing->out, entries, entry, key);
}

static size_t count_entries(const struct composing *composing)
{
    size_t count = 0;
    for (size_t i = 0; i < composing->count; i++)
        for (size_t at = 0; !bytes_empty(next_key(composing->documents[i], &at));)
            count++;
    return count;
}

static bool is_entry(const struct entries_kind *kind, const struct piece *piece)
{
    return bytes_equal(piece->name, bytes_of(kind->entry));
}

/* Takes the next entry off. */
static bool next_entry(const struct entries_kind *kind, struct bytes *rest, struct piece *piece)
{
    while (piece_next(rest, piece))
        if (is_entry(kind, piece))
            return true;
    return false;
}

static enum entries_life life_of(const struct entries_kind *kind, struct bytes entries)
{
    enum entries_life life = ENTRIES_NONE;
    struct piece entry;
    while (life != ENTRIES_ALIVE && next_entry(kind, &entries, &entry)) {
        bool ended = bytes_equal(piece_attribute(entry.tag, "state"), BYTES("terminated"));
        life = ended ? ENTRIES_ENDED : ENTRIES_ALIVE;
    }
    return life;
}

/* All of them, one behind the other. */
static void put_all(struct composing *composing)
{
    const struct entries_kind *kind = composing->kind;
    ids_init(&composing->ids, count_entries(composing));
    for (size_t i = 0; i < composing->count; i++) {
        const struct entries *entries = composing->documents[i];
        for (size_t j = 0; j < entries->count; j++)
            if (entries->list[j].section == kind->place)
                put_entry(composing, entries, &entries->list[j]);
    }
    ids_release(&composing->ids);
}

/* The wrapper says what is in it. */
static void put_entries(struct composing *composing)
{
    const struct entries_kind *kind = composing->kind;
    struct text before = composing->out;
    if (kind->wrapper == NULL) {
        put_all(composing);
        return;
    }
    composing->out = (struct text){0};
    put_all(composing);
    struct text inside = composing->out;
    composing->out = before;
    kind->open(&composing->out, composing->entity, false, life_of(kind, text_bytes(&inside)));
    text_put(&composing->out, text_bytes(&inside));
    put_tag(&composing->out, "</", kind->wrapper, ">");
    text_release(&inside);
}

/* The fragments of a section, `most` of them; how many there were. */
static size_t put_fragments(struct composing *composing, unsigned section, size_t most)
{
    size_t found = 0;
    for (size_t i = 0; i < composing->count; i++) {
        const struct entries *entries = composing->documents[i];
        for (size_t j = 0; j < entries->count && found < most; j++) {
            if (entries->list[j].section != section)
                continue;
            text_put(&composing->out, entries_slice(entries, entries->list[j].text));
            found++;
        }
    }
    return found;
}

static void put_section(struct composing *composing, unsigned section)
{
    const struct entries_section *of = &composing->kind->sections[section];
    if (section == composing->kind->place)
        put_entries(composing);
    else if (put_fragments(composing, section, 1) == 0 && of->needed)
        put_tag(&composing->out, "<", of->name, "/>");
}

static struct blob *take_blob(struct text *text)
{
    struct blob *blob = blob_new(text_bytes(text));
    text_release(text);
    return blob;
}

struct blob *entries_compose(const struct entries_kind *kind, struct bytes entity,
                             const struct entries *const *documents, size_t count)
{
    assert(kind != NULL && (documents != NULL || count == 0));
    struct composing composing = {.kind = kind, .documents = documents, .count = count};
    struct text uri = {0}, quoted = {0};
    unsigned sections = entries_sections(kind);
    text_uri(&uri, entity);
    text_quoted(&quoted, text_bytes(&uri));
    composing.entity = text_bytes(&quoted);
    entries_put_head(&composing.out, kind);
    text_char(&composing.out, '0');
    entries_put_tail(&composing.out, kind, false, composing.entity);
    for (unsigned i = 0; i < sections; i++)
        put_section(&composing, i);
    put_fragments(&composing, sections, SIZE_MAX);
    put_tag(&composing.out, "</", kind->root, ">\n");
    text_release(&uri);
    text_release(&quoted);
    return take_blob(&composing.out);
}

/* Versions. */

struct pidf_partial entries_whole(const struct blob *state)
{
    static const char before[] = "\" version=\"", version[] = "0";
    struct bytes body = blob_bytes(state);
    const char *at = memmem(body.at, body.length, before, sizeof(before) - 1);
    assert(at != NULL);
    size_t end = (size_t)(at - body.at) + sizeof(before) - 1;
    return (struct pidf_partial){blob_new(bytes_first(body, end)),
                                 blob_new(bytes_skip(body, end + sizeof(version) - 1))};
}

/* A composed document. */
struct parsed {
    struct piece root, wrapper;
    struct bytes entries; /* what holds them */
};

static struct parsed parse_own(const struct entries_kind *kind, const struct blob *document)
{
    struct parsed parsed = {.entries = BYTES("")};
    bool good = piece_find(blob_bytes(document), kind->root, &parsed.root);
    parsed.entries = parsed.root.content;
    if (good && kind->wrapper != NULL) {
        good = piece_find(parsed.root.content, kind->wrapper, &parsed.wrapper);
        parsed.entries = parsed.wrapper.content;
    }
    assert(good);
    return parsed;
}

/* The entries of a document by their keys: a hash table with open addressing, at most half full.
 * However a peer orders its entries, looking for all of them is one pass. */
struct index {
    struct indexed {
        struct bytes key, whole;
    } * slots; /* `mask` + 1 of them; no key: free */
    size_t mask;
};

static struct indexed *index_slot(const struct index *index, struct bytes key)
{
    /* an address is enough of a secret: nothing that is told depends on it */
    size_t at = bytes_hash(key, (uintptr_t)index->slots) & index->mask;
    while (index->slots[at].key.length > 0 && !bytes_equal(index->slots[at].key, key))
        at = (at + 1) & index->mask;
    return &index->slots[at];
}

static struct index index_new(const struct entries_kind *kind, struct bytes entries)
{
    struct bytes rest = entries;
    struct piece entry;
    size_t count = 0, size = 16;
    while (next_entry(kind, &rest, &entry))
        count++;
    while (size < count * 2)
        size *= 2;
    struct index index = {.slots = memory_new(size * sizeof(*index.slots)), .mask = size - 1};
    while (next_entry(kind, &entries, &entry)) {
        struct bytes key = piece_attribute(entry.tag, kind->key);
        *index_slot(&index, key) = (struct indexed){key, entry.whole};
    }
    return index;
}

static void index_release(struct index *index)
{
    free(index->slots);
    index->slots = NULL;
}

static bool same(const struct entries_kind *kind, struct bytes a, struct bytes b)
{
    return kind->same != NULL ? kind->same(a, b) : bytes_equal(a, b);
}

/* Those that are new or changed. */
static void put_changed(const struct entries_kind *kind, const struct parsed *before,
                        const struct parsed *now, struct text *out)
{
    struct index known = index_new(kind, before->entries);
    struct bytes rest = now->entries;
    struct piece entry;
    while (next_entry(kind, &rest, &entry)) {
        const struct indexed *old = index_slot(&known, piece_attribute(entry.tag, kind->key));
        if (old->key.length == 0 || !same(kind, old->whole, entry.whole))
            text_put(out, entry.whole);
    }
    index_release(&known);
}

/* Those that are no more. */
static void put_gone(const struct entries_kind *kind, const struct parsed *before,
                     const struct parsed *now, struct text *out)
{
    struct index left = index_new(kind, now->entries);
    struct bytes rest = before->entries;
    struct piece entry;
    while (next_entry(kind, &rest, &entry))
        if (index_slot(&left, piece_attribute(entry.tag, kind->key))->key.length == 0)
            kind->gone(out, &entry);
    index_release(&left);
}

static bool has_equal(struct bytes text, struct bytes whole)
{
    struct piece piece;
    while (piece_next(&text, &piece))
        if (bytes_equal(piece.whole, whole))
            return true;
    return false;
}

static bool is_section(const struct entries_kind *kind, const struct piece *piece)
{
    for (const struct entries_section *at = kind->sections; at->name != NULL; at++)
        if (bytes_equal(bytes_of(at->name), piece->name))
            return true;
    return false;
}

/* Takes the next element off that is no section; false: there is none. */
static bool next_other(const struct entries_kind *kind, struct bytes *rest, struct piece *piece)
{
    while (piece_next(rest, piece))
        if (!is_section(kind, piece))
            return true;
    return false;
}

/* Of elements that we do not know nobody could tell what a part of them means. */
static bool same_others(const struct entries_kind *kind, struct bytes a, struct bytes b)
{
    struct piece one, other;
    while (next_other(kind, &a, &one))
        if (!next_other(kind, &b, &other) || !bytes_equal(one.whole, other.whole))
            return false;
    return !next_other(kind, &b, &other);
}

/* False: a section is gone, or something that is none has changed. */
static bool can_tell(const struct entries_kind *kind, const struct parsed *before,
                     const struct parsed *now)
{
    struct piece piece;
    for (unsigned i = 0; kind->sections[i].name != NULL; i++)
        if (i != kind->place && piece_find(before->root.content, kind->sections[i].name, &piece) &&
            !piece_find(now->root.content, kind->sections[i].name, &piece))
            return false;
    return same_others(kind, before->root.content, now->root.content);
}

/* There were some, or there would be nothing to tell. */
static enum entries_life life_after(const struct entries_kind *kind, const struct parsed *now)
{
    return life_of(kind, now->entries) == ENTRIES_ALIVE ? ENTRIES_ALIVE : ENTRIES_ENDED;
}

static void put_all_entries(const struct entries_kind *kind, const struct parsed *before,
                            const struct parsed *now, struct text *out)
{
    struct text entries = {0};
    put_changed(kind, before, now, &entries);
    put_gone(kind, before, now, &entries);
    if (entries.length > 0 && kind->wrapper != NULL)
        kind->open(out, piece_attribute(now->wrapper.tag, kind->wrapper_entity), true,
                   life_after(kind, now));
    text_put(out, text_bytes(&entries));
    if (entries.length > 0 && kind->wrapper != NULL)
        put_tag(out, "</", kind->wrapper, ">");
    text_release(&entries);
}

/* In the order of the sections. */
static void put_changes(const struct entries_kind *kind, const struct parsed *before,
                        const struct parsed *now, struct text *out)
{
    struct piece piece;
    for (unsigned i = 0; kind->sections[i].name != NULL; i++) {
        if (i == kind->place)
            put_all_entries(kind, before, now, out);
        else if (piece_find(now->root.content, kind->sections[i].name, &piece) &&
                 !has_equal(before->root.content, piece.whole))
            text_put(out, piece.whole);
    }
}

bool entries_difference(const struct entries_kind *kind, const struct blob *before,
                        const struct blob *now, struct pidf_partial *partial)
{
    assert(kind != NULL && partial != NULL);
    struct parsed old = parse_own(kind, before), new = parse_own(kind, now);
    struct text head = {0}, tail = {0};
    *partial = (struct pidf_partial){NULL, NULL};
    if (!can_tell(kind, &old, &new))
        return false;
    entries_put_tail(&tail, kind, true, piece_attribute(new.root.tag, "entity"));
    size_t start = tail.length;
    put_changes(kind, &old, &new, &tail);
    bool any = tail.length > start; /* RFC 4235 3.3: a document without entries is a whole one */
    put_tag(&tail, "</", kind->root, ">\n");
    entries_put_head(&head, kind);
    if (any)
        *partial = (struct pidf_partial){blob_new(text_bytes(&head)), blob_new(text_bytes(&tail))};
    text_release(&head);
    text_release(&tail);
    return any;
}

/* What not everybody may see. */

struct blob *entries_without(const struct blob *state, const char *tag)
{
    struct bytes rest = blob_bytes(state);
    struct text out = {0};
    const char *at;
    assert(tag[0] == '<');
    while ((at = memmem(rest.at, rest.length, tag, strlen(tag))) != NULL) {
        text_put(&out, bytes_first(rest, (size_t)(at - rest.at)));
        rest = bytes_skip(rest, (size_t)(at - rest.at));
        ptrdiff_t end = bytes_index(rest, '>');
        assert(end > 0 && rest.at[end - 1] == '/');
        rest = bytes_skip(rest, (size_t)end + 1);
    }
    text_put(&out, rest);
    return take_blob(&out);
}

static void put_outline(struct text *out, const struct piece *dialog, const void *context)
{
    (void)context;
    struct piece state;
    struct bytes direction = piece_attribute(dialog->tag, "direction");
    put(out, "<dialog id=\"");
    text_put(out, piece_attribute(dialog->tag, "id"));
    if (!bytes_empty(direction)) {
        put(out, "\" direction=\"");
        text_put(out, direction);
    }
    put(out, "\"><state>");
    if (piece_find(dialog->content, "state", &state))
        text_put(out, state.content);
    put(out, "</state></dialog>");
}

/* Composed dialogs as `write` writes each. */
static struct blob *write_dialogs(const struct blob *state,
                                  void (*write)(struct text *out, const struct piece *dialog,
                                                const void *context),
                                  const void *context)
{
    const struct entries_kind *kind = &entries_dialogs;
    struct parsed parsed = parse_own(kind, state);
    struct bytes rest = parsed.entries;
    struct piece dialog;
    struct text out = {0};
    entries_put_head(&out, kind);
    text_char(&out, '0');
    entries_put_tail(&out, kind, false, piece_attribute(parsed.root.tag, "entity"));
    while (next_entry(kind, &rest, &dialog))
        write(&out, &dialog, context);
    put_tag(&out, "</", kind->root, ">\n");
    return take_blob(&out);
}

struct blob *entries_outline(const struct blob *state)
{
    return write_dialogs(state, put_outline, NULL);
}

static bool has_value(const struct piece *dialog, const char *attribute, struct bytes wanted)
{
    struct text escaped = {0};
    if (bytes_empty(wanted))
        return true;
    text_quoted(&escaped, wanted);
    bool has = bytes_equal(piece_attribute(dialog->tag, attribute), text_bytes(&escaped));
    text_release(&escaped);
    return has;
}

static void put_wanted(struct text *out, const struct piece *dialog, const void *context)
{
    const struct entries_dialog *wanted = context;
    if (has_value(dialog, "call-id", wanted->call_id) &&
        has_value(dialog, "local-tag", wanted->local_tag) &&
        has_value(dialog, "remote-tag", wanted->remote_tag))
        text_put(out, dialog->whole);
}

struct blob *entries_pick(const struct blob *state, const struct entries_dialog *wanted)
{
    assert(wanted != NULL);
    return write_dialogs(state, put_wanted, wanted);
}

bool entries_has_confirmed(const struct blob *state)
{
    struct parsed parsed = parse_own(&entries_dialogs, state);
    struct bytes rest = parsed.entries;
    struct piece dialog, inner;
    while (next_entry(&entries_dialogs, &rest, &dialog))
        if (piece_find(dialog.content, "state", &inner) &&
            bytes_equal(inner.content, BYTES("confirmed")))
            return true;
    return false;
}
