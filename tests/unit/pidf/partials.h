/* partials.h: what the tests of partial presence share: documents at random. */
#ifndef TESTS_UNIT_PIDF_PARTIALS_H
#define TESTS_UNIT_PIDF_PARTIALS_H

#include "documents.h"
#include "pidf/diff.h"

#define DIFF_NS "urn:ietf:params:xml:ns:pidf-diff"

/* Random numbers, the same for the same seed. */
struct dice {
    uint64_t state;
};

static inline unsigned roll(struct dice *dice, unsigned sides)
{
    dice->state = dice->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(dice->state >> 33) % sides;
}

struct draft {
    char text[32768];
    size_t length;
};

static inline void draft(struct draft *draft, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static inline void draft(struct draft *draft, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(draft->text + draft->length, sizeof(draft->text) - draft->length, format,
                           arguments);
    va_end(arguments);
    ck_assert(length >= 0 && draft->length + (size_t)length < sizeof(draft->text));
    draft->length += (size_t)length;
}

/* An element of any depth in namespaces that nobody knows. */
static inline void draft_unknown(struct draft *out, struct dice *dice, unsigned depth)
{
    static const char *const names[] = {"x:a", "x:b", "y:a", "b"};
    const char *name = names[roll(dice, 4)];
    draft(out, "<%s", name);
    if (roll(dice, 3) == 0)
        draft(out, " xmlns:x='urn:x%u'", roll(dice, 2));
    if (roll(dice, 4) == 0)
        draft(out, " xmlns='urn:z'");
    if (roll(dice, 3) == 0)
        draft(out, " %s='%u&amp;&lt;&quot;&#10;'", roll(dice, 2) ? "y:q" : "q", roll(dice, 3));
    if (roll(dice, 4) == 0)
        draft(out, " id='i%u'", roll(dice, 3));
    draft(out, ">");
    for (unsigned i = roll(dice, 3); i > 0 && depth < 3; i--) {
        if (roll(dice, 3) == 0)
            draft(out, " t%u &amp; <![CDATA[<>]]>", roll(dice, 3));
        draft_unknown(out, dice, depth + 1);
    }
    if (roll(dice, 2) == 0)
        draft(out, "v%u", roll(dice, 4));
    draft(out, "</%s>", name);
}

static inline void draft_rpid(struct draft *out, struct dice *dice)
{
    static const char *const activities[] = {"busy", "away", "meal", "on-the-phone"};
    if (roll(dice, 2) == 0) {
        draft(out, "<rpid:activities%s>", roll(dice, 3) == 0 ? " id='i9'" : "");
        for (unsigned i = roll(dice, 4); i > 0; i--)
            draft(out, "<rpid:%s/>", activities[roll(dice, 4)]);
        draft(out, "</rpid:activities>");
    }
    if (roll(dice, 3) == 0)
        draft(out, "<rpid:mood%s><rpid:happy/></rpid:mood>",
              roll(dice, 2) ? " from='2026-11-21T02:15:08Z'" : "");
    if (roll(dice, 3) == 0)
        draft(out, "<rpid:class>c%u</rpid:class>", roll(dice, 3));
    if (roll(dice, 3) == 0)
        draft(out, "<rpid:user-input%s>%s</rpid:user-input>",
              roll(dice, 2) ? " idle-threshold='600'" : "", roll(dice, 2) ? "idle" : "active");
}

static inline void draft_tuple(struct draft *out, struct dice *dice, unsigned id)
{
    static const char *const basics[] = {"", "<basic>open</basic>", "<basic>closed</basic>"};
    draft(out, "<tuple id='t%u'><status>%s</status>", id, basics[roll(dice, 3)]);
    draft_rpid(out, dice);
    if (roll(dice, 4) == 0)
        draft_unknown(out, dice, 0);
    if (roll(dice, 2) == 0)
        draft(out, "<contact%s>sip:c%u@x</contact>", roll(dice, 2) ? " priority='0.5'" : "",
              roll(dice, 3));
    for (unsigned i = roll(dice, 3); i > 0; i--)
        draft(out, "<note%s>n%u</note>", roll(dice, 3) == 0 ? " xml:lang='de'" : "", roll(dice, 3));
    draft(out, "<note/></tuple>");
}

/* A child of the root: the same for the same seed. */
static inline void draft_item(struct draft *out, unsigned item, unsigned seed)
{
    struct dice dice = {item * 1000 + seed};
    roll(&dice, 2);
    switch (item % 6) {
    case 0:
    case 1:
        draft_tuple(out, &dice, item);
        break;
    case 2:
        draft(out, "<dm:person id='p%u'>", item % 4);
        draft_rpid(out, &dice);
        draft(out, "</dm:person>");
        break;
    case 3:
        draft(out, "<dm:device id='d%u'>", item);
        draft_rpid(out, &dice);
        draft(out, "<dm:deviceID>urn:x:%u</dm:deviceID></dm:device>", item);
        break;
    case 4:
        draft(out, "<note>%u &amp; more</note>", roll(&dice, 4));
        break;
    default:
        draft_unknown(out, &dice, 0);
    }
}

enum { ITEMS = 12 };

/* Which items a document has, and in which state each. */
struct plan {
    unsigned count, items[ITEMS], seeds[ITEMS];
};

static inline struct plan plan_new(struct dice *dice)
{
    struct plan plan = {.count = roll(dice, ITEMS)};
    for (unsigned i = 0; i < plan.count; i++) {
        plan.items[i] = roll(dice, 24);
        plan.seeds[i] = roll(dice, 8);
    }
    return plan;
}

/* The same with some changed, moved, gone or new. */
static inline struct plan plan_change(const struct plan *old, struct dice *dice)
{
    struct plan plan = {0};
    for (unsigned i = 0; i < old->count; i++) {
        unsigned fate = roll(dice, 10);
        if (fate == 0 || plan.count == ITEMS)
            continue;
        plan.items[plan.count] = old->items[i];
        plan.seeds[plan.count++] = fate == 1 ? roll(dice, 8) : old->seeds[i];
        if (fate == 2 && plan.count < ITEMS) {
            plan.items[plan.count] = roll(dice, 24);
            plan.seeds[plan.count++] = roll(dice, 8);
        }
    }
    if (plan.count > 1 && roll(dice, 4) == 0) {
        unsigned a = roll(dice, plan.count), b = roll(dice, plan.count);
        unsigned item = plan.items[a];
        plan.items[a] = plan.items[b];
        plan.items[b] = item;
    }
    return plan;
}

/* The plan as a composed document, owned by the caller. */
static inline struct blob *compose_plan(struct pidf_parser *parser, const struct plan *plan)
{
    struct draft text = {.length = 0};
    struct pidf_document *document;
    draft(&text, "<presence " PIDF " " DM " " RPID
                 " xmlns:x='urn:x' xmlns:y='urn:y' entity='" ENTITY "'>");
    for (unsigned i = 0; i < plan->count; i++)
        draft_item(&text, plan->items[i], plan->seeds[i]);
    draft(&text, "</presence>");
    struct verdict result = parse_with(parser, text.text, &document);
    ck_assert_msg(verdict_ok(result), "%s: %s", result.reason, text.text);
    struct pidf_source source = {.document = document};
    struct blob *blob = pidf_compose(BYTES(ENTITY), &source, 1);
    pidf_free(&document);
    return blob;
}

/* A document's two parts with a version between; free() it. */
static inline char *versioned(const struct pidf_partial *partial, unsigned version)
{
    struct bytes head = blob_bytes(partial->head), tail = blob_bytes(partial->tail);
    size_t size = head.length + tail.length + 16;
    char *text = malloc(size);
    snprintf(text, size, "%.*s%u%.*s", BYTES_ARGS(head), version, BYTES_ARGS(tail));
    return text;
}

static inline char *blob_text(const struct blob *blob)
{
    return strndup(blob_bytes(blob).at, blob_bytes(blob).length);
}

#endif
