/* rules.c: who may see a user, watcher by watcher or as the document of RFC 5025.
 *
 * The document is what is stored. As JSON it is the list of those whom it names, each with how it
 * is handled now, whatever rules say so; what else the document has, JSON does not show, and the
 * version tells when that changed. PUT with JSON writes a document that says just this, and is
 * refused where one says more; a watcher's own resource is written into the document that there is,
 * and keeps all the rest (pidf/rules.h).
 */
#include "web/api/rules.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "pidf/rules.h"
#include "web/api/given_internal.h"

#define DOCUMENT_TYPE "application/auth-policy+xml"

enum { ENTRIES_MOST = 5000, URI_SIZE = PEOPLE_AOR_MAX + 8 };

/* What the rules are read with. */
struct ground {
    struct rules_names names;
    struct rules_limits limits;
};

static struct ground ground_of(const struct web_call *call)
{
    struct ground ground = {
        .names = {domains_write_name, (void *)web_domains(call)}, /* which it only reads */
        .limits = rules_limits_default(),
    };
    ground.limits.size_bytes = web_limits(call)->rules_max_bytes;
    return ground;
}

/* Rules of one user, within a transaction. */
struct stored {
    struct people_aor owner;
    struct ground ground;
    char *document; /* NULL: none */
    json_t *json;   /* as GET shows it */
};

static void stored_release(struct stored *stored)
{
    free(stored->document);
    json_decref(stored->json);
}

static void take_document(void *context, const struct store_rules *rules)
{
    char **document = context;
    *document = memory_copy(rules->document);
}

static void add_entry(void *context, struct bytes identity, enum sub_handling handling)
{
    char text[URI_SIZE * 4];
    struct buffer uri = buffer_over(text, sizeof(text));
    buffer_text(&uri, "sip:");
    buffer_put(&uri, identity);
    if (uri.overflow)
        return;
    json_t *entry = json_object();
    json_object_set_new(entry, "who", given_json(buffer_bytes(&uri)));
    json_object_set_new(entry, "handling", json_string(rules_handling_word(handling)));
    json_array_append_new(context, entry);
}

/* One that cannot be read (a bound was lowered since) names nobody here, and says so. */
static json_t *entries_of(const struct stored *stored, bool *readable)
{
    json_t *items = json_array();
    struct rules *rules = NULL;
    *readable = stored->document == NULL ||
                verdict_ok(rules_parse(bytes_of(stored->document), &stored->ground.limits,
                                       &stored->ground.names, &rules));
    if (rules != NULL)
        rules_each_named(rules, web_wall_ms(), add_entry, items);
    rules_free(&rules);
    return items;
}

static json_t *rules_json(const struct stored *stored)
{
    char version[24] = "";
    bool readable;
    json_t *json = json_object();
    if (stored->document != NULL)
        snprintf(version, sizeof(version), "%016llx",
                 (unsigned long long)bytes_hash(bytes_of(stored->document), 0));
    json_object_set_new(json, "items", entries_of(stored, &readable));
    json_object_set_new(json, "version", json_string(version));
    json_object_set_new(json, "readable", json_boolean(readable));
    return json;
}

static enum err load(struct web_call *call, struct account_file *file, struct stored *stored)
{
    stored->ground = ground_of(call);
    enum err err = account_known(file, bytes_of(stored->owner.text));
    if (err == ERR_NONE)
        err = account_load_rules(file, bytes_of(stored->owner.text), take_document,
                                 &stored->document);
    if (err == ERR_NONE)
        stored->json = rules_json(stored);
    return err;
}

/* The whole. */

static void answer_document(struct web_call *call, const struct stored *stored)
{
    if (stored->document != NULL) {
        web_tag(call, stored->json);
        web_answer_text(call, 200, DOCUMENT_TYPE, bytes_of(stored->document));
    } else {
        web_problem(call, 404, "not-found", NULL,
                    "this user has no rules; the domain's default counts (policy.default)");
    }
}

static void get_rules(struct web_call *call, struct account_file *file)
{
    struct stored stored = {.document = NULL};
    if (!given_user(call, &stored.owner) || !given_begin_read(call, file))
        return;
    enum err err = load(call, file, &stored);
    if (!given_end(call, file, err))
        ; /* answered */
    else if (given_accepts(call, DOCUMENT_TYPE) || given_accepts(call, "application/xml"))
        answer_document(call, &stored);
    else
        web_answer(call, 200, json_incref(stored.json));
    stored_release(&stored);
}

/* Replaces what there is. */
static bool put_document(void *context, struct bytes document, struct blob **edited)
{
    struct blob *wanted = context;
    (void)document;
    *edited = blob_ref(wanted);
    return true;
}

