/* body.c: what comes behind the header fields: gathered up to the bound, of a type that the
 * endpoint takes, and JSON if that is wanted.
 *
 * JSON must call itself that: a page of another site can have a browser send forms and plain text
 * anywhere, but not this (CSRF). */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "web/web_internal.h"

void body_take(struct web_call *call, const char *data, size_t length)
{
    size_t most = call->web->settings.body_max_bytes;
    bool unwanted = call->endpoint == NULL || call->endpoint->body == WEB_NO_BODY;
    call->too_long = call->too_long || (!unwanted && length > most - call->content_length);
    if (unwanted || call->too_long || web_answered(call)) /* it is only swallowed */
        return;
    if (call->content_room - call->content_length < length + 1) {
        size_t room = 2 * (call->content_length + length) + 1;
        call->content = memory_resize(call->content, room);
        call->content_room = room;
    }
    memcpy(call->content + call->content_length, data, length);
    call->content_length += length;
    call->content[call->content_length] = '\0';
}

void body_judge_type(struct web_call *call)
{
    struct bytes field = web_field(call, "Content-Type");
    struct bytes type = bytes_trim(bytes_split(&field, ';'));
    bool patch = call->method == WEB_PATCH &&
                 bytes_equal_nocase(type, BYTES("application/merge-patch+json"));
    if (call->endpoint->body != WEB_JSON || patch ||
        bytes_equal_nocase(type, BYTES("application/json")))
        return;
    web_problem(call, 415, "content-type", "Content-Type",
                "the body must be application/json%s, and say so in Content-Type",
                call->method == WEB_PATCH ? " or application/merge-patch+json" : "");
    if (call->method == WEB_PATCH)
        web_answer_field(call, "Accept-Patch",
                         BYTES("application/merge-patch+json, application/json"));
}

void body_parse(struct web_call *call)
{
    json_error_t error;
    if (call->endpoint->body != WEB_JSON)
        return;
    if (call->content_length == 0) {
        web_problem(call, 400, "no-body", NULL,
                    "a JSON body is wanted; /api/v1/openapi.json shows its form");
        return;
    }
    call->json = json_loadb(call->content, call->content_length,
                            JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (call->json != NULL)
        return;
    web_problem(call, 400, "bad-json", NULL, "the body is no JSON: line %d, column %d: %s",
                error.line, error.column, error.text);
    json_object_set_new(call->value, "line", json_integer(error.line));
    json_object_set_new(call->value, "column", json_integer(error.column));
}
