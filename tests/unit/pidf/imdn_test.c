/* imdn_test.c: the documents of RFC 5438 11. */
#include "pidf/imdn.h"

#include "documents.h"

#define IMDN "<imdn xmlns='urn:ietf:params:xml:ns:imdn'>"
#define ck_assert_bytes(slice, text) \
    ck_assert_msg(bytes_equal(slice, bytes_of(text)), "got \"%.*s\"", BYTES_ARGS(slice))

/* The written text, valid by its schema; to be freed. */
static char *written(const struct imdn *imdn)
{
    char message[512];
    struct blob *blob = imdn_write(imdn);
    char *text = strndup(blob_bytes(blob).at, blob_bytes(blob).length);
    xmlSchema *schema = schema_open_file(SOURCE_DIR "/schemas/imdn.xsd");
    blob_unref(&blob);
    schema_judge(schema, text, message);
    xmlSchemaFree(schema);
    ck_assert_msg(message[0] == '\0', "%s in %s", message, text);
    return text;
}

START_TEST(rfc5438_11_1_structure)
{
    struct imdn imdn = {.message_id = BYTES("34jk<>&324j"),
                        .date_time = BYTES("2008-04-04T12:16:49-05:00"),
                        .recipient = BYTES("im:bob@example.com"),
                        .status = IMDN_STORED};
    char *text = written(&imdn);
    ck_assert_str_eq(text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                           "<imdn xmlns=\"urn:ietf:params:xml:ns:imdn\">"
                           "<message-id>34jk&lt;&gt;&amp;324j</message-id>"
                           "<datetime>2008-04-04T12:16:49-05:00</datetime>"
                           "<recipient-uri>im:bob@example.com</recipient-uri>"
                           "<original-recipient-uri>im:bob@example.com</original-recipient-uri>"
                           "<processing-notification><status><stored/></status>"
                           "</processing-notification></imdn>");
    free(text);
    imdn.recipient = BYTES("");
    text = written(&imdn);
    ck_assert_ptr_null(strstr(text, "recipient-uri"));
    free(text);
}
END_TEST

/* RFC 5438 11.1.7: whatever is written is valid, and read as the same. */
START_TEST(rfc5438_11_1_7_statuses)
{
    for (unsigned i = 0; i < IMDN_STATUSES; i++) {
        const struct imdn imdn = {.message_id = BYTES("1 2"),
                                  .date_time = BYTES("now & then"),
                                  .recipient = BYTES("sip:a<b>@c d"),
                                  .original_recipient = BYTES("sip:e@f"),
                                  .status = (enum imdn_status)i};
        struct arena arena;
        struct imdn again;
        char *text = written(&imdn);
        arena_init(&arena, 0);
        ck_assert(verdict_ok(imdn_parse(bytes_of(text), &arena, &again)));
        ck_assert_uint_eq(again.status, i);
        ck_assert_bytes(again.message_id, "1 2");
        ck_assert_bytes(again.date_time, "now & then");
        ck_assert_bytes(again.recipient, "sip:a%3Cb%3E@c%20d");
        ck_assert_bytes(again.original_recipient, "sip:e@f");
        arena_release(&arena);
        free(text);
    }
}
END_TEST

static unsigned status_of(const char *text, enum imdn_status *status)
{
    struct imdn imdn;
    struct arena arena;
    arena_init(&arena, 0);
    struct verdict v = imdn_parse(bytes_of(text), &arena, &imdn);
    if (verdict_ok(v))
        *status = imdn.status;
    arena_release(&arena);
    return v.status;
}

/* RFC 5438 11.1: extensions stand beside what is known. */
START_TEST(rfc5438_11_1_extensions)
{
    enum imdn_status status;
    ck_assert_uint_eq(status_of("<i:imdn xmlns:i='urn:ietf:params:xml:ns:imdn' xmlns:x='urn:x'>"
                                "<x:y/><i:message-id> 1 </i:message-id><i:display-notification>"
                                "<i:status><x:seen/><i:displayed/></i:status>"
                                "</i:display-notification></i:imdn>",
                                &status),
                      0);
    ck_assert_uint_eq(status, IMDN_DISPLAYED);
    ck_assert_uint_eq(status_of(IMDN "<message-id>1</message-id><delivery-notification><status>"
                                     "<new xmlns='urn:x'/></status></delivery-notification></imdn>",
                                &status),
                      0);
    ck_assert_uint_eq(status, IMDN_STATUSES);
}
END_TEST

START_TEST(refused)
{
    enum imdn_status status;
    ck_assert_uint_eq(status_of("", &status), 400);
    ck_assert_uint_eq(status_of("<imdn/>", &status), 400);
    ck_assert_uint_eq(status_of(IMDN "</imdn>", &status), 400);
    ck_assert_uint_eq(status_of(IMDN "<message-id/></imdn>", &status), 400);
    ck_assert_uint_eq(status_of(IMDN "<message-id>1</message-id>", &status), 400);
    ck_assert_uint_eq(status_of("<!DOCTYPE imdn [<!ENTITY e 'x'>]>" IMDN
                                "<message-id>&e;</message-id></imdn>",
                                &status),
                      400);
}
END_TEST

START_TEST(too_large)
{
    static char text[20000] = IMDN "<message-id>1</message-id>";
    enum imdn_status status;
    size_t length = strlen(text);
    memset(text + length, ' ', sizeof(text) - length - 8);
    memcpy(text + sizeof(text) - 8, "</imdn>", 8);
    ck_assert_uint_eq(status_of(text, &status), 413);
}
END_TEST

UNIT_MAIN("pidf/imdn", rfc5438_11_1_structure, rfc5438_11_1_7_statuses, rfc5438_11_1_extensions,
          refused, too_large)
