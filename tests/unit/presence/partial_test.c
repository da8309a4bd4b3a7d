/* partial_test.c: partial notification, RFC 5263. */
#include "fixture/ruling.h"
#include "pidf/applier.h"
#include "pidf/diff.h"
#include "pidf/pidf.h"

/* A watcher of partial state and one of whole documents, both bob's: what the first one makes of
 * what it is told must be what the second one is told. */
struct life {
    uint64_t random;
    char to[2][200], *document[2]; /* what each knows */
    uint64_t version;
    struct pidf_parser *parser;
    unsigned wholes, differences;
    size_t heard;
    char tags[4][100];
};

static unsigned choose(struct life *life, unsigned below)
{
    life->random = life->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(life->random >> 33) % below;
}

static const char *body_of(const char *text)
{
    return strstr(text, "\r\n\r\n") + 4;
}

/* RFC 5263 4.5. */
static void take_partial(struct life *life, const char *text)
{
    struct blob *made = NULL;
    const char *version = strstr(text, "version=\"1.0\"");
    version = strstr(version + 1, " version=\"");
    ck_assert_ptr_nonnull(version);
    uint64_t number = strtoull(version + 10, NULL, 10);
    bool whole = strstr(text, "pidf-full") != NULL;
    if (whole)
        ck_assert_uint_gt(number, life->version);
    else
        ck_assert_uint_eq(number, life->version + 1);
    struct verdict v = pidf_patch(life->parser, bytes_of(life->document[0]), bytes_of(text), &made);
    ck_assert_msg(verdict_ok(v), "%u %s:\n%s\nto\n%s", v.status, v.reason, text, life->document[0]);
    life->wholes += whole;
    life->differences += !whole;
    life->version = number;
    free(life->document[0]);
    life->document[0] = memory_copy(blob_bytes(made));
    blob_unref(&made);
}

static void take_notify(struct life *life, const struct sent *sent)
{
    bool partial = strstr(sent->text, "Call-ID: partial") != NULL;
    const char *body = body_of(sent->text);
    unsigned fate = choose(life, 10);
    if (partial && fate == 0) { /* it did not get it, or so it says */
        ground_answer(ground, sent, "SIP/2.0 500 Busy", "");
        return;
    }
    if (*body != '\0' && partial) {
        ck_assert_has(sent->text, "Content-Type: application/pidf-diff+xml\r\n");
        take_partial(life, body);
    } else if (*body != '\0') {
        free(life->document[1]);
        life->document[1] = memory_copy(bytes_of(body));
    }
    /* fate 1: it has it, but cannot say so */
    ground_answer(ground, sent, partial && fate == 1 ? "SIP/2.0 503 Late" : "SIP/2.0 200 OK", "");
}

static void rest(struct life *life)
{
    bool more = true;
    while (more) {
        ground_commit(ground);
        more = life->heard < ground->net.sent_count || store_queued(ground->parts.store) > 0;
        ck_assert_uint_le(ground->net.sent_count - life->heard, SENT_MAX);
        while (life->heard < ground->net.sent_count) {
            const struct sent sent = ground->net.sent[life->heard++ % SENT_MAX];
            if (strncmp(sent.text, "NOTIFY ", 7) == 0)
                take_notify(life, &sent);
        }
    }
}

static const char *document(struct life *life)
{
    static char text[4000];
    struct buffer out = buffer_over(text, sizeof(text));
    buffer_text(&out, "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='sip:bob@example.org' "
                      "xmlns:x='urn:x'>");
    for (unsigned i = choose(life, 4); i > 0; i--)
        buffer_format(&out,
                      "<tuple id='t%u'><status><basic>%s</basic></status><x:y a='%u'>%u</x:y>"
                      "<contact>sip:bob@host%u.example.org</contact><note>%u</note></tuple>",
                      choose(life, 2) + 2 * i, choose(life, 2) ? "open" : "closed", choose(life, 3),
                      choose(life, 3), choose(life, 2), choose(life, 3));
    buffer_text(&out, "<note>a note that stays &lt;&amp; what it is</note></presence>");
    buffer_char(&out, '\0');
    ck_assert(!out.overflow);
    return text;
}

