/* web_fuzz.c: a method, a blank, a target, a line feed, a line of a field (If-Match and its like),
 * a line feed and a body: routing, names, tags and JSON of the HTTP API. Whatever comes is either
 * for an endpoint, with parts that are UTF-8, or has a problem for an answer that is JSON itself.
 */
#include "front/domains.h"
#include "fuzz.h"
#include "web/web_internal.h"

static const struct web_endpoint rows[] = {
    {WEB_GET, "/api/v1/users", WEB_OPEN, false, WEB_NO_BODY, NULL, NULL, "limit, after"},
    {WEB_GET, "/u/{user}", WEB_OPEN, false, WEB_NO_BODY, NULL, NULL},
    {WEB_GET, "/u/import", WEB_OPEN, false, WEB_NO_BODY, NULL, NULL},
    {WEB_GET, "/u/{user}/r/{buddy}", WEB_OPEN, false, WEB_NO_BODY, NULL, NULL},
    {WEB_PATCH, "/u/{user}", WEB_OPEN, false, WEB_JSON, NULL, NULL},
    {WEB_POST, "/u", WEB_OPEN, false, WEB_JSON, NULL, NULL},
    {.path = NULL},
};
static const struct web_endpoints tables[] = {{rows, SIZE_MAX}, {NULL, 0}};

static void check_answer(struct web_call *call)
{
    struct bytes text = answer_text(call);
    if (call->status == 204)
        return;
    json_t *value = json_loadb(text.at, text.length, JSON_DECODE_ANY, NULL);
    insist(value != NULL);
    insist(call->status < 400 || json_is_string(json_object_get(value, "detail")));
    json_decref(value);
}

static void check_parts(struct web_call *call)
{
    for (size_t i = 0; i < call->parts.count; i++) {
        struct bytes value = call->parts.at[i].value;
        insist(bytes_is_utf8(value) && bytes_index(value, '\0') < 0 && !bytes_empty(value));
    }
    struct bytes name = who_name(call, web_part(call, "user"));
    insist(bytes_empty(name) || bytes_equal(who_name(call, name), name));
}

static void check_body(struct web_call *call, struct bytes field, struct bytes body)
{
    insist(pairs_add(call, &call->fields, BYTES("If-Match"), field));
    insist(pairs_add(call, &call->fields, BYTES("Content-Type"), field));
    body_judge_type(call);
    call_unanswer(call);
    if (!bytes_empty(body))
        body_take(call, body.at, body.length);
    body_parse(call);
    if (!web_answered(call) && web_may_change(call, web_json(call)))
        web_answer(call, 200, json_deep_copy(web_json(call)));
}

static void run(struct web *web, struct bytes method, struct bytes target, struct bytes field,
                struct bytes body)
{
    struct web_call *call = call_new(web, target);
    target_route(call, method);
    insist(web_answered(call) == (call->endpoint == NULL));
    if (call->endpoint != NULL) {
        check_parts(call);
        check_body(call, field, body);
    }
    if (web_answered(call))
        check_answer(call);
    call_drop(call);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct domain domain = {
        .name = "example.org", .algorithms = {DIGEST_SHA256}, .algorithm_count = 1};
    char *text = exact_copy(data, size);
    struct bytes body = bytes_from(text, size), target = bytes_split(&body, '\n');
    struct bytes field = bytes_split(&body, '\n'), method = bytes_split(&target, ' ');
    struct web web = {.ground = {.endpoints = tables}, .settings = web_settings_default()};
    struct domains *domains = domains_new();
    domains_add(domains, &domain);
    web.ground.core.domains = domains;
    insist(pthread_mutex_init(&web.lock, NULL) == 0);
    insist(pthread_cond_init(&web.changed, NULL) == 0);
    run(&web, method, target, field, body);
    pthread_cond_destroy(&web.changed);
    pthread_mutex_destroy(&web.lock);
    domains_free(&domains);
    free(text);
    return 0;
}
