/* policy_test.c: rules first, then the default of the domain. */
#include "policy/policy.h"

#include <stdio.h>

#include "store/accounts.h"
#include "store/fixture.h"
#include "unit.h"

#define ALICE "alice@example.org"
#define RULESET(rules)                                             \
    "<cp:ruleset xmlns:cp='urn:ietf:params:xml:ns:common-policy' " \
    "xmlns:pr='urn:ietf:params:xml:ns:pres-rules'>" rules "</cp:ruleset>"
#define RULE(id, conditions, word)                                                   \
    "<cp:rule id='" id "'><cp:conditions>" conditions "</cp:conditions><cp:actions>" \
    "<pr:sub-handling>" word "</pr:sub-handling></cp:actions></cp:rule>"
#define ONE(uri) "<cp:identity><cp:one id='" uri "'/></cp:identity>"

/* What alice@example.org's watcher gets; the rights go with the answer. */
static enum sub_handling ask_in(const struct policy *policy, const struct policy_watcher *watcher,
                                const char *sphere, uint64_t now_ms)
{
    struct policy_decision decision =
        policy_decide(policy, watcher, BYTES(ALICE), bytes_of(sphere), now_ms);
    ck_assert(decision.handling == SUB_ALLOW || decision.rights != NULL);
    rights_unref(&decision.rights);
    return decision.handling;
}

static enum sub_handling ask(const struct policy *policy, const char *watcher, bool foreign,
                             bool trusted)
{
    const struct policy_watcher who = {bytes_of(watcher), foreign, trusted};
    return ask_in(policy, &who, "", 0);
}

static struct policy *with_default(enum policy_default usual)
{
    static const struct policy_domain all[] = {
        {"", POLICY_DOMAIN},    {"", POLICY_BUDDIES}, {"", POLICY_ASK},
        {"", POLICY_EVERYBODY}, {"", POLICY_NOBODY},
    };
    const struct policy_settings settings = {
        .peers = {"peer.org"}, .peer_count = 1, .domains = &all[usual], .domain_count = 1};
    return policy_new(&settings, NULL, NULL);
}

/* Who asks, and what each default answers. */
START_TEST(defaults)
{
    static const struct {
        const char *watcher;
        bool foreign, trusted;
        enum sub_handling answers[5]; /* domain, buddies, ask, everybody, nobody */
    } cases[] = {
        {ALICE, false, false, {SUB_ALLOW, SUB_ALLOW, SUB_ALLOW, SUB_ALLOW, SUB_ALLOW}},
        {"bob@example.org",
         false,
         false,
         {SUB_ALLOW, SUB_CONFIRM, SUB_CONFIRM, SUB_ALLOW, SUB_BLOCK}},
        {"bob@example.com",
         false,
         false,
         {SUB_CONFIRM, SUB_CONFIRM, SUB_CONFIRM, SUB_ALLOW, SUB_BLOCK}},
        {"carol@peer.org",
         true,
         false,
         {SUB_ALLOW, SUB_CONFIRM, SUB_CONFIRM, SUB_ALLOW, SUB_BLOCK}},
        {"carol@other.org",
         true,
         false,
         {SUB_CONFIRM, SUB_CONFIRM, SUB_CONFIRM, SUB_ALLOW, SUB_BLOCK}},
        {"carol@other.org",
         true,
         true,
         {SUB_ALLOW, SUB_CONFIRM, SUB_CONFIRM, SUB_ALLOW, SUB_BLOCK}},
        {"", false, false, {SUB_BLOCK, SUB_BLOCK, SUB_BLOCK, SUB_ALLOW, SUB_BLOCK}},
        {"", false, true, {SUB_BLOCK, SUB_BLOCK, SUB_BLOCK, SUB_ALLOW, SUB_BLOCK}},
    };
    for (int usual = POLICY_DOMAIN; usual <= POLICY_NOBODY; usual++) {
        struct policy *policy = with_default((enum policy_default)usual);
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
            ck_assert_msg(ask(policy, cases[i].watcher, cases[i].foreign, cases[i].trusted) ==
                              cases[i].answers[usual],
                          "%s under default %d", cases[i].watcher, usual);
        policy_free(&policy);
        ck_assert_ptr_null(policy);
    }
}
END_TEST

