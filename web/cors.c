/* cors.c: pages of other sites (the fetch standard, "CORS protocol").
 *
 * They may nothing, unless their origin is configured. A browser that knows a password sends it
 * along by itself: so a change that comes from a page of an origin that is neither ours nor
 * configured is refused, whatever it brings. */
#include "web/web_internal.h"

static bool is_configured(struct web *web, struct bytes origin)
{
    bool found = false;
    web_lock(web);
    for (unsigned i = 0; i < web->settings.origin_count && !found; i++)
        found = bytes_equal(origin, bytes_of(web->settings.origins[i]));
    web_unlock(web);
    return found;
}

/* "http://host:port" of the host that is asked. */
static bool is_ours(const struct web_call *call, struct bytes origin)
{
    struct bytes host = web_field(call, "Host");
    struct bytes scheme = call->secure ? BYTES("https://") : BYTES("http://");
    return !bytes_empty(host) && bytes_starts_with(origin, scheme) &&
           bytes_equal_nocase(bytes_skip(origin, scheme.length), host);
}

bool cors_allows(struct web_call *call)
{
    struct bytes origin = web_field(call, "Origin");
    if (bytes_empty(origin) || web_is_read(call) || is_ours(call, origin) ||
        is_configured(call->web, origin))
        return true;
    web_problem(call, 403, "origin", "Origin",
                "pages of %.*s may not change anything here; web.origins lists those that may",
                BYTES_ARGS(origin));
    return false;
}

void cors_add(struct web_call *call)
{
    struct bytes origin = web_field(call, "Origin");
    if (bytes_empty(origin) || !is_configured(call->web, origin))
        return;
    const struct web_pair more[] = {
        {BYTES("Access-Control-Allow-Origin"), origin},
        {BYTES("Vary"), BYTES("Origin")},
        {BYTES("Access-Control-Expose-Headers"), BYTES("ETag, Location, Retry-After")},
        {BYTES("Access-Control-Allow-Methods"), BYTES("GET, PUT, POST, PATCH, DELETE")},
        {BYTES("Access-Control-Allow-Headers"),
         BYTES("Accept, Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, "
               "Last-Event-ID")},
        {BYTES("Access-Control-Max-Age"), BYTES("600")},
    };
    bool asks = !bytes_empty(web_field(call, "Access-Control-Request-Method"));
    for (size_t i = 0; i < (asks ? sizeof(more) / sizeof(more[0]) : 3); i++)
        (void)pairs_add(call, &call->more, more[i].name, more[i].value);
}
