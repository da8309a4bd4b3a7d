/* compose.c: several documents into one, by copying fragments.
 *
 *   fragments of all sources --> those that are outdone are marked --> ids are given, in the order
 * of the sources --> sorted --> root with the namespaces that are used, then one after the other
 *
 * The policy:
 *
 *   tuples    all                             life, then higher priority of the contact (none is
 *                                             lowest, RFC 3863 4.1.5), then newer, then by source
 *   notes     all                             life, then by source
 *   person    one (RFC 4479 3.2): life, then  -
 *             newest, then the later source
 *   devices   one for each deviceID (RFC      life, then by source
 *             4479 3.4): as for the person
 *   others    all                             life, then by source
 *
 *   life                     live (a client's publication), then hard, then stale. RFC 3903 3 has
 *                            hard state "present at all times", used "in the absence of, or in
 *                            addition to" what clients publish: where all are shown it stands
 *                            behind theirs, where one is, it is shown when no live client says one;
 *                            it holds, so it is before what was but last seen
 *   the time of an element   its timestamp, as a moment; none, or one in the future of its arrival
 *                            (a clock that is wrong must not win for ever): when the source changed
 *   a stale source           its tuples are closed; one without a timestamp gets the source's time,
 *                            which is when it was last seen; all else stays as it was
 *   ids                      unique in the whole document (they are of type xs:ID): one that is
 *                            taken is renamed where it stands, the places are known */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "document_internal.h"
#include "ids_internal.h"

enum { PIECES_FEW = 32, NAMES_FEW = 64 };

/* The better, the less. */
enum life { LIFE_LIVE, LIFE_HARD, LIFE_STALE };

/* A fragment, whose it is, and what decides its place. */
struct piece {
    const struct pidf_document *document;
    const struct fragment *fragment;
    struct bytes *names; /* of its ids, in the composed document */
    uint64_t time_ms, changed_ms;
    uint32_t order; /* by source */
    enum life life;
    bool outdone;
};

struct composition {
    const struct pidf_source *sources;
    size_t count;
    struct piece *pieces;
    size_t piece_count;
    struct ids ids;
    struct text out;
    struct piece few_pieces[PIECES_FEW];
    struct bytes few_names[NAMES_FEW];
};

/* Gathering. */

static enum life life_of(const struct pidf_source *source)
{
    assert(!source->stale || !source->hard);
    return source->stale ? LIFE_STALE : source->hard ? LIFE_HARD : LIFE_LIVE;
}

static uint64_t time_of(const struct pidf_source *source, const struct fragment *fragment)
{
    const struct facts *facts = &fragment->facts;
    return facts->has_time && facts->time_ms < source->changed_ms ? facts->time_ms
                                                                  : source->changed_ms;
}

static void gather(struct composition *composition)
{
    size_t at = 0;
    for (size_t i = 0; i < composition->count; i++) {
        const struct pidf_source *source = &composition->sources[i];
        for (uint32_t j = 0; j < source->document->fragment_count; j++, at++) {
            const struct fragment *fragment = &source->document->fragments[j];
            composition->pieces[at] = (struct piece){
                .document = source->document,
                .fragment = fragment,
                .time_ms = time_of(source, fragment),
                .changed_ms = source->changed_ms,
                .order = (uint32_t)at,
                .life = life_of(source),
            };
        }
    }
    assert(at == composition->piece_count);
}

/* Conflicts. */

/* Of persons there is one. */
static struct bytes subject_of(const struct piece *piece)
{
    if (piece->fragment->kind == FRAGMENT_PERSON)
        return BYTES("");
    return document_slice(piece->document, piece->fragment->facts.device_id);
}

static int compare_subjects(const struct piece *a, const struct piece *b)
{
    if (a->fragment->kind != b->fragment->kind)
        return a->fragment->kind < b->fragment->kind ? -1 : 1;
    return bytes_compare(subject_of(a), subject_of(b));
}

/* Those on one subject stand together, by source. */
static int compare_rivals(const void *one, const void *other)
{
    const struct piece *const *a = one, *const *b = other;
    int subjects = compare_subjects(*a, *b);
    return subjects != 0 ? subjects : ((*a)->order > (*b)->order) - ((*a)->order < (*b)->order);
}