/* Another domain's server says who sends: it is believed when the operator says so. */
START_TEST(users_of_peers)
{
    const struct policy_settings some = {.peers = {"other.org", "third.net"}, .peer_count = 2};
    const struct policy_settings all = {.peers = {"*"}, .peer_count = 1};
    struct policy *policy = policy_new(NULL, NULL, NULL);
    ck_assert_int_eq(ask(policy, "carol@other.org", true, false), SUB_CONFIRM);
    policy_reload(policy, &some);
    ck_assert_int_eq(ask(policy, "carol@other.org", true, false), SUB_ALLOW);
    ck_assert_int_eq(ask(policy, "carol@THIRD.net", true, false), SUB_ALLOW);
    ck_assert_int_eq(ask(policy, "other.org@fourth.net", true, false), SUB_CONFIRM);
    ck_assert_int_eq(ask(policy, "x@other.org@fourth.net", true, false), SUB_CONFIRM);
    ck_assert_int_eq(ask(policy, "carol@sub.other.org", true, false), SUB_CONFIRM);
    ck_assert_int_eq(ask(policy, "other.org", true, false), SUB_ALLOW); /* the server itself */
    policy_reload(policy, &all);
    ck_assert_int_eq(ask(policy, "carol@fourth.net", true, false), SUB_ALLOW);
    policy_free(&policy);
}
END_TEST

START_TEST(each_domain_has_its_default)
{
    static const struct policy_domain domains[] = {
        {"", POLICY_NOBODY}, {"example.org", POLICY_ASK}, {"example.com", POLICY_EVERYBODY}};
    const struct policy_settings settings = {.domains = domains, .domain_count = 3};
    struct policy *policy = policy_new(&settings, NULL, NULL);
    const struct policy_watcher bob = {.aor = BYTES("bob@example.org")};
    static const struct {
        struct bytes presentity;
        enum sub_handling handling;
    } cases[] = {{{ALICE, sizeof(ALICE) - 1}, SUB_CONFIRM},
                 {{"a@example.com", 13}, SUB_ALLOW},
                 {{"a@example.net", 13}, SUB_BLOCK}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct policy_decision decision =
            policy_decide(policy, &bob, cases[i].presentity, BYTES(""), 0);
        ck_assert_int_eq(decision.handling, cases[i].handling);
        rights_unref(&decision.rights);
    }
    policy_free(&policy);
}
END_TEST

/* A policy over a store that another process changes. */
struct stage {
    struct fixture fixture;
    struct account_file *file;
    struct policy *policy;
    struct policy_domain domain;
    struct metrics metrics;
    char told[256];
};

static void note_changed(void *context, struct bytes presentity)
{
    struct stage *stage = context;
    size_t used = strlen(stage->told);
    snprintf(stage->told + used, sizeof(stage->told) - used, "%.*s;", BYTES_ARGS(presentity));
}

static void refresh(struct stage *stage, const char *told)
{
    stage->told[0] = '\0';
    ck_assert_int_eq(policy_refresh(stage->policy, stage->fixture.store), ERR_NONE);
    ck_assert_str_eq(stage->told, told);
}

static void stage_init(struct stage *stage, enum policy_default usual)
{
    static const char *const users[] = {ALICE, "bob@example.org"};
    *stage = (struct stage){.told = ""};
    fixture_init(&stage->fixture);
    stage->file = account_file_open(stage->fixture.folder, NULL, NULL, 0);
    for (size_t i = 0; i < 2; i++) {
        const struct store_account account = {.aor = bytes_of(users[i])};
        ck_assert_int_eq(account_add(stage->file, &account), ERR_NONE);
    }
    fixture_open(&stage->fixture, (struct store_settings){.stepped = true});
    stage->domain = (struct policy_domain){"", usual};
    const struct policy_settings settings = {.domains = &stage->domain, .domain_count = 1};
    stage->policy = policy_new(&settings, NULL, &stage->metrics);
    policy_listen(stage->policy, note_changed, stage);
    refresh(stage, "");
}

static void stage_release(struct stage *stage)
{
    policy_free(&stage->policy);
    account_file_close(&stage->file);
    fixture_release(&stage->fixture);
}

static bool put_text(void *context, struct bytes document, struct blob **edited)
{
    struct bytes text = bytes_of(context);
    (void)document;
    *edited = bytes_empty(text) ? NULL : blob_new(text);
    return true;
}

