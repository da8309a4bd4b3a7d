/* rules_fuzz.c: any document may be stored as somebody's rules; who is not proved and matches no
 * rule sees nothing, and what is edited is a document again that does what was asked. */
#include "fuzz.h"
#include "pidf/rules.h"

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

static void check_decision(const struct rules *rules, struct bytes identity, uint64_t now_ms)
{
    const struct rules_case judge = {identity, BYTES("work"), now_ms};
    struct rules_decision decision = rules_decide(rules, &judge);
    insist(decision.until_ms == 0 || decision.until_ms > now_ms);
    insist(decision.matched || decision.rights == NULL);
    insist(!decision.matched || decision.handling == SUB_ALLOW || decision.rights != NULL);
    insist(!bytes_empty(rights_key(decision.rights)));
    rights_unref(&decision.rights);
}

static void check_edit(struct bytes document, const struct rules_limits *limits)
{
    for (int handling = SUB_BLOCK; handling <= SUB_ALLOW; handling++) {
        struct blob *once, *twice;
        struct verdict result =
            rules_set_watcher(document, limits, &names, BYTES("sip:bob@example.org"),
                              (enum sub_handling)handling, &once);
        insist(verdict_ok(result) == (once != NULL));
        if (once == NULL)
            continue;
        result = rules_set_watcher(blob_bytes(once), limits, &names, BYTES("sip:bob@example.org"),
                                   (enum sub_handling)handling, &twice);
        insist(verdict_ok(result));
        insist(bytes_equal(blob_bytes(once), blob_bytes(twice)));
        blob_unref(&once);
        blob_unref(&twice);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rules_limits limits = rules_limits_default();
    char *text = exact_copy(data, size);
    struct rules *rules;
    struct verdict result = rules_parse(bytes_from(text, size), &limits, &names, &rules);
    insist(verdict_ok(result) == (rules != NULL));
    insist(result.offset <= size);
    if (rules != NULL) {
        check_decision(rules, BYTES("bob@example.org"), 0);
        check_decision(rules, BYTES("bob@example.org"), 1072285200000);
        check_decision(rules, BYTES(""), 1072285200000);
        check_edit(bytes_from(text, size), &limits);
    }
    rules_free(&rules);
    free(text);
    return 0;
}
