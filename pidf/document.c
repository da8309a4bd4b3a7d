/* document.c: packs what the parser found into one allocation. */
#include "document_internal.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

/* Copies `size` bytes to `*at` and moves it behind them. */
static const void *pack(char **at, const void *from, size_t size)
{
    void *copy = *at;
    if (size > 0)
        memcpy(copy, from, size);
    *at += size;
    return copy;
}

struct pidf_document *document_new(const struct fragment *fragments, size_t count,
                                   const struct writer *writer)
{
    assert(writer != NULL && (fragments != NULL || count == 0));
    size_t fragments_size = count * sizeof(*fragments);
    size_t ids_size = writer->id_count * sizeof(*writer->ids);
    size_t size = sizeof(struct pidf_document) + fragments_size + ids_size + writer->out.length;
    struct pidf_document *document = memory_resize(NULL, size);
    *document = (struct pidf_document){
        .size_bytes = size,
        .fragment_count = (uint32_t)count,
        .id_count = (uint32_t)writer->id_count,
        .uses_data_model = writer->scopes[SCOPE_DATA_MODEL].used,
        .uses_rpid = writer->scopes[SCOPE_RPID].used,
        .sphere = writer->sphere,
        .sphere_unclear = writer->sphere_unclear,
    };
    char *at = (char *)(document + 1);
    document->fragments = pack(&at, fragments, fragments_size);
    document->ids = pack(&at, writer->ids, ids_size);
    document->text = pack(&at, writer->out.at, writer->out.length);
    for (size_t i = 0; i < count; i++)
        document->kinds[fragments[i].kind]++;
    return document;
}

void pidf_free(struct pidf_document **document)
{
    assert(document != NULL);
    free(*document);
    *document = NULL;
}

/* The id of the next tuple from *at on, which is the first one in it; empty: no further tuple. */
static struct bytes next_tuple(const struct pidf_document *document, uint32_t *at)
{
    while (*at < document->fragment_count && document->fragments[*at].kind != FRAGMENT_TUPLE)
        ++*at;
    if (*at == document->fragment_count)
        return BYTES("");
    const struct fragment *fragment = &document->fragments[(*at)++];
    assert(fragment->first_id < fragment->id_end);
    return document_slice(document, document->ids[fragment->first_id]);
}

bool pidf_same_tuples(const struct pidf_document *a, const struct pidf_document *b)
{
    assert(a != NULL && b != NULL);
    uint32_t in_a = 0, in_b = 0;
    struct bytes id;
    do {
        id = next_tuple(a, &in_a);
        if (!bytes_equal(id, next_tuple(b, &in_b)))
            return false;
    } while (!bytes_empty(id));
    return true;
}

size_t pidf_memory_bytes(const struct pidf_document *document)
{
    assert(document != NULL);
    return document->size_bytes;
}
