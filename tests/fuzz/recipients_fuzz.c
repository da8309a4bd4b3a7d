/* recipients_fuzz.c: anybody of ours may send a list of receivers. Nobody is in it twice, and what
 * is written for the receivers is a list again, which hides what it should. */
#include "fuzz.h"
#include "pidf/recipients.h"

enum { MOST = 20 };

/* "sip:bob@example.org" is "bob@example.org". */
static bool write_name(void *context, struct bytes uri, struct buffer *out)
{
    (void)context;
    if (!bytes_starts_with(uri, BYTES("sip:")))
        return false;
    buffer_put(out, bytes_skip(uri, 4));
    return true;
}

static const struct rules_names names = {write_name, NULL};
static const struct recipients_limits limits = {.size_bytes = 16384, .most = MOST};

static void check_list(const struct recipients *recipients)
{
    insist(recipients->count > 0 && recipients->count <= MOST);
    for (size_t i = 0; i < recipients->count; i++)
        for (size_t j = 0; j < i; j++)
            insist(!bytes_equal(recipients->all[i].name, recipients->all[j].name));
}

static void check_history(const struct recipients *recipients)
{
    size_t open = 0, hidden[3] = {0};
    struct arena arena;
    struct recipients again;
    for (size_t i = 0; i < recipients->count; i++) {
        const struct recipient *recipient = &recipients->all[i];
        if (recipient->uri.length > 256) /* what is escaped may become too long a name */
            return;
        if (recipient->copy != RECIPIENT_BCC && recipient->anonymous)
            hidden[recipient->copy] = 1;
        else if (recipient->copy != RECIPIENT_BCC)
            open++;
    }
    size_t most = open + hidden[RECIPIENT_TO] + hidden[RECIPIENT_CC];
    struct blob *document = recipients_write_history(recipients);
    insist((document != NULL) == (most > 0));
    if (document == NULL)
        return;
    arena_init(&arena, 0);
    const struct recipients_limits own = {.size_bytes = 1 << 20, .most = most};
    struct verdict v = recipients_parse(blob_bytes(document), &own, &names, &arena, &again);
    insist(verdict_ok(v));
    arena_release(&arena);
    blob_unref(&document);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = exact_copy(data, size);
    struct arena arena;
    struct recipients recipients;
    arena_init(&arena, 0);
    struct verdict v =
        recipients_parse(bytes_from(text, size), &limits, &names, &arena, &recipients);
    insist(v.offset <= size);
    insist(verdict_ok(v) || v.status == 400 || v.status == 413);
    if (verdict_ok(v)) {
        check_list(&recipients);
        check_history(&recipients);
    }
    arena_release(&arena);
    free(text);
    return 0;
}
