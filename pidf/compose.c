/* compose.c: several documents into one, by copying fragments.
 *
 *   root with the namespaces that are used
 *   tuples of all documents, then notes, then the rest: the order of the schema (RFC 3863 4.4)
 *
 * Left out are all persons but one and devices that a newer publication describes as well. Ids are
 * unique in the whole document (they are of type xs:ID): one that is taken is renamed where it
 * stands, the places are known. */
#include <assert.h>

#include "document_internal.h"
#include "ids_internal.h"

/* A fragment and whose it is. */
struct place {
    size_t document, fragment;
};

struct composition {
    const struct pidf_document *const *documents;
    size_t count;
    struct ids ids;
    struct text out;
};

static void put_namespace(struct text *out, const char *prefix, const char *uri)
{
    text_put(out, BYTES(" xmlns:"));
    text_put(out, bytes_of(prefix));
    text_put(out, BYTES("=\""));
    text_put(out, bytes_of(uri));
    text_char(out, '"');
}

static void put_root(struct composition *composition, struct bytes entity)
{
    struct text *out = &composition->out;
    bool data_model = false, rpid = false;
    for (size_t i = 0; i < composition->count; i++) {
        data_model |= composition->documents[i]->uses_data_model;
        rpid |= composition->documents[i]->uses_rpid;
    }
    text_put(out, BYTES("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                        "<presence xmlns=\"" PIDF_NAMESPACE "\""));
    if (data_model)
        put_namespace(out, "dm", DATA_MODEL_NAMESPACE);
    if (rpid)
        put_namespace(out, "rpid", RPID_NAMESPACE);
    /* percent-encoded first (no markup is left then), and what remains of "&" afterwards */
    struct text uri = {0};
    text_uri(&uri, entity);
    text_put(out, BYTES(" entity=\""));
    text_quoted(out, text_bytes(&uri));
    text_char(out, '"');
    text_release(&uri);
}

/* The first person of the newest document that has one (RFC 4479 3.2); false: there is none. */
static bool find_person(const struct composition *composition, struct place *person)
{
    for (size_t i = composition->count; i > 0; i--) {
        const struct pidf_document *document = composition->documents[i - 1];
        if (document->kinds[FRAGMENT_PERSON] == 0)
            continue;
        *person = (struct place){i - 1, 0};
        while (document->fragments[person->fragment].kind != FRAGMENT_PERSON)
            person->fragment++;
        return true;
    }
    return false;
}

static bool describes(const struct pidf_document *document, size_t from, struct bytes device_id)
{
    for (size_t i = from; i < document->fragment_count; i++) {
        const struct fragment *fragment = &document->fragments[i];
        if (fragment->kind == FRAGMENT_DEVICE &&
            bytes_equal(document_slice(document, fragment->device_id), device_id))
            return true;
    }
    return false;
}

/* Is there something newer about the device at `place`? */
static bool device_outdated(const struct composition *composition, struct place place)
{
    const struct pidf_document *document = composition->documents[place.document];
    struct bytes device_id =
        document_slice(document, document->fragments[place.fragment].device_id);
    if (describes(document, place.fragment + 1, device_id))
        return true;
    for (size_t i = place.document + 1; i < composition->count; i++) {
        const struct pidf_document *newer = composition->documents[i];
        if (newer->kinds[FRAGMENT_DEVICE] > 0 && describes(newer, 0, device_id))
            return true;
    }
    return false;
}

static void put_fragment(struct composition *composition, struct place place)
{
    const struct pidf_document *document = composition->documents[place.document];
    const struct fragment *fragment = &document->fragments[place.fragment];
    struct text *out = &composition->out;
    uint32_t at = fragment->text.at;
    for (uint32_t i = fragment->first_id; i < fragment->id_end; i++) {
        struct span id = document->ids[i];
        assert(id.at >= at);
        text_put(out, bytes_from(document->text + at, id.at - at));
        text_put(out, ids_take(&composition->ids, document_slice(document, id)));
        at = id.at + id.length;
    }
    uint32_t end = fragment->text.at + fragment->text.length;
    text_put(out, bytes_from(document->text + at, end - at));
}

static void put_all(struct composition *composition, enum fragment_kind kind)
{
    for (size_t i = 0; i < composition->count; i++) {
        const struct pidf_document *document = composition->documents[i];
        if (document->kinds[kind] == 0)
            continue;
        for (size_t j = 0; j < document->fragment_count; j++) {
            struct place place = {i, j};
            if (document->fragments[j].kind != kind)
                continue;
            if (kind == FRAGMENT_DEVICE && device_outdated(composition, place))
                continue;
            put_fragment(composition, place);
        }
    }
}

static void put_fragments(struct composition *composition)
{
    struct place person;
    put_all(composition, FRAGMENT_TUPLE);
    put_all(composition, FRAGMENT_NOTE);
    if (find_person(composition, &person))
        put_fragment(composition, person);
    put_all(composition, FRAGMENT_DEVICE);
    put_all(composition, FRAGMENT_OTHER);
}

struct blob *pidf_compose(struct bytes entity, const struct pidf_document *const *documents,
                          size_t count)
{
    assert(entity.length > 0 && (documents != NULL || count == 0));
    struct composition composition = {.documents = documents, .count = count};
    size_t id_count = 0, size = 512 + entity.length;
    for (size_t i = 0; i < count; i++) {
        id_count += documents[i]->id_count;
        size += documents[i]->size_bytes;
    }
    ids_init(&composition.ids, id_count);
    text_reserve(&composition.out, size);
    put_root(&composition, entity);
    text_char(&composition.out, '>');
    put_fragments(&composition);
    text_put(&composition.out, BYTES("</presence>\n"));
    struct blob *blob = blob_new(text_bytes(&composition.out));
    text_release(&composition.out);
    ids_release(&composition.ids);
    return blob;
}
