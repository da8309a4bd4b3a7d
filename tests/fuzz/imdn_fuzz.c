/* imdn_fuzz.c: any document may say that it is an IMDN. What is read can be written, and is then
 * read as the same. */
#include "fuzz.h"
#include "pidf/imdn.h"

enum { LONG = 1000 };

static void check_round(const struct imdn *imdn, struct arena *arena)
{
    struct imdn again;
    if (imdn->status == IMDN_STATUSES || imdn->message_id.length > LONG ||
        imdn->date_time.length > LONG || imdn->recipient.length > LONG ||
        imdn->original_recipient.length > LONG)
        return;
    struct blob *document = imdn_write(imdn);
    insist(verdict_ok(imdn_parse(blob_bytes(document), arena, &again)));
    blob_unref(&document);
    insist(again.status == imdn->status);
    insist(bytes_equal(again.message_id, imdn->message_id));
    insist(bytes_equal(again.date_time, imdn->date_time));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = exact_copy(data, size);
    struct arena arena;
    struct imdn imdn;
    arena_init(&arena, 0);
    struct verdict v = imdn_parse(bytes_from(text, size), &arena, &imdn);
    insist(verdict_ok(v) || v.status == 400 || v.status == 413);
    if (verdict_ok(v))
        check_round(&imdn, &arena);
    arena_release(&arena);
    free(text);
    return 0;
}
