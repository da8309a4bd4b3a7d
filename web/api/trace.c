/* trace.c: the messages that the trace has kept, the youngest first, and the ladder of some.
 *
 * The trace is walked back from the youngest, or from behind the last one of the page before, so
 * what comes meanwhile moves no page. It is the reactor that walks: a page ends early when much was
 * looked at, or much is shown, and the next one goes on there. */
#include "web/api/trace.h"

#include <stdlib.h>

#include "base/memory.h"
#include "web/api/give_internal.h"
#include "web/api/ladder_internal.h"

enum {
    NEXT_SIZE = 4096,
    LOOK_BYTES_MAX = 16 << 20, /* of texts that one call looks at */
    LOOK_BYTES_EACH = 256,     /* that a text counts for besides */
    SHOW_BYTES_MAX = 1 << 20   /* of whole texts that one call shows */
};

/* What is asked for. */

/* False: that is answered. */
static bool is_on(struct web_call *call, const struct web_core *core)
{
    if (core->trace == NULL)
        web_problem(call, 409, "off", NULL,
                    "nothing is traced; set trace.messages_max and trace.max_bytes in the "
                    "configuration, and restart");
    return core->trace != NULL;
}

/* False: that is answered. `user` is the query's memory. */
static bool read_query(struct web_call *call, struct people_aor *user, struct traced_query *query)
{
    *user = (struct people_aor){.domain = NULL};
    *query = (struct traced_query){.domains = web_domains(call)};
    if (!give_anybody(call, "user", user))
        return false;
    web_query(call, "call_id", &query->call_id);
    query->user = give_aor(user);
    return true;
}

/* Messages as JSON. */

static void give_address(json_t *item, const char *name, const struct net_address *address)
{
    char text[64];
    struct buffer out = buffer_over(text, sizeof(text));
    net_address_write(address, &out);
    give_text(item, name, buffer_bytes(&out));
}

static void give_cseq(json_t *item, const struct sip_message *message)
{
    struct bytes method = message->request ? message->method_name : message->cseq_method;
    give_text(item, "method", method);
    give_text(item, "request_uri", message->request_uri);
    if (message->request || message->status == 0)
        json_object_set_new(item, "status", json_null());
    else
        give_number(item, "status", message->status);
    give_text(item, "reason", message->reason);
    if (message->first[SIP_CSEQ] < 0)
        json_object_set_new(item, "cseq", json_null());
    else
        give_number(item, "cseq", message->cseq);
}

/* Of what stands in it without its secrets, which keep their lengths. */
static json_t *message_json(const struct trace_message *kept, bool whole)
{
    char *copy = memory_copy(kept->text);
    struct trace_message masked = *kept;
    struct traced traced;
    traced_mask(copy, kept->text.length);
    masked.text = bytes_from(copy, kept->text.length);
    traced_read(&masked, &traced);
    const struct sip_message *message = &traced.message;
    json_t *item = json_object();
    json_object_set_new(item, "id", json_sprintf("%llu", (unsigned long long)kept->id));
    give_time(item, "time", kept->wall_ms);
    give_words(item, "direction", kept->sent ? "out" : "in");
    give_words(item, "transport", traced_transport(kept->flow.protocol));
    give_address(item, "local", &kept->flow.local);
    give_address(item, "remote", &kept->flow.remote);
    give_text(item, "call_id", message->call_id);
    give_cseq(item, message);
    give_text(item, "from", message->from.uri.text);
    give_text(item, "to", message->to.uri.text);
    give_text(item, "event", sip_message_value(message, SIP_EVENT));
    give_text(item, "subscription_state", sip_message_value(message, SIP_SUBSCRIPTION_STATE));
    give_number(item, "size", kept->size);
    give_flag(item, "cut", kept->text.length < kept->size);
    if (whole)
        give_text(item, "message", masked.text);
    free(copy);
    return item;
}

/* The list. */

static void write_next(const struct traced_query *query, uint64_t limit, bool whole, uint64_t last,
                       struct buffer *out)
{
    buffer_format(out, "/api/v1/trace?limit=%llu", (unsigned long long)limit);
    if (!bytes_empty(query->call_id)) {
        buffer_text(out, "&call_id=");
        buffer_percent(out, query->call_id);
    }
    if (!bytes_empty(query->user)) {
        buffer_text(out, "&user=");
        buffer_percent(out, query->user);
    }
    buffer_text(out, whole ? "&full=yes&after=" : "&after=");
    buffer_number(out, last);
    buffer_char(out, '\0');
}

struct listing {
    const struct trace *trace;
    struct traced_query query;
    uint64_t id; /* the next one to look at is the one before it */
    size_t looked_bytes;
    bool tired;          /* there may be more, but that is enough for a call */
    struct traced found; /* the last one that was wanted */
};

static bool list_next(struct listing *listing)
{
    struct trace_message kept;
    while (listing->id > 1 && trace_find(listing->trace, listing->id - 1, &kept)) {
        listing->tired = listing->looked_bytes >= LOOK_BYTES_MAX;
        if (listing->tired)
            return false;
        listing->id--;
        listing->looked_bytes += kept.text.length + LOOK_BYTES_EACH;
        if (traced_take(&listing->query, &kept, &listing->found))
            return true;
    }
    return false;
}