/* A list takes the place of a list alone: what else somebody has written would be lost, unseen. */
static bool may_list(struct web_call *call, const struct stored *stored)
{
    const struct ground *ground = &stored->ground;
    if (stored->document == NULL ||
        rules_are_list(bytes_of(stored->document), &ground->limits, &ground->names))
        return true;
    web_problem(call, 409, "more-than-a-list", NULL,
                "these rules say more than a list of watchers can (domains, times, spheres, parts "
                "of what is shown, extensions, comments), which a list would erase; PUT one "
                "watcher at /rules/{who}, which keeps it, PUT the whole as " DOCUMENT_TYPE
                ", or DELETE the rules first");
    return false;
}

/* NULL: no rules any more. `list`: it was made of one. */
static void save(struct web_call *call, struct account_file *file, struct stored *stored,
                 struct blob *document, bool list)
{
    if (!given_begin(call, file))
        return;
    enum err err = load(call, file, stored);
    if (err == ERR_NONE && web_may_change(call, stored->json) && (!list || may_list(call, stored)))
        err = account_edit_rules(file, bytes_of(stored->owner.text), put_document, document);
    given_end(call, file, err);
}

/* False: it is none, which is answered with the line. */
static bool judge_document(struct web_call *call, struct bytes document)
{
    const struct ground ground = ground_of(call);
    struct rules *rules;
    ptrdiff_t zero = bytes_index(document, '\0');
    if (zero >= 0) { /* the parser takes one at the end */
        web_problem(call, 400, "bad-rules", NULL,
                    "line %u: there is a zero byte, which no XML has; leave it out",
                    rules_line(document, (size_t)zero));
        return false;
    }
    struct verdict result = rules_parse(document, &ground.limits, &ground.names, &rules);
    rules_free(&rules);
    if (verdict_ok(result))
        return true;
    if (document.length > ground.limits.size_bytes)
        web_problem(call, 413, "too-long", NULL,
                    "rules have %zu bytes at most (policy.rules_max_bytes)",
                    ground.limits.size_bytes);
    else
        web_problem(call, result.status == 413 ? 413 : 400, "bad-rules", NULL, "line %u: %s",
                    rules_line(document, result.offset), result.reason);
    return false;
}

/* JSON. */

static void read_handling(const struct given *given, enum sub_handling *handling)
{
    char pointer[GIVEN_POINTER_SIZE];
    const json_t *word = json_object_get(given->object, "handling");
    snprintf(pointer, sizeof(pointer), "%s/handling", given->pointer);
    if (!json_is_string(word) || !rules_read_handling(given_bytes(word), handling))
        fault_add(given->faults, pointer, "allow, block, polite-block or confirm is wanted");
}

/* Nobody decides about oneself. */
static bool is_other(const struct stored *stored, const struct people_aor *who)
{
    return strcmp(stored->owner.text, who->text) != 0;
}

static void read_entry(struct web_call *call, const struct given *given,
                       const struct stored *stored, struct rules_entry *entry, char **uri)
{
    static const char *const known[] = {"who", "handling", NULL};
    char pointer[GIVEN_POINTER_SIZE], text[URI_SIZE];
    struct people_aor who;
    struct bytes name = BYTES("");
    given_only(given, known);
    given_text(given, "who", NULL, &name);
    read_handling(given, &entry->handling);
    enum people_fault fault = people_find_anybody(web_domains(call), name, &who);
    snprintf(pointer, sizeof(pointer), "%s/who", given->pointer);
    if (fault != PEOPLE_GOOD)
        given_name_fault(call, given->faults, pointer, fault);
    else if (!is_other(stored, &who))
        fault_add(given->faults, pointer, "users always see everything of themselves");
    snprintf(text, sizeof(text), "sip:%s", who.text);
    *uri = memory_copy(bytes_of(text));
    entry->watcher = bytes_of(*uri);
}

/* A list being read; the entries' texts are owned. */
struct entries {
    struct rules_entry *all;
    char **uris;
    size_t count;
};

