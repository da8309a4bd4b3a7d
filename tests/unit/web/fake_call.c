/* fake_call.c: a call is all that web/endpoint.h may ask for, in one struct. */
#include "web/fake_call.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"
#include "front/domains.h"
#include "web/counts.h"

enum { PAIRS_MAX = 16, DETAIL_SIZE = 1024 };

struct pair {
    char *name, *value;
};

struct pairs {
    struct pair at[PAIRS_MAX];
    size_t count;
};

struct web_call {
    const struct web_endpoint *endpoint;
    struct domains *domains;
    const struct domains *others; /* the core's, when it has some */
    struct web_limits limits;
    const struct web_operations *operations;
    struct pairs parts, query, fields, answered;
    char *content;
    json_t *body;
    const char *caller;
    void *kept;
    void (*release)(void *value);
    unsigned status; /* 0: not answered */
    json_t *json;
    char *text;
    size_t text_length;
    const char *type;
    char kind[64], field[128], detail[DETAIL_SIZE];
    struct store_change change;
    struct web_events events; /* of web_answer_events */
    char *events_user;
};

/* A test that calls wrongly ends, whatever runs it. */
static void must(bool good, const char *what, const char *which)
{
    if (good)
        return;
    (void)fprintf(stderr, "%s %s\n", what, which);
    abort();
}

/* Pairs. */

static int hex_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static char *decoded(struct bytes text, bool plus)
{
    char *out = memory_new(text.length + 1);
    size_t length = 0;
    for (size_t i = 0; i < text.length; i++) {
        bool is_coded = text.at[i] == '%' && i + 2 < text.length && hex_of(text.at[i + 1]) >= 0 &&
                        hex_of(text.at[i + 2]) >= 0;
        if (is_coded) {
            out[length++] = (char)(hex_of(text.at[i + 1]) * 16 + hex_of(text.at[i + 2]));
            i += 2;
        } else {
            out[length++] = plus && text.at[i] == '+' ? ' ' : text.at[i];
        }
    }
    return out;
}

/* Takes over the value. */
static void pairs_add(struct pairs *pairs, struct bytes name, char *value)
{
    assert(pairs->count < PAIRS_MAX);
    pairs->at[pairs->count++] = (struct pair){memory_copy(name), value};
}

static const char *pairs_find(const struct pairs *pairs, const char *name)
{
    for (size_t i = 0; i < pairs->count; i++)
        if (bytes_equal_nocase(bytes_of(pairs->at[i].name), bytes_of(name)))
            return pairs->at[i].value;
    return NULL;
}

static void pairs_release(struct pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++) {
        free(pairs->at[i].name);
        free(pairs->at[i].value);
    }
    pairs->count = 0;
}

/* Routing. */

static const char *const methods[] = {
    [WEB_GET] = "GET",     [WEB_PUT] = "PUT",       [WEB_POST] = "POST",
    [WEB_PATCH] = "PATCH", [WEB_DELETE] = "DELETE",
};

/* Does the path have the pattern? Its parts are noted. */
static bool matches(struct pairs *parts, struct bytes pattern, struct bytes path)
{
    pairs_release(parts);
    while (!bytes_empty(pattern) && !bytes_empty(path)) {
        struct bytes wanted = bytes_split(&pattern, '/');
        struct bytes part = bytes_split(&path, '/');
        if (bytes_starts_with(wanted, BYTES("{")))
            pairs_add(parts, bytes_first(bytes_skip(wanted, 1), wanted.length - 2),
                      decoded(part, false));
        else if (!bytes_equal(wanted, part))
            return false;
    }
    return bytes_empty(pattern) && bytes_empty(path);
}

static const struct web_endpoint *route(struct web_call *call,
                                        const struct web_endpoints *endpoints, struct bytes method,
                                        struct bytes path)
{
    for (size_t i = 0; i < endpoints->count && endpoints->rows[i].path != NULL; i++) {
        const struct web_endpoint *row = &endpoints->rows[i];
        if (bytes_equal(bytes_of(methods[row->method]), method) &&
            matches(&call->parts, bytes_of(row->path), path))
            return row;
    }
    return NULL;
}

static void take_query(struct web_call *call, struct bytes query)
{
    while (!bytes_empty(query)) {
        struct bytes value = bytes_split(&query, '&');
        struct bytes name = bytes_split(&value, '=');
        must(web_takes(call->endpoint, name), "not a parameter of", call->endpoint->path);
        pairs_add(&call->query, name, decoded(value, true));
    }
}

bool fake_call_routes(const struct web_endpoints *endpoints, const char *request)
{
    struct web_call call = {.status = 0};
    struct bytes query = bytes_of(request);
    struct bytes method = bytes_split(&query, ' ');
    struct bytes path = bytes_split(&query, '?');
    bool routes = route(&call, endpoints, method, path) != NULL;
    pairs_release(&call.parts);
    return routes;
}

