/* operations_test.c: what the endpoints make of what the process offers, with a process made up. */
#include "web/api/operations.h"

#include "base/log.h"
#include "base/memory.h"
#include "unit.h"
#include "web/fake_call.h"
#include "web/operations.h"

static struct web_core core;
static struct web_operations operations;
static struct web_call *call;
static char checked[64];
static const char *if_match; /* NULL: none */
static bool good;

static bool check(void *context, const char *text, struct web_fault *fault)
{
    (void)context;
    snprintf(checked, sizeof(checked), "%s", text != NULL ? text : "(the file)");
    snprintf(fault->why, sizeof(fault->why), "herald.conf:3: no such thing");
    fault->line = 3;
    return good;
}

static void settings(void *context, void (*visit)(void *visitor, const struct web_setting *setting),
                     void *visitor)
{
    json_t *value = json_integer(7);
    const struct web_setting set = {"a.b", "help", "herald.conf", 5, value, true, false};
    const struct web_setting usual = {"c", "more", NULL, 0, value, false, true};
    (void)context;
    visit(visitor, &set);
    visit(visitor, &usual);
    json_decref(value);
}

static bool reload(void *context, struct web_fault *fault,
                   void (*changed)(void *visitor, const char *key, bool live), void *visitor)
{
    if (!good)
        return check(context, NULL, fault);
    changed(visitor, "a.b", true);
    changed(visitor, "listen", false);
    return true;
}

static const struct web_certificate *certificate(void *context, size_t index)
{
    static const struct web_certificate one = {
        .use = "sip",
        .file = "x.pem",
        .subject = "CN=x",
        .names = "example.org sip:example.org",
        .expires_ms = 1700000000123,
    };
    (void)context;
    return index == 0 ? &one : NULL;
}

static unsigned run(const char *request, const char *body)
{
    const struct web_endpoints endpoints = {operations_endpoints, SIZE_MAX};
    fake_call_free(&call);
    call = fake_call(&endpoints, request, body);
    fake_call_operate(call, core.operations);
    if (if_match != NULL)
        fake_call_field(call, "If-Match", if_match);
    fake_call_run(call, (struct account_file *)&core /* is not looked at */, &core);
    return fake_call_status(call);
}

static void begin(void)
{
    operations = (struct web_operations){.data_folder = "/nonexistent",
                                         .backup_folder = "/nonexistent/backups",
                                         .check = check,
                                         .settings = settings,
                                         .reload = reload,
                                         .certificate = certificate};
    core = (struct web_core){.operations = &operations, .log = log_open("/dev/null", LOG_INFO)};
}

static void end(void)
{
    fake_call_free(&call);
    log_close(&core.log);
}

static void answers(const char *expected)
{
    json_t *wanted = json_loads(expected, 0, NULL);
    ck_assert_ptr_nonnull(wanted);
    char *got = json_dumps(fake_call_json(call), JSON_COMPACT);
    ck_assert_msg(json_equal(wanted, fake_call_json(call)), "%s", got);
    free(got);
    json_decref(wanted);
}

START_TEST(settings_say_where_they_stand)
{
    begin();
    ck_assert_uint_eq(run("GET /api/v1/config", NULL), 200);
    answers("{\"items\": ["
            "{\"key\": \"a.b\", \"value\": 7, \"source\": \"file\", \"file\": \"herald.conf\","
            " \"line\": 5, \"help\": \"help\", \"live\": true, \"needs_restart\": false},"
            "{\"key\": \"c\", \"value\": 7, \"source\": \"default\", \"file\": null,"
            " \"line\": null, \"help\": \"more\", \"live\": false, \"needs_restart\": true}],"
            " \"next\": null}");
    end();
}
END_TEST

START_TEST(a_check_takes_the_file_or_the_body)
{
    begin();
    good = true;
    ck_assert_uint_eq(run("POST /api/v1/config/check", ""), 200);
    ck_assert_str_eq(checked, "(the file)");
    ck_assert_uint_eq(run("POST /api/v1/config/check", "a = 1;"), 200);
    ck_assert_str_eq(checked, "a = 1;");
    good = false;
    ck_assert_uint_eq(run("POST /api/v1/config/check", "a = 1;"), 422);
    ck_assert_int_eq(json_integer_value(json_object_get(fake_call_json(call), "line")), 3);
    ck_assert_str_eq(fake_call_problem(call), "bad-configuration");
    end();
}
END_TEST

START_TEST(a_reload_tells_what_counts)
{
    begin();
    good = true;
    ck_assert_uint_eq(run("POST /api/v1/config/reload", NULL), 200);
    answers("{\"changed\": [\"a.b\"], \"needs_restart\": [\"listen\"]}");
    good = false;
    ck_assert_uint_eq(run("POST /api/v1/config/reload", NULL), 422);
    ck_assert_int_eq(json_integer_value(json_object_get(fake_call_json(call), "line")), 3);
    end();
}
END_TEST

START_TEST(the_log_has_four_levels)
{
    begin();
    ck_assert_uint_eq(run("PUT /api/v1/log", "{\"level\": \"debug\"}"), 200);
    ck_assert_int_eq(log_level_now(core.log), LOG_DEBUG);
    ck_assert_uint_eq(run("PUT /api/v1/log", "{\"level\": \"Debug\"}"), 400);
    ck_assert_str_eq(fake_call_problem_field(call), "/level");
    ck_assert_uint_eq(run("PUT /api/v1/log", "{\"level\": \"error\", \"x\": 1}"), 400);
    ck_assert_uint_eq(run("PUT /api/v1/log", "[]"), 400);
    ck_assert_int_eq(log_level_now(core.log), LOG_DEBUG);
    if_match = "\"another\"";
    ck_assert_uint_eq(run("PUT /api/v1/log", "{\"level\": \"error\"}"), 412);
    if_match = NULL;
    ck_assert_int_eq(log_level_now(core.log), LOG_DEBUG);
    ck_assert_uint_eq(run("GET /api/v1/log", NULL), 200);
    answers("{\"level\": \"debug\"}");
    end();
}
END_TEST

START_TEST(certificates_are_listed)
{
    begin();
    ck_assert_uint_eq(run("GET /api/v1/certificates", NULL), 200);
    answers("{\"items\": [{\"use\": \"sip\", \"subject\": \"CN=x\","
            " \"names\": [\"example.org\", \"sip:example.org\"], \"begins\": null,"
            " \"expires\": \"2023-11-14T22:13:20.123Z\", \"file\": \"x.pem\"}], \"next\": null}");
    end();
}
END_TEST

START_TEST(what_cannot_be_done_is_said)
{
    begin();
    ck_assert_uint_eq(run("GET /api/v1/backups", NULL), 200); /* none yet */
    ck_assert_uint_eq(run("GET /api/v1/backups/herald-1.db", NULL), 404);
    core.operations = NULL;
    ck_assert_uint_eq(run("GET /api/v1/config", NULL), 503);
    ck_assert_uint_eq(run("POST /api/v1/config/check", ""), 503);
    ck_assert_uint_eq(run("POST /api/v1/config/reload", NULL), 503);
    ck_assert_uint_eq(run("POST /api/v1/backups", NULL), 503);
    ck_assert_uint_eq(run("GET /api/v1/backups/herald-1.db", NULL), 503);
    ck_assert_uint_eq(run("GET /api/v1/certificates", NULL), 503);
    end();
}
END_TEST

UNIT_MAIN("operations", settings_say_where_they_stand, a_check_takes_the_file_or_the_body,
          a_reload_tells_what_counts, the_log_has_four_levels, certificates_are_listed,
          what_cannot_be_done_is_said)