static void entries_release(struct entries *entries)
{
    for (size_t i = 0; i < entries->count; i++)
        free(entries->uris[i]);
    free(entries->uris);
    free(entries->all);
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void check_once(struct faults *faults, const struct entries *entries)
{
    char **sorted = memory_new((entries->count + 1) * sizeof(*sorted));
    if (entries->count > 0) {
        memcpy(sorted, entries->uris, entries->count * sizeof(*sorted));
        qsort(sorted, entries->count, sizeof(*sorted), compare);
    }
    for (size_t i = 1; i < entries->count; i++)
        if (strcmp(sorted[i - 1], sorted[i]) == 0)
            fault_add(faults, "/items", "%s is there twice", sorted[i]);
    free(sorted);
}

static void read_entries(struct web_call *call, const struct given *body,
                         const struct stored *stored, struct entries *entries)
{
    char pointer[GIVEN_POINTER_SIZE];
    const json_t *items = json_object_get(body->object, "items");
    size_t count = json_array_size(items);
    *entries = (struct entries){NULL};
    if (!json_is_array(items) || count > ENTRIES_MOST) {
        fault_add(body->faults, "/items", "an array of at most %d watchers is wanted",
                  ENTRIES_MOST);
        return;
    }
    entries->all = memory_new((count + 1) * sizeof(*entries->all));
    entries->uris = memory_new((count + 1) * sizeof(*entries->uris));
    for (size_t i = 0; i < count; i++) {
        const struct given given = {json_array_get(items, i), pointer, body->faults};
        snprintf(pointer, sizeof(pointer), "/items/%zu", i);
        if (!json_is_object(given.object)) {
            fault_add(body->faults, pointer, "an object is wanted");
            continue;
        }
        read_entry(call, &given, stored, &entries->all[entries->count],
                   &entries->uris[entries->count]);
        entries->count++;
    }
    check_once(body->faults, entries);
}

/* The body's JSON as a document; NULL: it is none, and that is answered. */
static struct blob *read_json(struct web_call *call, const struct stored *stored)
{
    static const char *const known[] = {"items", "version", "readable", NULL};
    const struct ground ground = ground_of(call);
    struct faults faults = {NULL};
    struct entries entries = {NULL};
    struct bytes content = web_content(call);
    json_error_t error;
    struct blob *document = NULL;
    json_t *body = json_loadb(bytes_empty(content) ? "" : content.at, content.length,
                              JSON_REJECT_DUPLICATES, &error);
    const struct given given = {body, "", &faults};
    if (json_is_object(body)) {
        given_only(&given, known);
        read_entries(call, &given, stored, &entries);
    } else {
        fault_add(&faults, "", "a JSON object with items, or " DOCUMENT_TYPE ", is wanted");
    }
    if (!faults_answer(call, &faults)) {
        struct verdict result =
            rules_write(entries.all, entries.count, &ground.limits, &ground.names, &document);
        if (!verdict_ok(result))
            web_problem(call, result.status == 413 ? 413 : 400, "bad-rules", "/items", "%s",
                        result.reason);
    }
    entries_release(&entries);
    json_decref(body);
    return document;
}

static void put_rules(struct web_call *call, struct account_file *file)
{
    struct stored stored = {.document = NULL};
    struct bytes type = web_field(call, "Content-Type");
    struct blob *document = NULL;
    bool list = false;
    if (!given_user(call, &stored.owner))
        return;
    if (given_type_is(type, DOCUMENT_TYPE) || given_type_is(type, "application/xml")) {
        if (judge_document(call, web_content(call)))
            document = blob_new(web_content(call));
    } else if (bytes_empty(type) || given_type_is(type, "application/json")) {
        document = read_json(call, &stored);
        list = true;
    } else {
        web_problem(call, 415, "unsupported", NULL,
                    "rules come as application/json or " DOCUMENT_TYPE);
    }
    if (document != NULL)
        save(call, file, &stored, document, list);
    blob_unref(&document);
    stored_release(&stored);
}

static void delete_rules(struct web_call *call, struct account_file *file)
{
    struct stored stored = {.document = NULL};
    if (!given_user(call, &stored.owner))
        return;
    save(call, file, &stored, NULL, false);
    stored_release(&stored);
}

/* One watcher. */

/* An edit of the document for one. */
struct edit {
    struct stored stored;
    struct people_aor who;
    char uri[URI_SIZE];
    bool forget;
    enum sub_handling handling;
    struct verdict fault;
};

static bool edit_document(void *context, struct bytes document, struct blob **edited)
{
    struct edit *edit = context;
    const struct ground *ground = &edit->stored.ground;
    if (edit->forget)
        edit->fault = rules_forget_watcher(document, &ground->limits, &ground->names,
                                           bytes_of(edit->uri), edited);
    else
        edit->fault = rules_set_watcher(document, &ground->limits, &ground->names,
                                        bytes_of(edit->uri), edit->handling, edited);
    return verdict_ok(edit->fault);
}

static bool edit_begin(struct web_call *call, struct edit *edit)
{
    *edit = (struct edit){.forget = true};
    if (!given_user(call, &edit->stored.owner) || !given_anybody(call, "who", &edit->who))
        return false;
    snprintf(edit->uri, sizeof(edit->uri), "sip:%s", edit->who.text);
    return true;
}

/* The entry, or NULL. */
static json_t *find_entry(const struct edit *edit)
{
    json_t *items = json_object_get(edit->stored.json, "items");
    for (size_t i = 0; i < json_array_size(items); i++) {
        json_t *entry = json_array_get(items, i);
        if (bytes_equal(given_bytes(json_object_get(entry, "who")), bytes_of(edit->uri)))
            return entry;
    }
    return NULL;
}

static void no_entry(struct web_call *call)
{
    web_problem(call, 404, "not-found", "who",
                "no rule names this watcher; GET /api/v1/explain says what counts for it");
}

static void get_watcher(struct web_call *call, struct account_file *file)
{
    struct edit edit;
    if (!edit_begin(call, &edit) || !given_begin_read(call, file))
        return;
    enum err err = load(call, file, &edit.stored);
    if (err == ERR_NONE && find_entry(&edit) == NULL)
        no_entry(call);
    if (given_end(call, file, err))
        web_answer(call, 200, json_incref(find_entry(&edit)));
    stored_release(&edit.stored);
}

/* Within a transaction. */
static enum err write_watcher(struct web_call *call, struct account_file *file, struct edit *edit)
{
    enum err err = account_edit_rules(file, bytes_of(edit->stored.owner.text), edit_document, edit);
    if (err == ERR_CLOSED)
        web_problem(call, edit->fault.status, edit->fault.status == 409 ? "conflict" : "bad-rules",
                    NULL, "the rules stay as they are: %s (line %u)", edit->fault.reason,
                    rules_line(bytes_of(edit->stored.document), edit->fault.offset));
    return err;
}

/* Whom the path names may be named again, and nobody else. */
static void read_same_watcher(struct web_call *call, const struct given *given,
                              const struct edit *edit)
{
    struct bytes who = BYTES("");
    struct people_aor named;
    if (given_text(given, "who", NULL, &who) &&
        (people_find_anybody(web_domains(call), who, &named) != PEOPLE_GOOD ||
         strcmp(named.text, edit->who.text) != 0))
        fault_add(given->faults, "/who", "a rule keeps its watcher; leave it out");
}

static void put_watcher(struct web_call *call, struct account_file *file)
{
    static const char *const known[] = {"who", "handling", NULL};
    struct faults faults = {NULL};
    struct given given;
    struct edit edit;
    if (!edit_begin(call, &edit) || !given_object(call, &faults, &given))
        return;
    edit.forget = false;
    given_only(&given, known);
    read_handling(&given, &edit.handling);
    read_same_watcher(call, &given, &edit);
    if (!is_other(&edit.stored, &edit.who))
        fault_add(&faults, "who", "users always see everything of themselves");
    if (faults_answer(call, &faults) || !given_begin(call, file))
        return;
    enum err err = load(call, file, &edit.stored);
    bool made = find_entry(&edit) == NULL;
    if (err == ERR_NONE && web_may_change(call, find_entry(&edit)))
        err = write_watcher(call, file, &edit);
    if (given_end(call, file, err))
        web_answer(call, made ? 201 : 200,
                   json_pack("{s:s, s:s}", "who", edit.uri, "handling",
                             rules_handling_word(edit.handling)));
    stored_release(&edit.stored);
}

static void delete_watcher(struct web_call *call, struct account_file *file)
{
    struct edit edit;
    if (!edit_begin(call, &edit) || !given_begin(call, file))
        return;
    enum err err = load(call, file, &edit.stored);
    if (err == ERR_NONE && find_entry(&edit) == NULL)
        no_entry(call);
    else if (err == ERR_NONE && web_may_change(call, find_entry(&edit)))
        err = write_watcher(call, file, &edit);
    given_end(call, file, err);
    stored_release(&edit.stored);
}

#define RULES "/api/v1/users/{user}/rules"

const struct web_endpoint rules_endpoints[] = {
    {WEB_GET, RULES, WEB_RULES, true, WEB_NO_BODY, get_rules, NULL},
    {WEB_PUT, RULES, WEB_RULES, true, WEB_ANY_BODY, put_rules, NULL},
    {WEB_DELETE, RULES, WEB_RULES, true, WEB_NO_BODY, delete_rules, NULL},
    {WEB_GET, RULES "/{who}", WEB_RULES, true, WEB_NO_BODY, get_watcher, NULL},
    {WEB_PUT, RULES "/{who}", WEB_RULES, true, WEB_JSON, put_watcher, NULL},
    {WEB_DELETE, RULES "/{who}", WEB_RULES, true, WEB_NO_BODY, delete_watcher, NULL},
    {.path = NULL},
};