static void publish_random(struct life *life)
{
    unsigned client = choose(life, 4);
    char fields[200], call[20];
    snprintf(call, sizeof(call), "client-%u", client);
    snprintf(fields, sizeof(fields), "Event: presence\r\n" PIDF_TYPE "%s%s",
             life->tags[client][0] ? "SIP-If-Match: " : "", life->tags[client]);
    struct ask ask = {.method = "PUBLISH",
                      .fields = fields,
                      .call = call,
                      .from = "<sip:bob@example.org>;tag=b",
                      .body = document(life)};
    ground_ask(ground, ask);
    ground_commit(ground);
    const char *text = sent_text(ground, "SIP/2.0 200");
    snprintf(life->tags[client], sizeof(life->tags[client]), "%s\r\n",
             value_of(text, "SIP-ETag: "));
}

static void refresh_random(struct life *life, unsigned which)
{
    static const char *const fields[] = {
        "Accept: application/pidf+xml, application/pidf-diff+xml\r\n",
        "Accept: application/pidf+xml;q=0.5,application/pidf-diff+xml;q=0.7\r\n"};
    struct ask ask = subscribing(which == 0 ? fields[choose(life, 2)] : "");
    ask.call = which == 0 ? "partial" : "plain";
    ask.to = life->to[which][0] != '\0' ? life->to[which] : NULL;
    ground_ask(ground, ask);
    ground_commit(ground);
    if (ask.to == NULL)
        keep_text(life->to[which], dialog_to());
}

static void step(struct life *life)
{
    static const char *const provide[] = {
        RULING_ALL, "<pr:provide-services><pr:all-services/></pr:provide-services>",
        RULING_ALL "<pr:provide-all-attributes/>"};
    unsigned what = choose(life, 40);
    if (what == 0) {
        ruling_write("", "allow", provide[choose(life, 3)]);
        ruling_take();
        ground_wait(ground, 20);
    } else if (what == 1) {
        ruling_restart();
        life->heard = ground->net.sent_count;
        ground_wait(ground, 100);
    } else if (what < 6) {
        refresh_random(life, choose(life, 2));
    } else {
        publish_random(life);
    }
}

static char *canonical_of(const char *text)
{
    xmlDoc *tree = tree_of(text);
    char *out = canonical(tree);
    xmlFreeDoc(tree);
    return out;
}

/* After each round what the partial one made is what the plain one was told. */
START_TEST(same_as_whole)
{
    struct life life = {.random = 7, .parser = pidf_parser_new(NULL)};
    unsigned same = 0;
    life.document[0] = memory_copy(BYTES(""));
    life.document[1] = memory_copy(BYTES(""));
    events_open();
    rule("allow");
    refresh_random(&life, 0);
    refresh_random(&life, 1);
    life.heard = 0;
    rest(&life);
    for (unsigned i = 0; i < 600; i++) {
        step(&life);
        rest(&life);
        const struct subscription *each, *partial = NULL;
        DL_FOREACH(bob()->subscriptions, each)
        {
            if (partial_is_wanted(each))
                partial = each;
        }
        ck_assert_ptr_nonnull(partial);
        ck_assert_uint_le(partial->view->past_count, VIEW_PAST_MOST);
        if (partial->extras->partial.whole) /* the last one failed */
            continue;
        char *a = canonical_of(life.document[0]), *b = canonical_of(life.document[1]);
        ck_assert_msg(strcmp(a, b) == 0, "step %u:\n%s\n%s", i, a, b);
        free(a);
        free(b);
        same++;
    }
    ck_assert_uint_gt(same, 300);
    ck_assert_uint_gt(life.differences, 100);
    ck_assert_uint_gt(life.wholes, 30);
    free(life.document[0]);
    free(life.document[1]);
    pidf_parser_free(&life.parser);
    events_close();
}
END_TEST

UNIT_MAIN("presence/partial", same_as_whole)