static void set_rules(struct stage *stage, const char *text)
{
    char copy[2048];
    snprintf(copy, sizeof(copy), "%s", text);
    ck_assert_int_eq(account_edit_rules(stage->file, BYTES(ALICE), put_text, copy), ERR_NONE);
}

START_TEST(rules_come_first)
{
    struct stage stage;
    stage_init(&stage, POLICY_DOMAIN);
    set_rules(&stage, RULESET(RULE("a", ONE("sip:bob@Example.org"), "polite-block")
                                  RULE("b", ONE("sip:carol@other.org"), "allow")));
    ck_assert_int_eq(ask(stage.policy, "bob@example.org", false, false), SUB_ALLOW);
    refresh(&stage, ALICE ";");
    ck_assert_int_eq(ask(stage.policy, "bob@example.org", false, false), SUB_POLITE_BLOCK);
    ck_assert_int_eq(ask(stage.policy, "carol@other.org", true, false), SUB_ALLOW);
    ck_assert_int_eq(ask(stage.policy, "dave@example.org", false, false), SUB_ALLOW);
    ck_assert_int_eq(ask(stage.policy, "dave@other.org", true, false), SUB_CONFIRM);
    ck_assert_int_eq(ask(stage.policy, "", false, false), SUB_BLOCK);
    set_rules(&stage, "");
    refresh(&stage, ALICE ";");
    ck_assert_int_eq(ask(stage.policy, "bob@example.org", false, false), SUB_ALLOW);
    refresh(&stage, "");
    stage_release(&stage);
}
END_TEST

static bool is_usual(const struct stage *stage, const char *watcher)
{
    const struct policy_watcher who = {.aor = bytes_of(watcher)};
    struct policy_decision decision =
        policy_decide(stage->policy, &who, BYTES(ALICE), BYTES(""), 0);
    rights_unref(&decision.rights);
    return decision.usual;
}

/* Whether a rule or the default let somebody in: neither let the user itself in. */
START_TEST(the_default_is_told_from_rules)
{
    struct stage stage;
    stage_init(&stage, POLICY_DOMAIN);
    ck_assert(is_usual(&stage, "bob@example.org"));
    set_rules(&stage, RULESET(RULE("a", ONE("sip:bob@example.org"), "allow")));
    refresh(&stage, ALICE ";");
    ck_assert(!is_usual(&stage, "bob@example.org"));
    ck_assert(is_usual(&stage, "dave@example.org"));
    ck_assert(!is_usual(&stage, ALICE));
    stage_release(&stage);
}
END_TEST

/* A rule for everybody is for strangers, too; but the user itself sees all (RFC 4745 7.1.1). */
START_TEST(a_rule_for_everybody)
{
    struct stage stage;
    stage_init(&stage, POLICY_EVERYBODY);
    set_rules(&stage, RULESET(RULE("a", "", "block")));
    refresh(&stage, ALICE ";");
    ck_assert_int_eq(ask(stage.policy, "", false, false), SUB_BLOCK);
    ck_assert_int_eq(ask(stage.policy, "bob@example.org", false, false), SUB_BLOCK);
    ck_assert_int_eq(ask(stage.policy, ALICE, false, false), SUB_ALLOW);
    ck_assert_int_eq(ask(stage.policy, ALICE, true, false), SUB_BLOCK); /* a domain that lies */
    set_rules(&stage, RULESET(RULE("a", "<cp:sphere value='work'/>", "confirm")));
    ck_assert(!policy_uses_sphere(stage.policy, BYTES(ALICE)));
    refresh(&stage, ALICE ";");
    ck_assert(policy_uses_sphere(stage.policy, BYTES(ALICE)));
    ck_assert(!policy_uses_sphere(stage.policy, BYTES("bob@example.org")));
    const struct policy_watcher bob = {.aor = BYTES("bob@example.org")};
    ck_assert_int_eq(ask_in(stage.policy, &bob, "work", 0), SUB_CONFIRM);
    ck_assert_int_eq(ask_in(stage.policy, &bob, "home", 0), SUB_ALLOW);
    stage_release(&stage);
}
END_TEST

