/* rules_edit_test.c: one watcher's handling, written into whatever document is there. */
#include "rulesets.h"

/* The document after the edit; free() it. */
static char *set(const char *document, const char *watcher, enum sub_handling handling)
{
    struct rules_limits limits = rules_limits_default();
    struct blob *edited;
    struct verdict result = rules_set_watcher(bytes_of(document), &limits, &names,
                                              bytes_of(watcher), handling, &edited);
    ck_assert_msg(verdict_ok(result), "%u %s", result.status, result.reason);
    char *text = strndup(blob_bytes(edited).at, blob_bytes(edited).length);
    blob_unref(&edited);
    ck_assert_msg(schema_takes(text), "%s", text);
    return text;
}

static void expect(const char *document, const char *identity, int handling)
{
    struct rules *rules = parse_rules(document);
    struct rules_decision decision = ask_rules(rules, identity, "", 0);
    if (handling < 0)
        ck_assert_msg(!decision.matched, "%s: %s", identity, document);
    else
        ck_assert_msg(decision.matched && (int)decision.handling == handling, "%s: %s", identity,
                      document);
    rights_unref(&decision.rights);
    rules_free(&rules);
}

static void set_again(char **document, const char *watcher, enum sub_handling handling)
{
    char *edited = set(*document, watcher, handling);
    free(*document);
    *document = edited;
}

START_TEST(from_nothing)
{
    char *text = set("", "sip:bob@example.com", SUB_ALLOW);
    expect(text, "bob@example.com", SUB_ALLOW);
    expect(text, "carol@example.com", -1);
    struct rights *rights = rights_of(text, "bob@example.com");
    ck_assert_ptr_null(rights); /* allowed everything */
    set_again(&text, "sip:carol@example.com", SUB_ALLOW);
    set_again(&text, "sip:dave@example.com", SUB_BLOCK);
    expect(text, "bob@example.com", SUB_ALLOW);
    expect(text, "carol@example.com", SUB_ALLOW);
    expect(text, "dave@example.com", SUB_BLOCK);
    free(text);
}
END_TEST

START_TEST(every_change_of_mind)
{
    char *text = set("", "sip:carol@example.com", SUB_ALLOW);
    for (int from = SUB_BLOCK; from <= SUB_ALLOW; from++) {
        for (int to = SUB_BLOCK; to <= SUB_ALLOW; to++) {
            set_again(&text, "sip:bob@example.com", (enum sub_handling)from);
            expect(text, "bob@example.com", from);
            set_again(&text, "sip:bob@example.com", (enum sub_handling)to);
            expect(text, "bob@example.com", to);
            expect(text, "carol@example.com", SUB_ALLOW);
        }
    }
    ck_assert_ptr_null(strstr(strstr(text, "bob@") + 1, "bob@")); /* no trace of the others */
    free(text);
}
END_TEST

START_TEST(the_same_again_changes_nothing)
{
    char *text = set("", "sip:bob@example.com", SUB_BLOCK);
    char *again = set(text, "sips:bob@EXAMPLE.com", SUB_BLOCK);
    ck_assert_str_eq(text, again);
    free(text);
    free(again);
}
END_TEST

#define ALLOWED(id, conditions) RULE(id, conditions, HANDLING("allow"), "")
#define FRIENDS                                                                            \
    "<cp:identity><cp:one id='sip:bob@home.example'/><cp:one id='sip:carol@example.com'/>" \
    "</cp:identity><x:y xmlns:x='urn:x' z='1'/>"
#define DOMAINS                                             \
    "<cp:identity><cp:many domain='example.com'/><cp:many " \
    "domain='elsewhere.example'/></cp:identity>"

/* Rules of a phone, of a hand, and one whose name is in our way. */
static const char of_others[] = RULESET(
    "<!-- of my phone -->" RULE("herald-block", "<cp:sphere value='work'/>", "", "")
        RULE("friends", FRIENDS, HANDLING("allow") "<x:do xmlns:x='urn:x'/>", "")
            ALLOWED("bob", ONE("sip:bob@example.com")) ALLOWED("all", DOMAINS) RULE(
                "look", ONE("sip:bob@example.com"), "", "<pr:provide-mood>true</pr:provide-mood>"));

