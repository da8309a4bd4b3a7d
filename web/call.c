/* call.c: what endpoints ask of a call and answer to it (endpoint.h).
 *
 * All texts lie in the call's arena. An answer is kept as what it is (a JSON value, a text, the
 * parts of a problem) until it is sent. */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "web/scopes.h"
#include "web/web_internal.h"

struct web_call *call_new(struct web *web, struct bytes target)
{
    struct web_call *call = memory_new(sizeof(*call));
    arena_init(&call->arena, 0);
    call->web = web;
    call->holders = 1;
    call->target = arena_copy(&call->arena, target);
    call->parts.most = WEB_PARTS_MAX;
    call->query.most = WEB_QUERY_MAX;
    call->fields.most = WEB_FIELDS_MAX;
    call->more.most = WEB_ANSWER_FIELDS_MAX;
    web_lock(web);
    web->calls++;
    call->limits = web->settings.limits;
    web_unlock(web);
    return call;
}

static void call_free(struct web_call *call)
{
    web_repeats_settle(call);
    web_stream_free(&call->stream);
    if (call->release != NULL)
        call->release(call->kept);
    json_decref(call->json);
    json_decref(call->value);
    free(call->content);
    arena_release(&call->arena);
    free(call);
}

void call_drop(struct web_call *call)
{
    struct web *web = call->web;
    web_lock(web);
    assert(call->holders > 0);
    bool last = --call->holders == 0;
    web_unlock(web);
    if (!last)
        return;
    call_free(call);
    web_lock(web);
    if (--web->calls == 0)
        pthread_cond_broadcast(&web->changed);
    web_unlock(web);
}

bool pairs_add(struct web_call *call, struct web_pairs *pairs, struct bytes name,
               struct bytes value)
{
    if (pairs->count == pairs->most)
        return false;
    if (pairs->at == NULL)
        pairs->at = arena_alloc(&call->arena, pairs->most * sizeof(*pairs->at));
    pairs->at[pairs->count].name = arena_copy(&call->arena, name);
    pairs->at[pairs->count++].value = arena_copy(&call->arena, value);
    return true;
}

const struct web_pair *pairs_find(const struct web_pairs *pairs, struct bytes name)
{
    for (size_t i = 0; i < pairs->count; i++)
        if (bytes_equal_nocase(pairs->at[i].name, name))
            return &pairs->at[i];
    return NULL;
}

bool web_is_read(const struct web_call *call)
{
    return call->method == WEB_GET;
}

/* What is asked. */

const struct domains *web_domains(const struct web_call *call)
{
    return call->web->ground.core.domains;
}

const struct web_limits *web_limits(const struct web_call *call)
{
    return &call->limits;
}

const struct web_operations *web_operations(const struct web_call *call)
{
    return call->web->ground.core.operations;
}

struct bytes web_part(const struct web_call *call, const char *name)
{
    const struct web_pair *pair = pairs_find(&call->parts, bytes_of(name));
    return pair != NULL ? pair->value : BYTES("");
}

bool web_query(const struct web_call *call, const char *name, struct bytes *value)
{
    const struct web_pair *pair = pairs_find(&call->query, bytes_of(name));
    assert(web_takes(call->endpoint, bytes_of(name)));
    if (pair != NULL)
        *value = pair->value;
    return pair != NULL;
}

bool web_query_number(struct web_call *call, const char *name, uint64_t least, uint64_t most,
                      uint64_t usual, uint64_t *value)
{
    struct bytes text;
    uint64_t number;
    *value = usual;
    if (!web_query(call, name, &text))
        return true;
    if (bytes_to_u64(text, &number) && number >= least && number <= most) {
        *value = number;
        return true;
    }
    web_problem(call, 400, "bad-query", name, "%s must be a number from %llu to %llu", name,
                (unsigned long long)least, (unsigned long long)most);
    return false;
}

struct bytes web_field(const struct web_call *call, const char *name)
{
    const struct web_pair *pair = pairs_find(&call->fields, bytes_of(name));
    return pair != NULL ? pair->value : BYTES("");
}

