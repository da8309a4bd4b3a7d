/* promises_test.c: what every package of the list promises (package.h), with two states of each. A
 * package without samples here fails. */
#include <libxml/parser.h>
#include <libxml/xmlschemas.h>
#include <stdio.h>

#include "pidf/rights.h"
#include "presence/packages/package.h"
#include "unit.h"

#define AOR "sip:alice@example.org"

/* Bodies of notify_types[0] that a client may publish, or a part of the server derives, and by
 * which schema of schemas/ they are valid when composed; NULL: they are no XML. */
static const struct sample {
    const char *event, *schema, *partial_schema;
    const char *first, *second; /* another state of the same things */
} samples[] = {
    {"presence", "pidf.xsd", "pidf-diff.xsd",
     "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='" AOR "'><tuple id='t'><status>"
     "<basic>open</basic></status></tuple></presence>",
     "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='" AOR "'><tuple id='t'><status>"
     "<basic>closed</basic></status></tuple></presence>"},
    {"message-summary", NULL, NULL, "Messages-Waiting: yes\r\nVoice-Message: 2/8 (0/2)\r\n",
     "Messages-Waiting: no\r\nVoice-Message: 0/10\r\n"},
    {"dialog", "dialog-info.xsd", "dialog-info.xsd",
     "<dialog-info xmlns='urn:ietf:params:xml:ns:dialog-info' version='0' state='full' entity='" AOR
     "'><dialog id='1' direction='recipient'><state>early</state><remote><identity>sip:b@h"
     "</identity></remote></dialog></dialog-info>",
     "<dialog-info xmlns='urn:ietf:params:xml:ns:dialog-info' version='1' state='full' entity='" AOR
     "'><dialog id='1' direction='recipient'><state>confirmed</state></dialog></dialog-info>"},
    {"reg", "reginfo.xsd", "reginfo.xsd",
     "<reginfo xmlns='urn:ietf:params:xml:ns:reginfo' version='0' state='full'><registration "
     "aor='" AOR "' id='r' state='active'><contact id='1' state='active' event='registered'>"
     "<uri>sip:a@h</uri><gr:temp-gruu xmlns:gr='urn:ietf:params:xml:ns:gruuinfo' "
     "uri='sip:t@h;gr' first-cseq='1'/></contact></registration></reginfo>",
     "<reginfo xmlns='urn:ietf:params:xml:ns:reginfo' version='0' state='full'><registration "
     "aor='" AOR "' id='r' state='active'><contact id='1' state='active' event='refreshed'>"
     "<uri>sip:a@h</uri></contact></registration></reginfo>"},
    {"conference", "conference-info.xsd", "conference-info.xsd",
     "<conference-info xmlns='urn:ietf:params:xml:ns:conference-info' entity='" AOR "'><users>"
     "<user entity='sip:b@h'/></users></conference-info>",
     "<conference-info xmlns='urn:ietf:params:xml:ns:conference-info' entity='" AOR "'><users>"
     "<user entity='sip:b@h'><display-text>Bob</display-text></user></users></conference-info>"},
};

static const struct event_package *package;
static const struct sample *sample;
static struct package_workshop *workshop;

static const struct sample *sample_of(const char *event)
{
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
        if (strcmp(samples[i].event, event) == 0)
            return &samples[i];
    ck_abort_msg("the package %s has no samples", event);
    return NULL;
}

/* Runs a test for each package that is no template. */
static void with_all(void (*test)(void))
{
    const struct package_limits limits = {
        .body_max_bytes = 65536, .patch_steps_max = 1000, .message_headers = ""};
    for (size_t i = 0; package_list()[i] != NULL; i++) {
        package = package_list()[i];
        if (package->subject != NULL)
            continue;
        sample = sample_of(package->name);
        workshop = package->workshop_new(&limits);
        test();
        package->workshop_free(&workshop);
        ck_assert_ptr_null(workshop);
    }
}

static bool is_alice(void *context, struct bytes entity)
{
    (void)context;
    return bytes_equal(entity, BYTES(AOR));
}

static struct verdict judge(const char *body, struct document **document)
{
    static const struct entity_check entity = {is_alice, NULL};
    return package->accept(workshop, bytes_of(body), &entity, document);
}