/* What others wrote stays, but for the watcher who is meant. */
START_TEST(other_rules_are_kept)
{
    const char *document = of_others;
    expect(document, "bob@example.com", SUB_ALLOW);
    char *text = set(document, "sip:bob@example.com", SUB_BLOCK);
    expect(text, "bob@example.com", SUB_BLOCK);
    expect(text, "carol@example.com", SUB_ALLOW);
    expect(text, "dave@example.com", SUB_ALLOW);
    ck_assert_ptr_nonnull(strstr(text, "<!-- of my phone -->"));
    ck_assert_ptr_nonnull(strstr(text, "<x:y xmlns:x=\"urn:x\" z=\"1\"/>"));
    ck_assert_ptr_nonnull(strstr(text, "<x:do xmlns:x=\"urn:x\"/>"));
    ck_assert_ptr_null(strstr(text, "id=\"bob\"")); /* it was for him alone */
    ck_assert_ptr_nonnull(strstr(text, "id=\"look\""));
    ck_assert_ptr_nonnull(strstr(text, "<cp:many domain=\"elsewhere.example\"/>"));
    ck_assert_ptr_nonnull(strstr(text, "id=\"herald-block-2\"")); /* the name was taken */
    set_again(&text, "sip:bob@example.com", SUB_ALLOW);
    expect(text, "bob@example.com", SUB_ALLOW);
    free(text);
}
END_TEST

/* Where the ruleset's namespace has no prefix, and that of RFC 5025 is not declared. */
START_TEST(namespaces_of_others)
{
    static const char document[] =
        "<?xml version='1.0' encoding='ISO-8859-1'?><ruleset xmlns='" COMMON "'>"
        "<!-- \xfc --><rule id='a'/></ruleset>";
    char *text = set(document, "sip:bob@example.com", SUB_CONFIRM);
    expect(text, "bob@example.com", SUB_CONFIRM);
    ck_assert_ptr_nonnull(strstr(text, "\xc3\xbc"));
    free(text);
}
END_TEST

START_TEST(what_cannot_be)
{
    const struct rules_limits limits = rules_limits_default();
    static const struct {
        const char *document, *watcher;
        unsigned status;
    } cases[] = {
        {"", "tel:+1234", 400},
        {"", "bob", 400},
        {"<x/>", "sip:bob@example.com", 400},
        {RULESET(RULE("a", "", HANDLING("allow"), "")), "sip:bob@example.com", 409},
        {RULESET(RULE("a", "<cp:sphere value='home'/>", HANDLING("confirm"), "")),
         "sip:bob@example.com", 409},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct blob *edited;
        struct verdict result = rules_set_watcher(bytes_of(cases[i].document), &limits, &names,
                                                  bytes_of(cases[i].watcher), SUB_BLOCK, &edited);
        ck_assert_msg(result.status == cases[i].status, "case %zu: %u", i, result.status);
        ck_assert_ptr_null(edited);
    }
    static const char second_line[] = RULESET("\n" RULE("a", "", HANDLING("allow"), ""));
    struct blob *edited;
    struct verdict result = rules_set_watcher(bytes_of(second_line), &limits, &names,
                                              BYTES("sip:bob@example.com"), SUB_BLOCK, &edited);
    ck_assert_uint_eq(result.offset, (size_t)(strstr(second_line, "<cp:rule id") - second_line));
    char *text = set(cases[3].document, "sip:bob@example.com", SUB_ALLOW); /* it fits */
    free(text);
}
END_TEST

/* Forgetting. */

static void forget_again(char **document, const char *watcher)
{
    struct rules_limits limits = rules_limits_default();
    struct blob *edited;
    struct verdict result =
        rules_forget_watcher(bytes_of(*document), &limits, &names, bytes_of(watcher), &edited);
    ck_assert_msg(verdict_ok(result), "%u %s", result.status, result.reason);
    free(*document);
    *document = strndup(blob_bytes(edited).at, blob_bytes(edited).length);
    blob_unref(&edited);
    ck_assert_msg(schema_takes(*document), "%s", *document);
}

/* As if nothing had ever been said of them, and nobody else is concerned. */
START_TEST(a_watcher_is_forgotten)
{
    char *text = set("", "sip:bob@example.com", SUB_ALLOW);
    set_again(&text, "sip:carol@example.com", SUB_ALLOW);
    set_again(&text, "sip:dave@example.com", SUB_BLOCK);
    forget_again(&text, "sip:bob@example.com");
    forget_again(&text, "sip:dave@example.com");
    forget_again(&text, "sip:nobody@example.com");
    expect(text, "bob@example.com", -1);
    expect(text, "dave@example.com", -1);
    expect(text, "carol@example.com", SUB_ALLOW);
    free(text);
}
END_TEST

static void note_entry(void *context, struct bytes identity, enum sub_handling handling)
{
    char *told = context;
    snprintf(told + strlen(told), 200 - strlen(told), "%.*s %s;", BYTES_ARGS(identity),
             rules_handling_word(handling));
}

