/* operations.c: /api/v1/config (what counts, who says so; a check; a reload), /backups, /log and
 * /certificates.
 *
 * What blocks runs on a web thread (a check), or one of its own (a backup); what changes the
 * process runs on the reactor's, where SIGHUP does the same. */
#include "web/api/operations.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "store/backup.h"
#include "web/api/give_internal.h"
#include "web/api/given_internal.h"
#include "web/core.h"
#include "web/operations.h"

/* A server without a process around it (scenarios) has none. */
static bool none(struct web_call *call, const struct web_operations *operations)
{
    if (operations == NULL)
        web_problem(call, 503, "not-here", NULL, "this server cannot be operated over HTTP");
    return operations == NULL;
}

/* The configuration. */

static void give_setting(void *visitor, const struct web_setting *setting)
{
    json_t *items = visitor, *item = json_object();
    json_object_set_new(item, "key", json_string(setting->key));
    json_object_set_new(item, "value", json_deep_copy(setting->value));
    json_object_set_new(item, "source", json_string(setting->file != NULL ? "file" : "default"));
    give_words(item, "file", setting->file);
    json_object_set_new(item, "line",
                        setting->line > 0 ? json_integer(setting->line) : json_null());
    json_object_set_new(item, "help", json_string(setting->help));
    give_flag(item, "live", setting->live);
    give_flag(item, "needs_restart", setting->waits);
    json_array_append_new(items, item);
}

static void get_config(struct web_call *call, const struct web_core *core)
{
    if (none(call, core->operations))
        return;
    json_t *items = json_array();
    core->operations->settings(core->operations->context, give_setting, items);
    give_list(call, items, NULL);
}

static void refuse(struct web_call *call, const struct web_fault *fault)
{
    web_problem(call, 422, "bad-configuration", NULL, "%s", fault->why);
    if (fault->line > 0)
        web_problem_line(call, fault->line);
}

static void check_config(struct web_call *call, struct account_file *file)
{
    const struct web_operations *operations = web_operations(call);
    struct bytes content = web_content(call);
    struct web_fault fault = {.line = 0};
    (void)file;
    if (none(call, operations))
        return;
    if (!bytes_empty(content) && memchr(content.at, '\0', content.length) != NULL) {
        web_problem(call, 400, "bad-body", NULL, "the text holds a zero byte");
        return;
    }
    char *text = bytes_empty(content) ? NULL : memory_copy(content);
    if (operations->check(operations->context, text, &fault))
        web_answer(call, 200, json_pack("{s:b}", "valid", 1));
    else
        refuse(call, &fault);
    free(text);
}

struct changes {
    json_t *changed, *restart;
};

static void take_change(void *visitor, const char *key, bool live)
{
    const struct changes *changes = visitor;
    json_array_append_new(live ? changes->changed : changes->restart, json_string(key));
}

static void reload_config(struct web_call *call, const struct web_core *core)
{
    struct web_fault fault = {.line = 0};
    if (none(call, core->operations))
        return;
    struct changes changes = {json_array(), json_array()};
    bool taken = core->operations->reload(core->operations->context, &fault, take_change, &changes);
    if (taken)
        web_answer(
            call, 200,
            json_pack("{s:O, s:O}", "changed", changes.changed, "needs_restart", changes.restart));
    else
        refuse(call, &fault);
    json_decref(changes.changed);
    json_decref(changes.restart);
}

/* Backups. */

static json_t *backup_item(const struct backup *backup)
{
    json_t *item = json_object();
    json_object_set_new(item, "name", json_string(backup->name));
    give_number(item, "bytes", backup->bytes);
    give_time(item, "time", backup->made_ms);
    return item;
}

static bool is_ending(void *context)
{
    return web_is_ending(context);
}

static void answer_made(struct web_call *call, const struct backup *made)
{
    char location[sizeof(made->name) + 32];
    snprintf(location, sizeof(location), "/api/v1/backups/%s", made->name);
    web_answer(call, 201, backup_item(made));
    web_answer_field(call, "Location", bytes_of(location));
}

static void make_backup(struct web_call *call)
{
    const struct web_operations *operations = web_operations(call);
    struct backup made;
    char why[1024] = "";
    const struct backup_order order = {.folder = operations->data_folder,
                                       .into = operations->backup_folder,
                                       .keep = web_limits(call)->backups_max,
                                       .now_ms = web_wall_ms(),
                                       .stopped = is_ending,
                                       .context = call};
    enum err err = backup_make(&order, &made, why, sizeof(why));
    if (err == ERR_NONE)
        answer_made(call, &made);
    else if (err == ERR_BUSY)
        web_problem(call, 409, "busy", NULL, "%s", why);
    else
        web_problem(call, 503, "no-backup", NULL, "%s", why);
}

static void post_backup(struct web_call *call, struct account_file *file)
{
    (void)file;
    if (!none(call, web_operations(call)))
        web_slow(call, make_backup);
}

static void give_backup(void *context, const struct backup *backup)
{
    json_array_append_new(context, backup_item(backup));
}