static struct document *accepted(const char *body)
{
    struct document *document = NULL;
    struct verdict v = judge(body, &document);
    ck_assert_msg(verdict_ok(v) && document != NULL, "%s: %u %s: %s", package->name, v.status,
                  v.reason, body);
    return document;
}

static void assert_valid(const char *schema_name, struct bytes text)
{
    char path[300];
    if (schema_name == NULL)
        return;
    snprintf(path, sizeof(path), SOURCE_DIR "/schemas/%s", schema_name);
    xmlSchemaParserCtxt *reader = xmlSchemaNewParserCtxt(path);
    xmlSchema *schema = xmlSchemaParse(reader);
    xmlDoc *tree = xmlReadMemory(text.at, (int)text.length, NULL, NULL, XML_PARSE_NONET);
    ck_assert_ptr_nonnull(schema);
    ck_assert_msg(tree != NULL, "%.*s", BYTES_ARGS(text));
    xmlSchemaValidCtxt *validator = xmlSchemaNewValidCtxt(schema);
    ck_assert_msg(xmlSchemaValidateDoc(validator, tree) == 0, "%s: %.*s", package->name,
                  BYTES_ARGS(text));
    xmlSchemaFreeValidCtxt(validator);
    xmlFreeDoc(tree);
    xmlSchemaFree(schema);
    xmlSchemaFreeParserCtxt(reader);
}

/* What the bodies make together, and make again; NULL: no such source. */
static struct blob *composed(const char *one, const char *other)
{
    const char *const bodies[] = {one, other};
    struct document *documents[2] = {NULL};
    struct document_source sources[2] = {0};
    size_t count = 0;
    for (size_t i = 0; i < 2; i++)
        if (bodies[i] != NULL)
            sources[count++].document = documents[i] = accepted(bodies[i]);
    struct blob *state = package->compose(BYTES(AOR), sources, count);
    struct blob *again = package->compose(BYTES(AOR), sources, count);
    ck_assert(bytes_equal(blob_bytes(state), blob_bytes(again)));
    blob_unref(&again);
    for (size_t i = 0; i < 2; i++)
        if (documents[i] != NULL)
            package->document_free(&documents[i]);
    return state;
}

static void describe_itself(void)
{
    const struct lifetime *subscribe = &package->subscribe, *publish = &package->publish;
    ck_assert_ptr_nonnull(strstr(package->spec, "RFC "));
    ck_assert_uint_ge(subscribe->least, 30);
    ck_assert_uint_ge(subscribe->usual, subscribe->least);
    ck_assert_uint_ge(subscribe->most, subscribe->usual);
    ck_assert_uint_le(subscribe->most, 7 * 86400);
    ck_assert_int_eq(publish->usual > 0, package->publish_types != NULL);
    ck_assert(publish->least <= publish->usual && publish->usual <= publish->most);
    ck_assert(!package->discreet || package->view != NULL);
    ck_assert_ptr_nonnull(package_winfo(package)); /* RFC 3857 3 */
    for (size_t i = 0; package->notify_types[i] != NULL; i++)
        ck_assert_ptr_nonnull(strchr(package->notify_types[i], '/'));
}

static void judge_bodies(void)
{
    static const char *const rubbish[] = {"", "\r\n", "<", "rubbish", "<a/>", "Subject: \001"};
    struct document *one = accepted(sample->first), *other = accepted(sample->second);
    if (package->same_things != NULL) {
        ck_assert(package->same_things(one, one));
        ck_assert(package->same_things(one, other));
    }
    package->document_free(&one);
    package->document_free(&other);
    ck_assert_ptr_null(one);
    for (size_t i = 0; i < sizeof(rubbish) / sizeof(rubbish[0]); i++) {
        struct verdict v = judge(rubbish[i], &one);
        ck_assert_msg(v.status / 100 == 4 && v.reason != NULL, "%s: %s", package->name, rubbish[i]);
        ck_assert_ptr_null(one);
    }
}

/* Whatever there is, also nothing and twice the same, makes a valid body, which may be judged again
 * where it is a document. */