struct web_call *fake_call(const struct web_endpoints *endpoints, const char *request,
                           const char *body)
{
    const struct domain domain = {.name = "example.org", .algorithm_count = 1};
    struct web_call *call = memory_new(sizeof(*call));
    call->domains = domains_new();
    domains_add(call->domains, &domain);
    call->limits = (struct web_limits){.buddies_max = 1000,
                                       .rules_max_bytes = 65536,
                                       .aliases_max = 100,
                                       .webhooks_max = 100,
                                       .secret_grace_s = 86400,
                                       .domains_max = 2,
                                       .list_user = "list"};
    struct bytes query = bytes_of(request);
    struct bytes method = bytes_split(&query, ' ');
    struct bytes path = bytes_split(&query, '?');
    call->endpoint = route(call, endpoints, method, path);
    must(call->endpoint != NULL, "no endpoint for", request);
    take_query(call, query);
    call->content = memory_copy(bytes_of(body));
    if (body != NULL && call->endpoint->body == WEB_JSON) {
        call->body = json_loads(body, JSON_DECODE_ANY, NULL);
        must(call->body != NULL, "no JSON:", body);
    }
    return call;
}

void fake_call_free(struct web_call **call)
{
    if (*call == NULL)
        return;
    if ((*call)->release != NULL && (*call)->kept != NULL)
        (*call)->release((*call)->kept);
    pairs_release(&(*call)->parts);
    pairs_release(&(*call)->query);
    pairs_release(&(*call)->fields);
    pairs_release(&(*call)->answered);
    domains_free(&(*call)->domains);
    json_decref((*call)->body);
    json_decref((*call)->json);
    free((*call)->content);
    free((*call)->text);
    free((*call)->events_user);
    free(*call);
    *call = NULL;
}

void fake_call_as(struct web_call *call, const char *caller)
{
    call->caller = caller;
}

void fake_call_field(struct web_call *call, const char *name, const char *value)
{
    pairs_add(&call->fields, bytes_of(name), memory_copy(bytes_of(value)));
}

void fake_call_operate(struct web_call *call, const struct web_operations *operations)
{
    call->operations = operations;
}

void fake_call_limits(struct web_call *call, const struct web_limits *limits)
{
    call->limits = *limits;
}

void fake_call_run(struct web_call *call, struct account_file *file, const struct web_core *core)
{
    assert(call->status == 0);
    call->others = core != NULL ? core->domains : NULL;
    if (call->endpoint->file != NULL && file != NULL)
        call->endpoint->file(call, file);
    if (call->endpoint->live != NULL && core != NULL && call->status == 0)
        call->endpoint->live(call, core);
    if (call->status == 0)
        call->status = 204;
}

/* What a test reads. */

unsigned fake_call_status(const struct web_call *call)
{
    return call->status;
}

const json_t *fake_call_json(const struct web_call *call)
{
    return call->json;
}

struct bytes fake_call_text(const struct web_call *call)
{
    return bytes_from(call->text, call->text_length);
}

const char *fake_call_type(const struct web_call *call)
{
    return call->type != NULL ? call->type : "";
}

const char *fake_call_problem(const struct web_call *call)
{
    return call->kind;
}

const char *fake_call_problem_field(const struct web_call *call)
{
    return call->field;
}

const char *fake_call_problem_detail(const struct web_call *call)
{
    return call->detail;
}

const char *fake_call_answer_field(const struct web_call *call, const char *name)
{
    const char *value = pairs_find(&call->answered, name);
    return value != NULL ? value : "";
}

const struct web_events *fake_call_events(const struct web_call *call)
{
    return call->events.types != 0 ? &call->events : NULL;
}

struct store_change fake_call_waits(const struct web_call *call)
{
    return call->change;
}

char *fake_call_etag(const json_t *value)
{
    char tag[24];
    char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    (void)snprintf(tag, sizeof(tag), "\"%016llx\"",
                   (unsigned long long)bytes_hash(bytes_of(text), 0));
    free(text);
    return memory_copy(bytes_of(tag));
}

/* web/endpoint.h: what does not change, and what is asked. */

const struct domains *web_domains(const struct web_call *call)
{
    return call->others != NULL ? call->others : call->domains;
}

const struct web_limits *web_limits(const struct web_call *call)
{
    return &call->limits;
}

const struct web_operations *web_operations(const struct web_call *call)
{
    return call->operations;
}

uint64_t web_wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

struct bytes web_part(const struct web_call *call, const char *name)
{
    return bytes_of(pairs_find(&call->parts, name));
}

bool web_query(const struct web_call *call, const char *name, struct bytes *value)
{
    const char *found = pairs_find(&call->query, name);
    must(web_takes(call->endpoint, bytes_of(name)), "no parameter is declared with the name", name);
    if (found != NULL)
        *value = bytes_of(found);
    return found != NULL;
}

