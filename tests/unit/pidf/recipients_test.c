/* recipients_test.c: lists of receivers (RFC 4826 3, RFC 5364). */
#include "pidf/recipients.h"

#include "documents.h"

#define LISTS(content)                                               \
    "<resource-lists xmlns='urn:ietf:params:xml:ns:resource-lists' " \
    "xmlns:cp='urn:ietf:params:xml:ns:copycontrol'>" content "</resource-lists>"
#define ck_assert_bytes(slice, text) \
    ck_assert_msg(bytes_equal(slice, bytes_of(text)), "got \"%.*s\"", BYTES_ARGS(slice))

/* "sip:Bob@x?y" is "bob@x". */
static bool write_name(void *context, struct bytes uri, struct buffer *out)
{
    (void)context;
    if (!bytes_starts_with(uri, BYTES("sip:")))
        return false;
    for (size_t i = 4; i < uri.length && uri.at[i] != '?'; i++)
        buffer_char(out, ascii_lower(uri.at[i]));
    return true;
}

static const struct rules_names names = {write_name, NULL};
static const struct recipients_limits usual = {.size_bytes = 65536, .most = 10};
static struct arena arena;
static struct recipients recipients;

static struct verdict parse(const char *text, const struct recipients_limits *limits)
{
    arena_release(&arena);
    arena_init(&arena, 0);
    return recipients_parse(bytes_of(text), limits, &names, &arena, &recipients);
}

/* Who is in it: "to bob@x, cc! ..."; '!' marks who is anonymous. */
static const char *read_list(const char *text)
{
    static const char *const levels[] = {"bcc", "cc", "to"};
    static _Thread_local char out[2000];
    struct buffer buffer = buffer_over(out, sizeof(out));
    struct verdict v = parse(text, &usual);
    if (!verdict_ok(v))
        buffer_format(&buffer, "%u", v.status);
    for (size_t i = 0; verdict_ok(v) && i < recipients.count; i++)
        buffer_format(&buffer, "%s%s%s %.*s", i > 0 ? ", " : "", levels[recipients.all[i].copy],
                      recipients.all[i].anonymous ? "!" : "", BYTES_ARGS(recipients.all[i].name));
    buffer_char(&buffer, '\0');
    return out;
}

#define EXAMPLE                                                                          \
    LISTS("<list>\n<entry uri='sip:bill@example.com' cp:copyControl='to' />"             \
          "<entry uri='sip:randy@example.net' cp:copyControl='to' cp:anonymize='true'/>" \
          "<entry uri='sip:eddy@example.com' cp:copyControl='to' cp:anonymize='true'/>"  \
          "<entry uri='sip:joe@example.org' cp:copyControl='cc' />"                      \
          "<entry uri='sip:carol@example.net' cp:copyControl='cc' cp:anonymize='true'/>" \
          "<entry uri='sip:ted@example.net' cp:copyControl='bcc' />"                     \
          "<entry uri='sip:andy@example.com' cp:copyControl='bcc' />\n</list>")

/* What the receivers see, valid by its schema; to be freed. */
static char *history(void)
{
    char message[512];
    struct blob *blob = recipients_write_history(&recipients);
    if (blob == NULL)
        return strdup("");
    char *text = strndup(blob_bytes(blob).at, blob_bytes(blob).length);
    xmlSchema *schema = schema_open_file(SOURCE_DIR "/schemas/resource-lists.xsd");
    blob_unref(&blob);
    schema_judge(schema, text, message);
    xmlSchemaFree(schema);
    ck_assert_msg(message[0] == '\0', "%s in %s", message, text);
    return text;
}

/* RFC 5364 6, figures 3 and 4 */
START_TEST(rfc5364_6_example)
{
    ck_assert_str_eq(read_list(EXAMPLE),
                     "to bill@example.com, to! randy@example.net, to! eddy@example.com, "
                     "cc joe@example.org, cc! carol@example.net, bcc ted@example.net, "
                     "bcc andy@example.com");
    char *text = history();
    ck_assert_str_eq(text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<resource-lists "
                           "xmlns=\"urn:ietf:params:xml:ns:resource-lists\" "
                           "xmlns:cp=\"urn:ietf:params:xml:ns:copycontrol\"><list>"
                           "<entry uri=\"sip:bill@example.com\" cp:copyControl=\"to\"/>"
                           "<entry uri=\"sip:anonymous@anonymous.invalid\" cp:copyControl=\"to\" "
                           "cp:count=\"2\"/>"
                           "<entry uri=\"sip:joe@example.org\" cp:copyControl=\"cc\"/>"
                           "<entry uri=\"sip:anonymous@anonymous.invalid\" cp:copyControl=\"cc\" "
                           "cp:count=\"1\"/></list></resource-lists>");
    free(text);
    arena_release(&arena);
}
END_TEST