/* The default, too, is only good until a rule begins. */
START_TEST(the_next_change_is_told)
{
    struct stage stage;
    stage_init(&stage, POLICY_DOMAIN);
    set_rules(&stage, RULESET(RULE("a",
                                   "<cp:validity><cp:from>1970-01-01T00:00:01Z</cp:from>"
                                   "<cp:until>1970-01-01T00:00:02Z</cp:until></cp:validity>",
                                   "block")));
    refresh(&stage, ALICE ";");
    const struct policy_watcher bob = {.aor = BYTES("bob@example.org")};
    static const struct {
        uint64_t now_ms, until_ms;
        enum sub_handling handling;
    } cases[] = {{0, 1000, SUB_ALLOW}, {1000, 2000, SUB_BLOCK}, {2000, 0, SUB_ALLOW}};
    for (size_t i = 0; i < 3; i++) {
        struct policy_decision decision =
            policy_decide(stage.policy, &bob, BYTES(ALICE), BYTES(""), cases[i].now_ms);
        ck_assert_uint_eq(decision.until_ms, cases[i].until_ms);
        ck_assert_int_eq(decision.handling, cases[i].handling);
        rights_unref(&decision.rights);
    }
    stage_release(&stage);
}
END_TEST

START_TEST(broken_rules_block_everybody_else)
{
    struct stage stage;
    stage_init(&stage, POLICY_EVERYBODY);
    set_rules(&stage, "<ruleset");
    refresh(&stage, ALICE ";");
    ck_assert_int_eq(ask(stage.policy, "bob@example.org", false, false), SUB_BLOCK);
    ck_assert_int_eq(ask(stage.policy, ALICE, false, false), SUB_ALLOW);
    ck_assert_uint_eq(stage.metrics.values[METRIC_rules_unreadable], 1);
    set_rules(&stage, "");
    refresh(&stage, ALICE ";");
    ck_assert_int_eq(ask(stage.policy, "bob@example.org", false, false), SUB_ALLOW);
    stage_release(&stage);
}
END_TEST

START_TEST(buddies_are_in_the_roster)
{
    struct stage stage;
    stage_init(&stage, POLICY_BUDDIES);
    static const char *const buddies[] = {"bob@example.org", "carol@other.org", "a@example.org"};
    for (size_t i = 0; i < 3; i++) {
        const struct store_buddy buddy = {.aor = BYTES(ALICE), .buddy = bytes_of(buddies[i])};
        ck_assert_int_eq(account_put_buddy(stage.file, &buddy, 10), ERR_NONE);
    }
    refresh(&stage, ALICE ";");
    ck_assert_int_eq(ask(stage.policy, "bob@example.org", false, false), SUB_ALLOW);
    ck_assert_int_eq(ask(stage.policy, "a@example.org", false, false), SUB_ALLOW);
    ck_assert_int_eq(ask(stage.policy, "carol@other.org", true, false), SUB_ALLOW);
    ck_assert_int_eq(ask(stage.policy, "dave@example.org", false, false), SUB_CONFIRM);
    ck_assert_int_eq(ask(stage.policy, "", false, false), SUB_BLOCK);
    ck_assert_int_eq(account_delete(stage.file, BYTES(ALICE)), ERR_NONE);
    refresh(&stage, ALICE ";");
    ck_assert_int_eq(ask(stage.policy, "bob@example.org", false, false), SUB_CONFIRM);
    stage_release(&stage);
}
END_TEST

static bool shows_nothing(const struct rights *rights)
{
    struct rights *nothing = rights_nothing();
    bool same = bytes_equal(rights_key(rights), rights_key(nothing));
    rights_unref(&nothing);
    return same;
}

static bool is_unknown(const struct policy *policy, const char *watcher)
{
    const struct policy_watcher who = {.aor = bytes_of(watcher)};
    struct policy_decision decision = policy_decide(policy, &who, BYTES(ALICE), BYTES(""), 0);
    ck_assert(!decision.unknown || shows_nothing(decision.rights));
    rights_unref(&decision.rights);
    return decision.unknown;
}