bool web_query_number(struct web_call *call, const char *name, uint64_t least, uint64_t most,
                      uint64_t usual, uint64_t *value)
{
    struct bytes text;
    *value = usual;
    if (!web_query(call, name, &text))
        return true;
    if (bytes_to_u64(text, value) && *value >= least && *value <= most)
        return true;
    web_problem(call, 400, "bad-query", name, "%s must be a number from %llu to %llu", name,
                (unsigned long long)least, (unsigned long long)most);
    return false;
}

struct bytes web_field(const struct web_call *call, const char *name)
{
    return bytes_of(pairs_find(&call->fields, name));
}

const json_t *web_json(const struct web_call *call)
{
    return call->body;
}

struct bytes web_content(const struct web_call *call)
{
    return bytes_of(call->content);
}

/* A made-up token opens everything. */
bool web_has_scope(const struct web_call *call, struct bytes scope)
{
    return bytes_empty(web_caller(call)) && !bytes_empty(scope);
}

struct bytes web_caller(const struct web_call *call)
{
    return bytes_of(call->caller);
}

void web_keep(struct web_call *call, void *value, void (*release)(void *value))
{
    assert(call->kept == NULL);
    call->kept = value;
    call->release = release;
}

void *web_kept(const struct web_call *call)
{
    return call->kept;
}

/* web/endpoint.h: what is answered. */

void web_answer(struct web_call *call, unsigned status, json_t *value)
{
    must(call->status == 0, "answered twice:", call->endpoint->path);
    call->status = status;
    call->json = value;
}

void web_answer_text(struct web_call *call, unsigned status, const char *type, struct bytes text)
{
    must(call->status == 0, "answered twice:", call->endpoint->path);
    call->status = status;
    call->type = type;
    call->text = memory_copy(text);
    call->text_length = text.length;
}

void web_answer_field(struct web_call *call, const char *name, struct bytes value)
{
    pairs_add(&call->answered, bytes_of(name), memory_copy(value));
}

void web_varies(struct web_call *call, const char *name)
{
    if (pairs_find(&call->answered, "Vary") == NULL)
        web_answer_field(call, "Vary", bytes_of(name));
}

void web_problem(struct web_call *call, unsigned status, const char *kind, const char *field,
                 const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(call->detail, sizeof(call->detail), format, arguments);
    va_end(arguments);
    (void)snprintf(call->kind, sizeof(call->kind), "%s", kind);
    (void)snprintf(call->field, sizeof(call->field), "%s", field != NULL ? field : "");
    assert(status >= 400);
    web_answer(call, status,
               json_pack("{s:s, s:i, s:s, s:s}", "type", kind, "status", (int)status, "detail",
                         call->detail, "field", call->field));
}

void web_answer_events(struct web_call *call, const struct web_events *events)
{
    must(call->status == 0, "answered twice:", call->endpoint->path);
    call->status = 200;
    call->type = "text/event-stream";
    call->events = *events;
    call->events_user = memory_copy(events->user);
    call->events.user = bytes_of(call->events_user);
}

/* At once. */
void web_slow(struct web_call *call, web_work_fn work)
{
    work(call);
}

bool web_is_ending(const struct web_call *call)
{
    (void)call;
    return false;
}

void web_problem_line(struct web_call *call, unsigned line)
{
    json_object_set_new(call->json, "line", json_integer(line));
}

void web_problem_errors(struct web_call *call, json_t *errors)
{
    json_object_set(call->json, "errors", errors);
}

bool web_answered(const struct web_call *call)
{
    return call->status != 0;
}

void web_wait(struct web_call *call, struct store_change change)
{
    if (change.number != 0)
        call->change = change;
}

/* Is the tag of what is there now among those of the field? "*": anything that there is. */
static bool names(const char *field, const json_t *current)
{
    if (current == NULL)
        return false;
    if (strcmp(field, "*") == 0)
        return true;
    char *tag = fake_call_etag(current);
    bool named = strstr(field, tag) != NULL;
    free(tag);
    return named;
}

/* Tags are of the JSON alone here. */
void web_tag(struct web_call *call, const json_t *current)
{
    assert(call != NULL && current != NULL);
    (void)call;
    (void)current;
}

bool web_may_change(struct web_call *call, const json_t *current)
{
    const char *match = pairs_find(&call->fields, "If-Match");
    const char *none = pairs_find(&call->fields, "If-None-Match");
    if ((match == NULL || names(match, current)) && (none == NULL || !names(none, current)))
        return true;
    web_problem(call, 412, "precondition-failed", NULL, "it was changed meanwhile: get it again");
    return false;
}

/* web/counts.h: nothing was refused, and nothing waits. */

void web_each_refusal(struct web_call *call,
                      void (*visit)(void *context, unsigned status, const char *kind,
                                    uint64_t count),
                      void *context)
{
    assert(call != NULL && visit != NULL);
    (void)call, (void)visit, (void)context;
}

struct web_depths web_depths(struct web_call *call)
{
    assert(call != NULL);
    (void)call;
    return (struct web_depths){0};
}