/* Which of two words on one subject holds; `later` stands behind `earlier`. */
static struct piece *loser(struct piece *earlier, struct piece *later)
{
    if (earlier->life != later->life)
        return earlier->life > later->life ? earlier : later;
    if (earlier->time_ms != later->time_ms)
        return earlier->time_ms < later->time_ms ? earlier : later;
    /* of several persons in one document the first one is meant */
    bool first_holds =
        earlier->document == later->document && earlier->fragment->kind == FRAGMENT_PERSON;
    return first_holds ? later : earlier;
}

static size_t find_rivals(struct composition *composition, struct piece **rivals)
{
    size_t count = 0;
    for (size_t i = 0; i < composition->piece_count; i++) {
        struct piece *piece = &composition->pieces[i];
        if (piece->fragment->kind == FRAGMENT_PERSON || piece->fragment->kind == FRAGMENT_DEVICE)
            rivals[count++] = piece;
    }
    return count;
}

/* Sorted, so that a document of very many devices takes no square of their number. */
static void settle_rivals(struct composition *composition, struct piece **rivals)
{
    size_t count = find_rivals(composition, rivals);
    if (count < 2)
        return;
    qsort(rivals, count, sizeof(struct piece *), compare_rivals);
    struct piece *holder = rivals[0];
    for (size_t i = 1; i < count; i++) {
        struct piece *out = NULL;
        if (compare_subjects(holder, rivals[i]) == 0)
            out = loser(holder, rivals[i]);
        if (out != NULL)
            out->outdone = true;
        if (out != rivals[i])
            holder = rivals[i];
    }
}

/* Order. */

static int compare(const void *one, const void *other)
{
    const struct piece *a = one, *b = other;
    const struct fragment *x = a->fragment, *y = b->fragment;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (a->life != b->life)
        return a->life < b->life ? -1 : 1;
    if (x->kind == FRAGMENT_TUPLE && x->facts.priority != y->facts.priority)
        return x->facts.priority > y->facts.priority ? -1 : 1;
    if (x->kind == FRAGMENT_TUPLE && a->time_ms != b->time_ms)
        return a->time_ms > b->time_ms ? -1 : 1;
    return a->order < b->order ? -1 : 1;
}

/* Few pieces, and mostly in order already, are sorted faster by hand. */
static void sort(struct piece *pieces, size_t count)
{
    if (count > PIECES_FEW) {
        qsort(pieces, count, sizeof(*pieces), compare);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        if (compare(&pieces[i - 1], &pieces[i]) < 0)
            continue;
        struct piece piece = pieces[i];
        size_t at = i;
        for (; at > 0 && compare(&pieces[at - 1], &piece) > 0; at--)
            pieces[at] = pieces[at - 1];
        pieces[at] = piece;
    }
}

static void give_names(struct composition *composition, struct bytes *names)
{
    for (size_t i = 0; i < composition->piece_count; i++) {
        struct piece *piece = &composition->pieces[i];
        if (piece->outdone)
            continue;
        piece->names = names;
        for (uint32_t j = piece->fragment->first_id; j < piece->fragment->id_end; j++)
            *names++ = ids_take(&composition->ids,
                                document_slice(piece->document, piece->document->ids[j]));
    }
}

/* Writing. */

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
        data_model |= composition->sources[i].document->uses_data_model;
        rpid |= composition->sources[i].document->uses_rpid;
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
    text_put(out, BYTES("\">"));
    text_release(&uri);
}

/* How far a piece is written. */
struct cursor {
    uint32_t at, id; /* in the document's text; the next of its ids */
};

/* Writes a piece up to `end`, its ids under their names. */
static void put_until(struct text *out, const struct piece *piece, struct cursor *cursor,
                      uint32_t end)
{
    const struct pidf_document *document = piece->document;
    const struct fragment *fragment = piece->fragment;
    for (; cursor->id < fragment->id_end && document->ids[cursor->id].at < end; cursor->id++) {
        struct span id = document->ids[cursor->id];
        assert(id.at >= cursor->at);
        text_put(out, bytes_from(document->text + cursor->at, id.at - cursor->at));
        text_put(out, piece->names[cursor->id - fragment->first_id]);
        cursor->at = id.at + id.length;
    }
    assert(end >= cursor->at);
    text_put(out, bytes_from(document->text + cursor->at, end - cursor->at));
    cursor->at = end;
}

