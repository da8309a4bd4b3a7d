/* fake_call.h: the functions of web/endpoint.h without HTTP, for tests of endpoints.
 *
 *     struct web_call *call = fake_call(&endpoints, "PUT /api/v1/users/alice?x=y", "{\"a\": 1}");
 *     fake_call_run(call, file, core);
 *     ck_assert_uint_eq(fake_call_status(call), 200); ... fake_call_json(call) ...
 *     fake_call_free(&call);
 *
 * Ours is example.org, or what the core has; limits are 1000 buddies, 64 KiB of
 * rules and two domains made. It
 * routes, decodes and keeps; who may call is not its business. */
#ifndef TESTS_UNIT_WEB_FAKE_CALL_H
#define TESTS_UNIT_WEB_FAKE_CALL_H

#include "web/core.h"
#include "web/endpoint.h"

/* A call of one of the endpoints (one row is enough), by its method and target; `body` is JSON when
 * the endpoint wants that and it is not NULL. Ends the test when nothing has the path, or the JSON
 * is none. */
struct web_call *fake_call(const struct web_endpoints *endpoints, const char *request,
                           const char *body);
/* Does any of them have the path? */
bool fake_call_routes(const struct web_endpoints *endpoints, const char *request);
void fake_call_free(struct web_call **call);

/* Before it runs: who calls (canonical), and a field of the request. Constants. */
void fake_call_as(struct web_call *call, const char *caller);
void fake_call_field(struct web_call *call, const char *name, const char *value);
void fake_call_limits(struct web_call *call, const struct web_limits *limits);
void fake_call_operate(struct web_call *call, const struct web_operations *operations);

/* `file`, then `live` unless it is answered; what has no file (core) skips it. A call that answered
 * nothing is 204. */
void fake_call_run(struct web_call *call, struct account_file *file, const struct web_core *core);

unsigned fake_call_status(const struct web_call *call);
/* Of the answer, a problem's too; NULL: it has none. Borrowed. */
const json_t *fake_call_json(const struct web_call *call);
/* Of web_answer_text; empty: none. */
struct bytes fake_call_text(const struct web_call *call);
const char *fake_call_type(const struct web_call *call);
/* Of a problem: its kind, field and detail; "" when there is none. */
const char *fake_call_problem(const struct web_call *call);
const char *fake_call_problem_field(const struct web_call *call);
const char *fake_call_problem_detail(const struct web_call *call);
/* A field of the answer; "" when there is none. */
const char *fake_call_answer_field(const struct web_call *call, const char *name);
/* Of web_answer_events; NULL: it is another answer. */
const struct web_events *fake_call_events(const struct web_call *call);
/* What the answer waits for. */
struct store_change fake_call_waits(const struct web_call *call);
/* The ETag that a GET with this answer would have, quotes included; to be freed. */
char *fake_call_etag(const json_t *value);

#endif