const json_t *web_json(const struct web_call *call)
{
    return call->json;
}

struct bytes web_content(const struct web_call *call)
{
    return bytes_from(call->content, call->content_length);
}

bool web_has_scope(const struct web_call *call, struct bytes scope)
{
    return scope_covers(call->scopes, scope);
}

struct bytes web_caller(const struct web_call *call)
{
    return call->caller;
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

/* What is answered. */

void web_answer(struct web_call *call, unsigned status, json_t *value)
{
    assert(call->status == 0 && status >= 200 && status < 600);
    if (value == NULL) {
        web_problem(call, 500, "no-text", NULL,
                    "the answer holds bytes that are no UTF-8; the database or a client has them");
        return;
    }
    call->status = status;
    call->value = value;
    call->type = "application/json";
}

void web_answer_text(struct web_call *call, unsigned status, const char *type, struct bytes text)
{
    assert(call->status == 0 && status >= 200 && status < 600 && type != NULL);
    call->status = status;
    call->type = type;
    call->text = arena_copy(&call->arena, text);
}

void web_answer_field(struct web_call *call, const char *name, struct bytes value)
{
    bool added = pairs_add(call, &call->more, bytes_of(name), value);
    assert(added);
    (void)added;
}

void web_varies(struct web_call *call, const char *name)
{
    for (size_t i = 0; i < call->more.count; i++)
        if (bytes_equal_nocase(call->more.at[i].name, BYTES("Vary")) &&
            bytes_equal_nocase(call->more.at[i].value, bytes_of(name)))
            return;
    web_answer_field(call, "Vary", bytes_of(name));
}

const char *web_phrase(unsigned status)
{
    const char *phrase = MHD_get_reason_phrase_for(status);
    return phrase != NULL ? phrase : "Error";
}

void web_problem(struct web_call *call, unsigned status, const char *kind, const char *field,
                 const char *format, ...)
{
    enum { DETAIL_SIZE = 2048 };
    char detail[DETAIL_SIZE], type[128];
    assert(call->status == 0 && status >= 400 && kind != NULL);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(detail, sizeof(detail), format, arguments);
    va_end(arguments);
    snprintf(type, sizeof(type), "urn:herald:problem:%s", kind);
    json_t *text = json_string(detail); /* none when it is no UTF-8: a path may hold anything */
    if (text == NULL)
        text = json_string(web_phrase(status));
    call->value = json_pack("{s:s, s:s, s:i, s:o}", "type", type, "title", web_phrase(status),
                            "status", (int)status, "detail", text);
    if (field != NULL)
        json_object_set_new(call->value, "field", json_string(field));
    call->status = status;
    call->kind = kind;
    call->type = "application/problem+json";
}

void web_problem_line(struct web_call *call, unsigned line)
{
    assert(call->status >= 400);
    json_object_set_new(call->value, "line", json_integer(line));
}

void web_problem_errors(struct web_call *call, json_t *errors)
{
    assert(call->status >= 400);
    json_object_set(call->value, "errors", errors);
}

bool web_answered(const struct web_call *call)
{
    return call->status != 0;
}

void call_unanswer(struct web_call *call)
{
    json_decref(call->value);
    call->value = NULL;
    call->text = BYTES("");
    call->type = NULL;
    call->kind = NULL;
    call->status = 0;
    call->more.count = 0;
}

static void add_change(struct web_call *call)
{
    if (call->change_count == call->change_room) {
        size_t room = call->change_room > 0 ? 2 * call->change_room : 2;
        struct store_change *more = arena_alloc(&call->arena, room * sizeof(*more));
        for (size_t i = 0; i < call->change_count; i++)
            more[i] = call->changes[i];
        call->changes = more;
        call->change_room = room;
    }
    call->change_count++;
}

void web_wait(struct web_call *call, struct store_change change)
{
    size_t i = 0;
    while (i < call->change_count && call->changes[i].partition != change.partition)
        i++;
    if (change.number == 0)
        return;
    if (i == call->change_count)
        add_change(call);
    call->changes[i] = change;
}