/* What has changed cannot be read: whose rules are not the last ones, nobody knows. */
START_TEST(who_cannot_be_judged_waits)
{
    struct stage stage;
    stage_init(&stage, POLICY_EVERYBODY);
    ck_assert(!is_unknown(stage.policy, "bob@example.org"));
    set_rules(&stage, RULESET(RULE("a", "", "block")));
    fixture_sql(&stage.fixture, "ALTER TABLE rules RENAME TO away");
    stage.told[0] = '\0';
    for (unsigned i = 1; i <= 2; i++) {
        ck_assert_int_ne(policy_refresh(stage.policy, stage.fixture.store), ERR_NONE);
        ck_assert_int_eq(ask(stage.policy, "bob@example.org", false, false), SUB_CONFIRM);
        ck_assert(is_unknown(stage.policy, "bob@example.org") && is_unknown(stage.policy, ""));
        ck_assert_int_eq(ask(stage.policy, ALICE, false, false), SUB_ALLOW);
        ck_assert_uint_eq(stage.metrics.values[METRIC_rules_unknown], i);
        ck_assert_str_eq(stage.told, ";"); /* once: nobody is to be shown anything new */
    }
    fixture_sql(&stage.fixture, "ALTER TABLE away RENAME TO rules");
    refresh(&stage, ALICE ";;");
    ck_assert(!is_unknown(stage.policy, "bob@example.org"));
    ck_assert_int_eq(ask(stage.policy, "bob@example.org", false, false), SUB_BLOCK);
    refresh(&stage, "");
    stage_release(&stage);
}
END_TEST

/* Rules that cannot be read are not the same as none. */
START_TEST(nobody_is_seen_before_the_rules_are_known)
{
    struct stage stage;
    stage_init(&stage, POLICY_EVERYBODY);
    struct policy *policy = policy_new(NULL, NULL, NULL);
    ck_assert_int_eq(ask(policy, "bob@example.org", false, false), SUB_ALLOW);
    set_rules(&stage, RULESET(RULE("a", "", "block")));
    fixture_sql(&stage.fixture, "ALTER TABLE rules RENAME TO away");
    store_close(&stage.fixture.store);
    fixture_open(&stage.fixture, (struct store_settings){.stepped = true});
    ck_assert_int_ne(policy_refresh(policy, stage.fixture.store), ERR_NONE);
    ck_assert_int_eq(ask(policy, "bob@example.org", false, false), SUB_CONFIRM);
    ck_assert_int_eq(ask(policy, ALICE, false, false), SUB_ALLOW);
    fixture_sql(&stage.fixture, "ALTER TABLE away RENAME TO rules; DELETE FROM rules");
    ck_assert_int_eq(policy_refresh(policy, stage.fixture.store), ERR_NONE);
    ck_assert_int_eq(ask(policy, "bob@example.org", false, false), SUB_ALLOW);
    policy_free(&policy);
    stage_release(&stage);
}
END_TEST

static enum policy_reach writes(const struct policy *policy, const char *writer, bool foreign,
                                uint64_t now_ms)
{
    const struct policy_watcher who = {.aor = bytes_of(writer), .foreign = foreign};
    return policy_reaches(policy, &who, BYTES(ALICE), now_ms);
}

/* Blocking counts for writing, too; who only has to wait to see may write (RFC 5025 speaks of
 * seeing), and defaults are about seeing alone. */
