/* watcherinfo_test.c: the documents of RFC 3858. */
#include "documents.h"
#include "pidf/watcherinfo.h"

static const struct watcherinfo_watcher somebody = {
    .aor = BYTES("bob@example.org"),
    .id = BYTES("1f"),
    .status = "active",
    .event = "approved",
    .has_duration = true,
    .has_expiration = true,
    .duration_s = 5,
    .expiration_s = UINT64_C(99999999999),
};

static struct watcherinfo *begin(uint32_t version, bool full, size_t most)
{
    return watcherinfo_new(&(struct watcherinfo_head){.version = version,
                                                      .full = full,
                                                      .aor = BYTES("alice@example.org"),
                                                      .package = "presence",
                                                      .size_max_bytes = most});
}

/* The finished text, valid by RFC 3858 6; to be freed. */
static char *finish(struct watcherinfo **info)
{
    char message[512];
    struct blob *blob = watcherinfo_end(info);
    char *text = strndup(blob_bytes(blob).at, blob_bytes(blob).length);
    xmlSchema *schema = schema_open_file(SOURCE_DIR "/schemas/watcherinfo.xsd");
    ck_assert_ptr_null(*info);
    schema_judge(schema, text, message);
    xmlSchemaFree(schema);
    blob_unref(&blob);
    ck_assert_msg(message[0] == '\0', "%s in %s", message, text);
    return text;
}

/* RFC 3858 3: all attributes, and none that is not known. */
START_TEST(rfc3858_3_structure)
{
    struct watcherinfo_watcher bare = somebody;
    struct watcherinfo *info = begin(7, true, 10000);
    bare.has_duration = bare.has_expiration = false;
    bare.status = "waiting";
    bare.event = "timeout";
    ck_assert(watcherinfo_add(info, &somebody));
    ck_assert(watcherinfo_add(info, &bare));
    char *text = finish(&info);
    ck_assert_str_eq(
        text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
              "<watcherinfo xmlns=\"urn:ietf:params:xml:ns:watcherinfo\" version=\"7\" "
              "state=\"full\"><watcher-list resource=\"sip:alice@example.org\" "
              "package=\"presence\">"
              "<watcher id=\"1f\" status=\"active\" event=\"approved\" duration-subscribed=\"5\" "
              "expiration=\"99999999999\">sip:bob@example.org</watcher>"
              "<watcher id=\"1f\" status=\"waiting\" event=\"timeout\">sip:bob@example.org"
              "</watcher></watcher-list></watcherinfo>");
    free(text);
}
END_TEST

/* Nobody: a list without watchers. */
START_TEST(empty)
{
    struct watcherinfo *info = begin(UINT32_MAX, false, 0);
    char *text = finish(&info);
    ck_assert_ptr_nonnull(strstr(text, "version=\"4294967295\" state=\"partial\""));
    ck_assert_ptr_nonnull(strstr(text, "package=\"presence\"></watcher-list>"));
    free(text);
}
END_TEST

/* Every word that RFC 3858 6 has, and the schema refuses others. */
START_TEST(rfc3858_6_words)
{
    static const char *const statuses[] = {"pending", "active", "waiting", "terminated"};
    static const char *const events[] = {"subscribe", "approved", "deactivated", "probation",
                                         "rejected",  "timeout",  "giveup",      "noresource"};
    struct watcherinfo_watcher watcher = somebody;
    struct watcherinfo *info = begin(0, true, 100000);
    char message[512];
    for (size_t i = 0; i < 32; i++) {
        watcher.status = statuses[i / 8];
        watcher.event = events[i % 8];
        ck_assert(watcherinfo_add(info, &watcher));
    }
    free(finish(&info));
    xmlSchema *schema = schema_open_file(SOURCE_DIR "/schemas/watcherinfo.xsd");
    info = begin(0, true, 1000);
    watcher.event = "doubted";
    watcherinfo_add(info, &watcher);
    struct blob *blob = watcherinfo_end(&info);
    char *text = strndup(blob_bytes(blob).at, blob_bytes(blob).length);
    schema_judge(schema, text, message);
    ck_assert_str_ne(message, "");
    xmlSchemaFree(schema);
    blob_unref(&blob);
    free(text);
}
END_TEST

/* A user part may have what XML or a URI minds. */
START_TEST(escaped)
{
    struct watcherinfo_watcher watcher = somebody;
    struct watcherinfo *info = begin(0, true, 1000);
    watcher.aor = BYTES("a&b<c>\"\xc3\xa4@example.org");
    ck_assert(watcherinfo_add(info, &watcher));
    char *text = finish(&info);
    ck_assert_ptr_nonnull(strstr(text, ">sip:a&amp;b%3Cc%3E%22%C3%A4@example.org<"));
    free(text);
}
END_TEST

/* As many as there is room for; who has none is not half written; the first one always has room. */
START_TEST(bounded)
{
    size_t previous = 0;
    for (size_t most = 0; most < 1500; most++) {
        struct watcherinfo *info = begin(0, true, most);
        size_t count = 0, at = 0;
        while (watcherinfo_add(info, &somebody))
            count++;
        ck_assert(!watcherinfo_add(info, &somebody));
        char *text = finish(&info);
        ck_assert(strlen(text) <= most || count == 1);
        for (const char *c = text; (c = strstr(c, "<watcher ")) != NULL; c++)
            at++;
        ck_assert_uint_eq(at, count);
        ck_assert(count >= 1 && count >= previous);
        previous = count;
        free(text);
    }
    ck_assert_uint_gt(previous, 5);
}
END_TEST

UNIT_MAIN("pidf/watcherinfo", rfc3858_3_structure, empty, rfc3858_6_words, escaped, bounded)