static void compose_bodies(void)
{
    const char *const pairs[][2] = {{NULL, NULL},
                                    {sample->first, NULL},
                                    {sample->first, sample->second},
                                    {sample->first, sample->first}};
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        struct blob *state = composed(pairs[i][0], pairs[i][1]);
        struct document *again = NULL;
        const struct entity_check entity = {is_alice, NULL};
        assert_valid(sample->schema, blob_bytes(state));
        ck_assert(verdict_ok(package->accept(workshop, blob_bytes(state), &entity, &again)));
        package->document_free(&again);
        blob_unref(&state);
    }
    struct blob *one = composed(sample->first, NULL), *other = composed(sample->second, NULL);
    ck_assert(!bytes_equal(blob_bytes(one), blob_bytes(other)));
    blob_unref(&one);
    blob_unref(&other);
}

/* Who may see less sees something valid, and everything is everything. */
static void cut_views(void)
{
    struct blob *state = composed(sample->first, sample->second);
    struct rights *nothing = rights_nothing();
    if (package->view != NULL) {
        struct blob *least = package->view(workshop, state, nothing);
        assert_valid(sample->schema, blob_bytes(least));
        ck_assert_uint_lt(blob_bytes(least).length, blob_bytes(state).length);
        blob_unref(&least);
    }
    rights_unref(&nothing);
    blob_unref(&state);
}

/* A body with its version between the parts; valid. */
static struct blob *joined(struct package_parts *parts, uint32_t version)
{
    char *text = NULL;
    struct bytes head = blob_bytes(parts->head), tail = blob_bytes(parts->tail);
    int length = parts->tail == NULL
                     ? asprintf(&text, "%.*s", BYTES_ARGS(head))
                     : asprintf(&text, "%.*s%u%.*s", BYTES_ARGS(head), version, BYTES_ARGS(tail));
    ck_assert_int_gt(length, 0);
    assert_valid(sample->partial_schema, bytes_of(text));
    struct blob *body = blob_new(bytes_of(text));
    free(text);
    blob_unref(&parts->head);
    blob_unref(&parts->tail);
    return body;
}

static bool takes(const char *type)
{
    for (size_t i = 0; package->notify_types[i] != NULL; i++)
        if (strcmp(package->notify_types[i], type) == 0)
            return true;
    return false;
}

static void tell_parts(void)
{
    struct package_parts parts = {NULL, NULL};
    const struct package_partials *partials = package->partials;
    if (partials == NULL)
        return;
    ck_assert(takes(partials->type));
    ck_assert_uint_le(partials->first_version, 1);
    struct blob *before = composed(sample->first, NULL), *now = composed(sample->second, NULL);
    partials->whole(workshop, now, &parts);
    struct blob *whole = joined(&parts, partials->first_version);
    if (partials->difference(workshop, before, now, &parts)) {
        struct blob *difference = joined(&parts, 4294967295U);
        if (sample->partial_schema != NULL) /* it has a version, and says that it is a part */
            ck_assert(!bytes_equal(blob_bytes(difference), blob_bytes(whole)));
        blob_unref(&difference);
    } else {
        ck_assert(parts.head == NULL && parts.tail == NULL);
    }
    blob_unref(&whole);
    blob_unref(&before);
    blob_unref(&now);
}

static void publish_own(void)
{
    const char *const own[] = {package->registered_body, package->seen_body};
    const struct entity_check entity = {is_alice, NULL};
    ck_assert((own[0] == NULL && own[1] == NULL) || package->publish_types != NULL);
    for (size_t i = 0; i < 2; i++) {
        struct document *document = NULL;
        if (own[i] == NULL)
            continue;
        struct verdict v = package->accept(workshop, bytes_of(own[i]), &entity, &document);
        ck_assert(verdict_ok(v) || v.status == 403); /* about whom it is does not matter */
        if (document != NULL)
            package->document_free(&document);
    }
}

#define PROMISE(name, test) \
    START_TEST(name)        \
    {                       \
        with_all(test);     \
    }                       \
    END_TEST

PROMISE(descriptions_are_sane, describe_itself)
PROMISE(bodies_are_judged, judge_bodies)
PROMISE(composed_bodies_are_valid, compose_bodies)
PROMISE(views_are_valid, cut_views)
PROMISE(partial_state_is_valid, tell_parts)
PROMISE(own_bodies_are_accepted, publish_own)

UNIT_MAIN("presence/packages/promises", descriptions_are_sane, bodies_are_judged,
          composed_bodies_are_valid, views_are_valid, partial_state_is_valid,
          own_bodies_are_accepted)