/* What is written says just that, whoever came before in the list. */
START_TEST(a_list_is_written_and_read)
{
    const struct rules_entry entries[] = {
        {BYTES("sip:a-long-name@example.com"), SUB_ALLOW},
        {BYTES("sip:bob@example.com"), SUB_BLOCK},
        {BYTES("sip:al@example.com"), SUB_ALLOW},
        {BYTES("sip:dave@example.com"), SUB_POLITE_BLOCK},
        {BYTES("sip:c@example.com"), SUB_CONFIRM},
    };
    struct rules_limits limits = rules_limits_default();
    struct blob *document;
    char told[200] = "";
    struct verdict result = rules_write(entries, 5, &limits, &names, &document);
    ck_assert_msg(verdict_ok(result), "%s", result.reason);
    char *text = strndup(blob_bytes(document).at, blob_bytes(document).length);
    ck_assert_msg(schema_takes(text), "%s", text);
    struct rules *rules = parse_rules(text);
    rules_each_named(rules, 0, note_entry, told);
    ck_assert_str_eq(told, "a-long-name@example.com allow;al@example.com allow;"
                           "bob@example.com block;c@example.com confirm;"
                           "dave@example.com polite-block;");
    rules_free(&rules);
    free(text);
    blob_unref(&document);
    limits.size_bytes = 100;
    ck_assert_uint_eq(rules_write(entries, 5, &limits, &names, &document).status, 413);
    ck_assert_ptr_null(document);
}
END_TEST

static bool is_list(const char *document)
{
    struct rules_limits limits = rules_limits_default();
    return rules_are_list(bytes_of(document), &limits, &names);
}

/* Whatever edits made it: nothing but watchers by name. */
START_TEST(what_was_made_of_watchers_is_a_list)
{
    char *text = set("", "sip:bob@example.com", SUB_ALLOW);
    for (int from = SUB_BLOCK; from <= SUB_ALLOW; from++) {
        set_again(&text, "sip:bob@example.com", (enum sub_handling)from);
        set_again(&text, "sip:carol@example.com", SUB_ALLOW);
        ck_assert_msg(is_list(text), "%s", text);
    }
    free(text);
    ck_assert(is_list(RULESET("")));
    ck_assert(is_list(RULESET(RULE("a", ONE("sip:bob@example.com"), HANDLING("block"), ""))));
    struct rules_limits limits = rules_limits_default();
    const struct rules_entry entry = {BYTES("sip:bob@example.com"), SUB_ALLOW};
    struct blob *document;
    ck_assert(verdict_ok(rules_write(&entry, 1, &limits, &names, &document)));
    ck_assert(rules_are_list(blob_bytes(document), &limits, &names));
    blob_unref(&document);
}
END_TEST

START_TEST(what_says_more_is_no_list)
{
#define BOB ONE("sip:bob@example.com")
    static const char *const more[] = {
        RULESET(RULE("a", "", HANDLING("block"), "")),
        RULESET(RULE("a", DOMAINS, HANDLING("block"), "")),
        RULESET(RULE("a", BOB "<cp:sphere value='work'/>", HANDLING("block"), "")),
        RULESET(RULE("a",
                     BOB "<cp:validity><cp:from>2024-01-01T00:00:00Z</cp:from>"
                         "<cp:until>2025-01-01T00:00:00Z</cp:until></cp:validity>",
                     HANDLING("block"), "")),
        RULESET(ALLOWED("a", BOB)), /* without transformations it is shown nothing */
        RULESET(RULE("a", BOB, HANDLING("block"), "<pr:provide-mood>true</pr:provide-mood>")),
        RULESET(RULE("a", BOB, HANDLING("block") "<x:do xmlns:x='urn:x'/>", "")),
        RULESET(RULE("a", BOB, HANDLING("block"), "<x:show xmlns:x='urn:x'/>")),
        RULESET("<!-- mine -->" RULE("a", BOB, HANDLING("block"), "")),
        RULESET(RULE("a", BOB, HANDLING("block"), "")) "<!-- mine -->",
        "no document",
    };
    for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
        ck_assert_msg(!is_list(more[i]), "%s", more[i]);
    ck_assert(!is_list(of_others));
}
END_TEST

START_TEST(words_of_handling)
{
    enum sub_handling handling;
    for (int i = SUB_BLOCK; i <= SUB_ALLOW; i++) {
        const char *word = rules_handling_word((enum sub_handling)i);
        ck_assert(rules_read_handling(bytes_of(word), &handling) && (int)handling == i);
    }
    ck_assert(!rules_read_handling(BYTES("Allow"), &handling));
    ck_assert_uint_eq(rules_line(BYTES("a\nb\nc"), 4), 3);
    ck_assert_uint_eq(rules_line(BYTES("a\n"), 9), 2);
}
END_TEST

UNIT_MAIN("pidf/rules_edit", from_nothing, every_change_of_mind, the_same_again_changes_nothing,
          other_rules_are_kept, namespaces_of_others, what_cannot_be, a_watcher_is_forgotten,
          a_list_is_written_and_read, what_was_made_of_watchers_is_a_list,
          what_says_more_is_no_list, words_of_handling)