/* Writes a tuple's status up to the place behind its basic value, which is closed. */
static void put_closed(struct text *out, const struct piece *piece, struct cursor *cursor)
{
    const struct facts *facts = &piece->fragment->facts;
    struct bytes status = document_slice(piece->document, facts->status);
    if (facts->basic.length > 0) {
        put_until(out, piece, cursor, facts->basic.at);
        text_put(out, BYTES("closed"));
        cursor->at += facts->basic.length;
        return;
    }
    put_until(out, piece, cursor, facts->status.at);
    text_put(out, BYTES("<status><basic>closed</basic>"));
    if (bytes_equal(status, BYTES("<status/>"))) {
        text_put(out, BYTES("</status>"));
        cursor->at += facts->status.length;
        return;
    }
    assert(bytes_starts_with(status, BYTES("<status>")));
    cursor->at += (uint32_t)strlen("<status>");
}

/* A tuple of which nothing is known any more but what it was. */
static void put_stale_tuple(struct text *out, const struct piece *piece, struct cursor *cursor)
{
    struct span text = piece->fragment->text;
    uint32_t end = text.at + text.length - (uint32_t)strlen("</tuple>");
    put_closed(out, piece, cursor);
    put_until(out, piece, cursor, end);
    if (!piece->fragment->facts.has_time && piece->changed_ms > 0) {
        text_put(out, BYTES("<timestamp>"));
        text_moment(out, piece->changed_ms);
        text_put(out, BYTES("</timestamp>"));
    }
}

static void put_piece(struct text *out, const struct piece *piece)
{
    struct span text = piece->fragment->text;
    struct cursor cursor = {text.at, piece->fragment->first_id};
    if (piece->life == LIFE_STALE && piece->fragment->kind == FRAGMENT_TUPLE)
        put_stale_tuple(out, piece, &cursor);
    put_until(out, piece, &cursor, text.at + text.length);
}

static void put_pieces(struct composition *composition)
{
    for (size_t i = 0; i < composition->piece_count; i++)
        if (!composition->pieces[i].outdone)
            put_piece(&composition->out, &composition->pieces[i]);
}

/* `few` when that is room enough for `count` things of `size` bytes. */
static void *room_for(size_t count, size_t size, void *few, size_t few_count)
{
    return count <= few_count ? few : memory_new(count * size);
}

static void compose(struct composition *composition, size_t id_count)
{
    composition->pieces = room_for(composition->piece_count, sizeof(struct piece),
                                   composition->few_pieces, PIECES_FEW);
    struct bytes *names =
        room_for(id_count, sizeof(struct bytes), composition->few_names, NAMES_FEW);
    struct piece *few_rivals[PIECES_FEW],
        **rivals =
            room_for(composition->piece_count, sizeof(struct piece *), few_rivals, PIECES_FEW);
    gather(composition);
    settle_rivals(composition, rivals);
    give_names(composition, names);
    sort(composition->pieces, composition->piece_count);
    put_pieces(composition);
    if (rivals != few_rivals)
        free(rivals);
    if (names != composition->few_names)
        free(names);
    if (composition->pieces != composition->few_pieces)
        free(composition->pieces);
}

struct blob *pidf_compose(struct bytes entity, const struct pidf_source *sources, size_t count)
{
    assert(entity.length > 0 && (sources != NULL || count == 0));
    struct composition composition;
    size_t id_count = 0, size = 512 + entity.length;
    composition.sources = sources;
    composition.count = count;
    composition.piece_count = 0;
    composition.out = (struct text){0};
    for (size_t i = 0; i < count; i++) {
        const struct pidf_document *document = sources[i].document;
        assert(document != NULL);
        composition.piece_count += document->fragment_count;
        id_count += document->id_count;
        size += document->size_bytes;
    }
    ids_init(&composition.ids, id_count);
    text_reserve(&composition.out, size);
    put_root(&composition, entity);
    compose(&composition, id_count);
    text_put(&composition.out, BYTES("</presence>\n"));
    struct blob *blob = blob_new(text_bytes(&composition.out));
    text_release(&composition.out);
    ids_release(&composition.ids);
    return blob;
}