static void get_backups(struct web_call *call, struct account_file *file)
{
    const struct web_operations *operations = web_operations(call);
    (void)file;
    if (none(call, operations))
        return;
    json_t *items = json_array();
    if (backup_list(operations->backup_folder, give_backup, items) == ERR_NONE) {
        give_list(call, items, NULL);
        return;
    }
    json_decref(items);
    web_problem(call, 503, "no-backups", NULL,
                "the folder %s cannot be read; give the user that runs herald the right to",
                operations->backup_folder);
}

struct wanted {
    struct bytes name;
    json_t *item; /* NULL: not found */
};

static void look_for_backup(void *context, const struct backup *backup)
{
    struct wanted *wanted = context;
    if (wanted->item == NULL && bytes_equal(wanted->name, bytes_of(backup->name)))
        wanted->item = backup_item(backup);
}

static void get_backup(struct web_call *call, struct account_file *file)
{
    const struct web_operations *operations = web_operations(call);
    struct wanted wanted = {web_part(call, "backup"), NULL};
    (void)file;
    if (none(call, operations))
        return;
    if (backup_list(operations->backup_folder, look_for_backup, &wanted) == ERR_NONE &&
        wanted.item != NULL) {
        web_answer(call, 200, wanted.item);
        return;
    }
    json_decref(wanted.item);
    web_problem(
        call, 404, "not-found", "backup",
        "there is no such backup (any more); GET /api/v1/backups lists those that are kept");
}

/* The log. */

static json_t *level_json(const struct web_core *core)
{
    return json_pack("{s:s}", "level", log_level_name(log_level_now(core->log)));
}

static void get_log(struct web_call *call, const struct web_core *core)
{
    web_answer(call, 200, level_json(core));
}

static bool may_set_level(struct web_call *call, const struct web_core *core)
{
    json_t *current = level_json(core);
    bool may = web_may_change(call, current);
    json_decref(current);
    return may;
}

static void put_log(struct web_call *call, const struct web_core *core)
{
    static const char *const members[] = {"level", NULL};
    struct faults faults = {NULL};
    struct given given;
    struct bytes name = BYTES("");
    enum log_level level = LOG_INFO;
    if (!given_object(call, &faults, &given))
        return;
    given_only(&given, members);
    if (faults.list == NULL && given_text(&given, "level", NULL, &name) &&
        !log_level_parse(name, &level))
        name = BYTES("");
    if (faults.list == NULL && bytes_empty(name))
        fault_add(&faults, "/level", "write \"error\", \"warning\", \"info\" or \"debug\"");
    if (faults_answer(call, &faults) || !may_set_level(call, core))
        return;
    log_write(core->log, LOG_INFO, "web", "log level is \"%s\" now", log_level_name(level));
    log_set_level(core->log, level);
    get_log(call, core);
}

/* Certificates. */

static json_t *names_of(const char *names)
{
    json_t *list = json_array();
    struct bytes rest = bytes_of(names);
    while (!bytes_empty(rest))
        json_array_append_new(list, given_json(bytes_split(&rest, ' ')));
    return list;
}

static void get_certificates(struct web_call *call, const struct web_core *core)
{
    if (none(call, core->operations))
        return;
    json_t *items = json_array();
    const struct web_certificate *one;
    for (size_t i = 0; (one = core->operations->certificate(core->operations->context, i)) != NULL;
         i++) {
        json_t *item = json_object();
        json_object_set_new(item, "use", json_string(one->use));
        give_words(item, "subject", one->subject);
        json_object_set_new(item, "names", names_of(one->names));
        give_time(item, "begins", one->begins_ms);
        give_time(item, "expires", one->expires_ms);
        give_words(item, "file", one->file);
        json_array_append_new(items, item);
    }
    give_list(call, items, NULL);
}

const struct web_endpoint operations_endpoints[] = {
    {WEB_GET, "/api/v1/config", WEB_OPERATIONS, false, WEB_NO_BODY, NULL, get_config},
    {WEB_POST, "/api/v1/config/check", WEB_OPERATIONS, false, WEB_ANY_BODY, check_config, NULL},
    {WEB_POST, "/api/v1/config/reload", WEB_OPERATIONS, false, WEB_NO_BODY, NULL, reload_config},
    {WEB_GET, "/api/v1/backups", WEB_OPERATIONS, false, WEB_NO_BODY, get_backups, NULL},
    {WEB_GET, "/api/v1/backups/{backup}", WEB_OPERATIONS, false, WEB_NO_BODY, get_backup, NULL},
    {WEB_POST, "/api/v1/backups", WEB_OPERATIONS, false, WEB_NO_BODY, post_backup, NULL},
    {WEB_GET, "/api/v1/log", WEB_OPERATIONS, false, WEB_NO_BODY, NULL, get_log},
    {WEB_PUT, "/api/v1/log", WEB_OPERATIONS, false, WEB_JSON, NULL, put_log},
    {WEB_GET, "/api/v1/certificates", WEB_OPERATIONS, false, WEB_NO_BODY, NULL, get_certificates},
    {.path = NULL},
};