START_TEST(who_may_write)
{
    struct stage stage;
    stage_init(&stage, POLICY_NOBODY);
    ck_assert_int_eq(writes(stage.policy, "bob@example.org", false, 0), POLICY_REACH_OPEN);
    ck_assert_int_eq(writes(stage.policy, "", false, 0), POLICY_REACH_OPEN);
    set_rules(
        &stage,
        RULESET(RULE("a", ONE("sip:bob@example.org"),
                     "polite-block") RULE("b", ONE("sip:carol@other.org"),
                                          "allow") RULE("c", ONE("sip:dave@example.org"), "block")
                    RULE("d", ONE("sip:erin@example.org"), "confirm")
                        RULE("e",
                             ONE("sip:fred@example.org") "<cp:validity><cp:from>1970-01-01T00:00:"
                                                         "01Z</cp:from>"
                                                         "<cp:until>1970-01-01T00:00:02Z</cp:until>"
                                                         "</cp:validity>",
                             "block")));
    refresh(&stage, ALICE ";");
    static const struct {
        const char *writer;
        uint64_t now_ms;
        enum policy_reach reach;
    } cases[] = {
        {"bob@example.org", 0, POLICY_REACH_QUIET},
        {"carol@other.org", 0, POLICY_REACH_LET},
        {"dave@example.org", 0, POLICY_REACH_BLOCKED},
        {"erin@example.org", 0, POLICY_REACH_OPEN},
        {"fred@example.org", 999, POLICY_REACH_OPEN},
        {"fred@example.org", 1000, POLICY_REACH_BLOCKED},
        {"", 0, POLICY_REACH_OPEN},
        {ALICE, 0, POLICY_REACH_LET},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        ck_assert_msg(writes(stage.policy, cases[i].writer, false, cases[i].now_ms) ==
                          cases[i].reach,
                      "%s", cases[i].writer);
    ck_assert_int_eq(writes(stage.policy, "carol@other.org", true, 0), POLICY_REACH_LET);
    set_rules(&stage, RULESET(RULE("a", "", "block")));
    refresh(&stage, ALICE ";");
    ck_assert_int_eq(writes(stage.policy, "", false, 0), POLICY_REACH_BLOCKED);
    ck_assert_int_eq(writes(stage.policy, ALICE, false, 0), POLICY_REACH_LET);
    ck_assert_int_eq(writes(stage.policy, ALICE, true, 0), POLICY_REACH_BLOCKED);
    stage_release(&stage);
}
END_TEST

START_TEST(who_may_write_is_not_known_without_the_rules)
{
    struct stage stage;
    stage_init(&stage, POLICY_EVERYBODY);
    set_rules(&stage, "<ruleset");
    refresh(&stage, ALICE ";");
    ck_assert_int_eq(writes(stage.policy, "bob@example.org", false, 0), POLICY_REACH_UNKNOWN);
    ck_assert_int_eq(writes(stage.policy, ALICE, false, 0), POLICY_REACH_LET);
    set_rules(&stage, "");
    fixture_sql(&stage.fixture, "ALTER TABLE preferences RENAME TO away");
    stage.told[0] = '\0';
    ck_assert_int_ne(policy_refresh(stage.policy, stage.fixture.store), ERR_NONE);
    ck_assert_int_eq(writes(stage.policy, "bob@example.org", false, 0), POLICY_REACH_UNKNOWN);
    fixture_sql(&stage.fixture, "ALTER TABLE away RENAME TO preferences");
    refresh(&stage, ALICE ";;");
    ck_assert_int_eq(writes(stage.policy, "bob@example.org", false, 0), POLICY_REACH_OPEN);
    stage_release(&stage);
}
END_TEST

static void note_buddy(void *context, struct bytes buddy)
{
    char *text = context;
    snprintf(text + strlen(text), 256 - strlen(text), "%.*s;", BYTES_ARGS(buddy));
}

static void add_buddy(struct stage *stage, const char *buddy, const char *groups)
{
    const struct store_buddy row = {
        .aor = BYTES(ALICE), .buddy = bytes_of(buddy), .groups = bytes_of(groups)};
    ck_assert_int_eq(account_put_buddy(stage->file, &row, 10), ERR_NONE);
}

START_TEST(groups_of_the_roster)
{
    struct stage stage;
    char told[256] = "";
    stage_init(&stage, POLICY_DOMAIN);
    ck_assert(!policy_knows(stage.policy, BYTES(ALICE), BYTES("bob@example.org")));
    fixture_sql(&stage.fixture, /* written by hand */
                "INSERT INTO rosters (partition, aor, buddy, name, groups) SELECT partition, aor, "
                "'b' || char(10) || 'c', '', 'work' FROM accounts; INSERT INTO rosters (partition, "
                "aor, buddy, name, groups) SELECT partition, aor, '', '', 'work' FROM accounts");
    add_buddy(&stage, "bob@example.org", "work");
    add_buddy(&stage, "carol@other.org", "friends\nwork");
    add_buddy(&stage, "a@example.org", "");
    refresh(&stage, ALICE ";");
    ck_assert(policy_knows(stage.policy, BYTES(ALICE), BYTES("bob@example.org")));
    ck_assert(policy_knows(stage.policy, BYTES(ALICE), BYTES("a@example.org")));
    ck_assert(!policy_knows(stage.policy, BYTES(ALICE), BYTES("work")));
    ck_assert(!policy_knows(stage.policy, BYTES("bob@example.org"), BYTES(ALICE)));
    ck_assert_uint_eq(policy_group(stage.policy, BYTES(ALICE), BYTES("work"), note_buddy, told), 2);
    ck_assert_str_eq(told, "bob@example.org;carol@other.org;");
    ck_assert_uint_eq(policy_group(stage.policy, BYTES(ALICE), BYTES("none"), note_buddy, told), 0);
    ck_assert_uint_eq(
        policy_group(stage.policy, BYTES("nobody@x"), BYTES("work"), note_buddy, told), 0);
    stage_release(&stage);
}
END_TEST

static void put_shared(struct stage *stage, const char *name, const char *members,
                       const char *watchers)
{
    const struct store_shared row = {bytes_of(name), BYTES("Sales"), bytes_of(members),
                                     bytes_of(watchers)};
    ck_assert_int_eq(account_put_shared(stage->file, &row, 10), ERR_NONE);
}

static void each_user(void *context, struct bytes domain,
                      void (*visit)(void *context, struct bytes aor), void *visit_context)
{
    ck_assert_ptr_null(context);
    ck_assert(bytes_equal(domain, BYTES("example.org")));
    visit(visit_context, BYTES(ALICE));
    visit(visit_context, BYTES("zoe@example.org"));
    visit(visit_context, BYTES("dave@example.org"));
}

static void expect_group(struct stage *stage, const char *owner, const char *group,
                         const char *expected)
{
    char told[256] = "";
    policy_group(stage->policy, bytes_of(owner), bytes_of(group), note_buddy, told);
    ck_assert_str_eq(told, expected);
}

/* By name and title, with what is the owner's own, each once and never the owner. */
START_TEST(shared_groups_are_in_rosters)
{
    struct stage stage;
    stage_init(&stage, POLICY_BUDDIES);
    put_shared(&stage, "sales",
               "carol@other.org\nalice@example.org\n\nbob@example.org\n"
               "carol@other.org",
               "");
    add_buddy(&stage, "bob@example.org", "Sales");
    add_buddy(&stage, "me@x.org", "Sales");
    refresh(&stage, ALICE ";;");
    ck_assert(policy_knows(stage.policy, BYTES(ALICE), BYTES("carol@other.org")));
    ck_assert(policy_knows(stage.policy, BYTES("bob@example.org"), BYTES(ALICE)));
    ck_assert(!policy_knows(stage.policy, BYTES("dave@example.org"), BYTES(ALICE)));
    expect_group(&stage, ALICE, "Sales", "bob@example.org;carol@other.org;me@x.org;");
    expect_group(&stage, ALICE, "sales", "bob@example.org;carol@other.org;");
    expect_group(&stage, "dave@example.org", "sales", "");
    ck_assert_int_eq(ask(stage.policy, "bob@example.org", false, false), SUB_ALLOW);
    ck_assert_int_eq(ask(stage.policy, "dave@example.org", false, false), SUB_CONFIRM);
    put_shared(&stage, "sales", "@example.org\nzoe@example.org", "@other.org\ndave@example.org");
    refresh(&stage, ";");
    ck_assert(!policy_knows(stage.policy, BYTES(ALICE), BYTES("carol@other.org")));
    ck_assert(policy_knows(stage.policy, BYTES("carol@other.org"), BYTES(ALICE)));
    ck_assert(!policy_knows(stage.policy, BYTES("carol@other.org"), BYTES("x@other.org")));
    expect_group(&stage, "dave@example.org", "sales", "zoe@example.org;"); /* nobody says who */
    policy_set_people(stage.policy, each_user, NULL);
    expect_group(&stage, "dave@example.org", "sales", ALICE ";zoe@example.org;");
    ck_assert_int_eq(account_delete_shared(stage.file, BYTES("sales")), ERR_NONE);
    refresh(&stage, ";");
    ck_assert(!policy_knows(stage.policy, BYTES("carol@other.org"), BYTES(ALICE)));
    expect_group(&stage, ALICE, "Sales", "bob@example.org;me@x.org;");
    stage_release(&stage);
}
END_TEST

START_TEST(preferences_of_users)
{
    struct stage stage;
    stage_init(&stage, POLICY_DOMAIN);
    ck_assert(bytes_empty(policy_preference(stage.policy, BYTES(ALICE), BYTES("carbon"))));
    struct store_preference row = {BYTES(ALICE), BYTES("carbon"), BYTES("on")};
    fixture_sql(&stage.fixture, /* written by hand */
                "INSERT INTO preferences SELECT partition, aor, 'empty', '' FROM accounts");
    ck_assert_int_eq(account_put_preference(stage.file, &row), ERR_NONE);
    row.name = BYTES("blocked");
    row.value = BYTES("silent");
    ck_assert_int_eq(account_put_preference(stage.file, &row), ERR_NONE);
    refresh(&stage, ALICE ";");
    ck_assert(
        bytes_equal(policy_preference(stage.policy, BYTES(ALICE), BYTES("carbon")), BYTES("on")));
    ck_assert(bytes_equal(policy_preference(stage.policy, BYTES(ALICE), BYTES("blocked")),
                          BYTES("silent")));
    ck_assert(
        bytes_empty(policy_preference(stage.policy, BYTES("bob@example.org"), BYTES("carbon"))));
    row.value = BYTES("");
    ck_assert_int_eq(account_put_preference(stage.file, &row), ERR_NONE);
    refresh(&stage, ALICE ";");
    ck_assert(bytes_empty(policy_preference(stage.policy, BYTES(ALICE), BYTES("blocked"))));
    ck_assert_int_eq(account_delete(stage.file, BYTES(ALICE)), ERR_NONE);
    refresh(&stage, ALICE ";");
    ck_assert(bytes_empty(policy_preference(stage.policy, BYTES(ALICE), BYTES("carbon"))));
    stage_release(&stage);
}
END_TEST

START_TEST(a_reload_is_for_all)
{
    struct stage stage;
    stage_init(&stage, POLICY_DOMAIN);
    policy_reload(stage.policy, &(struct policy_settings){.peer_count = 0});
    ck_assert_str_eq(stage.told, ";");
    stage_release(&stage);
}
END_TEST

static enum policy_source source_of(const struct policy *policy, const char *watcher)
{
    const struct policy_watcher who = {.aor = bytes_of(watcher)};
    struct policy_decision decision = policy_decide(policy, &who, BYTES(ALICE), BYTES(""), 0);
    rights_unref(&decision.rights);
    return decision.source;
}

static void name_rule(void *context, struct bytes id, enum sub_handling handling)
{
    char *names = context;
    snprintf(names + strlen(names), 100 - strlen(names), "%.*s=%d;", BYTES_ARGS(id), (int)handling);
}

static const char *rules_of(const struct policy *policy, const char *watcher)
{
    static char names[100];
    const struct policy_watcher who = {.aor = bytes_of(watcher)};
    names[0] = '\0';
    policy_each_rule(policy, &who, BYTES(ALICE), BYTES(""), 0, name_rule, names);
    return names;
}

/* An operator asks whose word it is, and which rules it was. */
START_TEST(a_decision_says_whose_it_is)
{
    struct stage stage;
    stage_init(&stage, POLICY_DOMAIN);
    ck_assert_int_eq(source_of(stage.policy, ALICE), POLICY_SAYS_OWNER);
    ck_assert_int_eq(source_of(stage.policy, "bob@example.org"), POLICY_SAYS_DOMAIN);
    ck_assert_str_eq(rules_of(stage.policy, "bob@example.org"), "");
    set_rules(&stage,
              RULESET(RULE("all", "", "confirm") RULE("other", ONE("sip:dave@example.org"), "block")
                          RULE("bob", ONE("sip:bob@example.org"), "allow")));
    refresh(&stage, ALICE ";");
    ck_assert_int_eq(source_of(stage.policy, "bob@example.org"), POLICY_SAYS_RULES);
    ck_assert_str_eq(rules_of(stage.policy, "bob@example.org"), "all=1;bob=3;");
    ck_assert_str_eq(rules_of(stage.policy, ALICE), "");
    set_rules(&stage, "<broken");
    refresh(&stage, ALICE ";");
    ck_assert_int_eq(source_of(stage.policy, "bob@example.org"), POLICY_SAYS_BROKEN);
    ck_assert_str_eq(rules_of(stage.policy, "bob@example.org"), "");
    ck_assert_int_eq(policy_default_of(stage.policy, BYTES("example.org")), POLICY_DOMAIN);
    stage_release(&stage);
    stage_init(&stage, POLICY_BUDDIES);
    ck_assert_int_eq(source_of(stage.policy, "bob@example.org"), POLICY_SAYS_ROSTER);
    stage_release(&stage);
}
END_TEST

UNIT_MAIN("policy/policy", a_decision_says_whose_it_is, defaults, users_of_peers,
          each_domain_has_its_default, rules_come_first, the_default_is_told_from_rules,
          a_rule_for_everybody, the_next_change_is_told, broken_rules_block_everybody_else,
          buddies_are_in_the_roster, who_cannot_be_judged_waits,
          nobody_is_seen_before_the_rules_are_known, who_may_write,
          who_may_write_is_not_known_without_the_rules, groups_of_the_roster,
          shared_groups_are_in_rosters, preferences_of_users, a_reload_is_for_all)