/* RFC 5364 4: who says nothing is bcc, and bcc is seen by nobody. */
START_TEST(rfc5364_4_bcc)
{
    ck_assert_str_eq(read_list(LISTS("<list><entry uri='sip:a@b'/><entry uri='sip:c@d' "
                                     "cp:copyControl='bcc' cp:anonymize='1'/></list>")),
                     "bcc a@b, bcc! c@d");
    char *text = history();
    ck_assert_str_eq(text, "");
    free(text);
    arena_release(&arena);
}
END_TEST

/* RFC 5364 4: of several entries of one receiver the highest level holds; RFC 5363 4.1: one copy.
 */
START_TEST(rfc5364_4_duplicates)
{
    ck_assert_str_eq(
        read_list(LISTS("<list><entry uri='sip:a@b' cp:copyControl='cc'/>"
                        "<entry uri='sip:c@d' cp:copyControl='to'/>"
                        "<entry uri='sip:A@B?Subject=x' cp:copyControl='to' cp:anonymize='true'/>"
                        "<entry uri='sip:c@d'/></list>")),
        "to! a@b, to c@d");
    arena_release(&arena);
}
END_TEST

/* RFC 4826 3.2: lists in lists, names and extensions tell nothing. */
START_TEST(rfc4826_3_2_nested)
{
    ck_assert_str_eq(
        read_list(LISTS("<list name='x'><display-name>All</display-name><entry uri='sip:a@b'>"
                        "<display-name>A</display-name></entry><list><list/>"
                        "<list><entry uri='sip:c@d'/></list><x xmlns='urn:x'><entry "
                        "uri='sip:no@no'/></x></list><entry uri='sip:e@f'/></list><list>"
                        "<entry uri=' sip:g@h '/></list>")),
        "bcc a@b, bcc c@d, bcc e@f, bcc g@h");
    arena_release(&arena);
}
END_TEST

START_TEST(refused)
{
    static const char *const texts[] = {
        "",
        "<resource-lists/>",
        LISTS(""),
        LISTS("<list/>"),
        LISTS("<list><entry/></list>"),
        LISTS("<list><entry uri=''/></list>"),
        LISTS("<list><entry uri='tel:123'/></list>"),
        LISTS("<list><entry uri='sip:a@b'/><entry-ref ref='x'/></list>"),
        LISTS("<list><entry uri='sip:a@b'/><external anchor='http://x'/></list>"),
        LISTS("<list><entry uri='sip:a@b' cp:copyControl='all'/></list>"),
        LISTS("<list><entry uri='sip:a@b' cp:anonymize='yes'/></list>"),
        LISTS("<list><entry uri='sip:a@b'/>"),
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        ck_assert_msg(strcmp(read_list(texts[i]), "400") == 0, "%s", texts[i]);
    struct verdict v = parse(LISTS("<list>\n<entry/>\n</list>"), &usual);
    ck_assert_str_eq(v.reason, "an entry of the list has no uri");
    ck_assert_uint_gt(v.offset, 100);
    arena_release(&arena);
}
END_TEST

START_TEST(too_large)
{
    static const char two[] = LISTS("<list><entry uri='sip:a@b'/><entry uri='sip:a@b'/></list>");
    struct recipients_limits limits = {.size_bytes = sizeof(two), .most = 2};
    ck_assert_uint_eq(parse(two, &limits).status, 0);
    ck_assert_uint_eq(recipients.count, 1);
    limits.most = 1;
    ck_assert_uint_eq(parse(two, &limits).status, 413);
    limits = (struct recipients_limits){.size_bytes = sizeof(two) - 2, .most = 2};
    ck_assert_uint_eq(parse(two, &limits).status, 413);
    arena_release(&arena);
}
END_TEST

/* RFC 5365 6: header fields of a URI are for the service, not for the other receivers. */
START_TEST(what_is_shown_of_a_uri)
{
    ck_assert_str_eq(read_list(LISTS("<list><entry cp:copyControl='to' uri='sip:a?b@c;x=&quot;&lt;"
                                     "?Accept-Contact=*%3bmobility'/></list>")),
                     "to a");
    char *text = history();
    ck_assert_ptr_nonnull(strstr(text, "uri=\"sip:a?b@c;x=%22%3C\""));
    free(text);
    arena_release(&arena);
}
END_TEST

UNIT_MAIN("pidf/recipients", rfc5364_6_example, rfc5364_4_bcc, rfc5364_4_duplicates,
          rfc4826_3_2_nested, refused, too_large, what_is_shown_of_a_uri)