/* Where the walk begins; an id that is not kept any more has nothing behind it. */
static bool read_after(struct web_call *call, const struct web_core *core, uint64_t *after)
{
    return web_query_number(call, "after", 1, UINT64_MAX, trace_last(core->trace) + 1, after);
}

/* With the texts? False: that is answered. */
static bool read_full(struct web_call *call, bool *full)
{
    struct bytes value = BYTES("no");
    web_query(call, "full", &value);
    *full = bytes_equal(value, BYTES("yes"));
    if (*full || bytes_equal(value, BYTES("no")))
        return true;
    web_problem(call, 400, "bad-query", "full", "full must be yes, with the texts, or no");
    return false;
}

static void get_trace(struct web_call *call, const struct web_core *core)
{
    struct people_aor user;
    struct listing listing = {.trace = core->trace};
    char next[NEXT_SIZE];
    struct buffer out = buffer_over(next, sizeof(next));
    bool whole;
    uint64_t limit, last = 0;
    size_t shown_bytes = 0;
    if (!is_on(call, core) || !read_query(call, &user, &listing.query) ||
        !read_full(call, &whole) ||
        !web_query_number(call, "limit", 1, GIVE_MOST, GIVE_USUAL, &limit) ||
        !read_after(call, core, &listing.id))
        return;
    json_t *items = json_array();
    while (json_array_size(items) < limit && shown_bytes < SHOW_BYTES_MAX && list_next(&listing)) {
        last = listing.id;
        shown_bytes += whole ? listing.found.kept.text.length : 0;
        json_array_append_new(items, message_json(&listing.found.kept, whole));
    }
    bool more = listing.tired || list_next(&listing) || listing.tired;
    write_next(&listing.query, limit, whole, listing.tired ? listing.id : last, &out);
    give_list(call, items, more && !out.overflow ? next : NULL);
}

static void get_message(struct web_call *call, const struct web_core *core)
{
    struct trace_message kept;
    uint64_t id = 0;
    if (!is_on(call, core))
        return;
    if (!bytes_to_u64(web_part(call, "message"), &id) || !trace_find(core->trace, id, &kept)) {
        web_problem(call, 404, "not-found", "message",
                    "there is no such message (any more); GET /api/v1/trace for those that there "
                    "are");
        return;
    }
    web_answer(call, 200, message_json(&kept, true));
}

/* The ladder. */

static struct ladder *gather(struct listing *listing, size_t *count)
{
    uint64_t ids[LADDER_MESSAGES_MAX];
    struct ladder *ladder = ladder_new(listing->trace);
    *count = 0;
    while (*count < LADDER_MESSAGES_MAX && list_next(listing))
        ids[(*count)++] = listing->id;
    for (size_t i = *count; i > 0; i--)
        ladder_add(ladder, ids[i - 1]);
    return ladder;
}

static void answer_ladder(struct web_call *call, struct listing *listing)
{
    size_t count;
    char *text = memory_new(LADDER_SIZE);
    struct buffer out = buffer_over(text, LADDER_SIZE);
    struct ladder *ladder = gather(listing, &count);
    if (count == LADDER_MESSAGES_MAX && list_next(listing))
        buffer_format(&out, "(the latest %zu; there are older ones)\n", count);
    else if (listing->tired && count > 0)
        buffer_format(&out, "(there may be older ones: see /api/v1/trace, page by page)\n");
    ladder_write(ladder, &out);
    if (count > 0)
        web_answer_text(call, 200, "text/plain; charset=utf-8", buffer_bytes(&out));
    else
        web_problem(call, 404, "not-found", bytes_empty(listing->query.user) ? "call_id" : "user",
                    listing->tired ? "the latest messages have nothing of it; GET /api/v1/trace "
                                     "goes further back, page by page"
                                   : "nothing of it is kept; GET /api/v1/trace for what there is");
    ladder_free(&ladder);
    free(text);
}

static void get_ladder(struct web_call *call, const struct web_core *core)
{
    struct people_aor user;
    struct listing listing = {.trace = core->trace};
    if (!is_on(call, core) || !read_query(call, &user, &listing.query))
        return;
    if (bytes_empty(listing.query.call_id) && bytes_empty(listing.query.user)) {
        web_problem(call, 400, "bad-query", "call_id",
                    "what is wanted: call_id=..., the Call-ID of a conversation, or user=...");
        return;
    }
    listing.id = trace_last(core->trace) + 1;
    answer_ladder(call, &listing);
}

const struct web_endpoint trace_endpoints[] = {
    {WEB_GET, "/api/v1/trace", WEB_OPERATIONS, false, WEB_NO_BODY, NULL, get_trace,
     "call_id, user, full, limit, after"},
    {WEB_GET, "/api/v1/trace/ladder", WEB_OPERATIONS, false, WEB_NO_BODY, NULL, get_ladder,
     "call_id, user"},
    {WEB_GET, "/api/v1/trace/{message}", WEB_OPERATIONS, false, WEB_NO_BODY, NULL, get_message},
    {.path = NULL},
};
