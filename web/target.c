/* target.c: what a request is for: the target (RFC 9112 3.2) cut into path and query, both decoded
 * (RFC 3986 2.1), and the endpoint of that path.
 *
 *     /api/v1/users/alice%40example.org/roster?limit=10
 *
 * A path is compared part by part, each decoded after the cut: an encoded slash is no cut. A path
 * that is known with other methods is 405. Clients fold "." and ".." away before they send (RFC
 * 3986 5.2.4): what was to name a thing would name all that it lies in. A slash at the end, which
 * is what that leaves, is therefore of no path, and such parts themselves are refused. */
#include <assert.h>

#include "web/web_internal.h"

enum { TEXT_MAX = 8192 };

static const char *const methods[] = {
    [WEB_GET] = "GET",     [WEB_PUT] = "PUT",       [WEB_POST] = "POST",
    [WEB_PATCH] = "PATCH", [WEB_DELETE] = "DELETE",
};
enum { METHODS = sizeof(methods) / sizeof(methods[0]) };

const char *web_method_name(enum web_method method)
{
    return methods[method];
}

static int hex_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* False: a percent sign without two hex digits, or a zero byte. */
bool percent_decode(struct bytes text, bool plus, struct buffer *out)
{
    for (size_t i = 0; i < text.length; i++) {
        char c = text.at[i];
        if (c == '%') {
            int high = i + 2 < text.length ? hex_of(text.at[i + 1]) : -1;
            int low = high >= 0 ? hex_of(text.at[i + 2]) : -1;
            if (low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        } else if (plus && c == '+') {
            c = ' ';
        }
        if (c == '\0')
            return false;
        buffer_char(out, c);
    }
    return !out->overflow;
}

/* The decoded text in the arena; false: it is broken. */
static bool decode(struct web_call *call, struct bytes text, bool plus, struct bytes *decoded)
{
    struct buffer out = buffer_over(arena_alloc(&call->arena, text.length + 1), text.length);
    if (!percent_decode(text, plus, &out))
        return false;
    *decoded = buffer_bytes(&out);
    return bytes_is_utf8(*decoded);
}

static bool take_query(struct web_call *call, struct bytes query)
{
    while (!bytes_empty(query)) {
        struct bytes value = bytes_split(&query, '&'), name = bytes_split(&value, '=');
        if (bytes_empty(name))
            continue;
        if (!decode(call, name, true, &name) || !decode(call, value, true, &value) ||
            !pairs_add(call, &call->query, name, value))
            return false;
    }
    return true;
}

/* Of two values one would count, and not each reader takes the same. */
static bool is_each_once(struct web_call *call)
{
    for (size_t i = 1; i < call->query.count; i++) {
        const struct web_pair *pair = &call->query.at[i];
        if (pairs_find(&call->query, pair->name) == pair)
            continue;
        web_problem(call, 400, "bad-query", pair->name.at,
                    "the parameter is there twice; write it once");
        return false;
    }
    return true;
}

/* What is misspelt would be left out, and more be shown or done than was asked for. */
static bool is_each_taken(struct web_call *call, const struct web_endpoint *endpoint)
{
    for (size_t i = 0; i < call->query.count; i++) {
        struct bytes name = call->query.at[i].name;
        if (web_takes(endpoint, name))
            continue;
        web_problem(call, 400, "bad-query", name.at, "%s %s takes %s%s, not \"%.*s\"",
                    web_method_name(endpoint->method), endpoint->path,
                    endpoint->query != NULL ? "the parameters " : "no parameters",
                    endpoint->query != NULL ? endpoint->query : "", BYTES_ARGS(name));
        return false;
    }
    return true;
}

/* The next part of a path that began with a slash. */
static struct bytes next_part(struct bytes *path)
{
    *path = bytes_skip(*path, 1);
    ptrdiff_t slash = bytes_index(*path, '/');
    struct bytes part = slash < 0 ? *path : bytes_first(*path, (size_t)slash);
    *path = bytes_skip(*path, part.length);
    return part;
}

/* Does the path have the pattern? Its parts are noted, still encoded. */
static bool matches(struct bytes pattern, struct bytes path, struct web_pair *parts, size_t *count)
{
    *count = 0;
    while (!bytes_empty(pattern) && !bytes_empty(path)) {
        struct bytes wanted = next_part(&pattern), part = next_part(&path);
        if (!bytes_starts_with(wanted, BYTES("{"))) {
            if (!bytes_equal(wanted, part))
                return false;
            continue;
        }
        if (bytes_empty(part))
            return false;
        assert(*count < WEB_PARTS_MAX);
        parts[(*count)++] =
            (struct web_pair){bytes_first(bytes_skip(wanted, 1), wanted.length - 2), part};
    }
    return bytes_empty(pattern) && bytes_empty(path);
}

/* Of two paths that fit, "/users/{user}" and "/users/import", the one with fewer parts is meant. */
struct search {
    const struct web_endpoint *found;
    struct web_pair parts[WEB_PARTS_MAX];
    size_t count;
    bool allowed[METHODS];
    size_t least; /* parts of the best path so far */
};

static void look_at(struct search *search, const struct web_endpoint *row, bool known,
                    enum web_method method, struct bytes path)
{
    struct web_pair parts[WEB_PARTS_MAX];
    size_t count;
    if (!matches(bytes_of(row->path), path, parts, &count) || count > search->least)
        return;
    if (count < search->least) {
        *search = (struct search){.least = count};
    }
    search->allowed[row->method] = true;
    if (!known || row->method != method)
        return;
    search->found = row;
    search->count = count;
    memcpy(search->parts, parts, sizeof(parts));
}

static void search_all(const struct web *web, struct search *search, bool known,
                       enum web_method method, struct bytes path)
{
    for (const struct web_endpoints *table = web->ground.endpoints; table->rows != NULL; table++)
        for (size_t i = 0; i < table->count && table->rows[i].path != NULL; i++)
            look_at(search, &table->rows[i], known, method, path);
}

static bool take_method(struct bytes text, enum web_method *method)
{
    *method = WEB_GET; /* and HEAD */
    if (bytes_equal(text, BYTES("HEAD")))
        return true;
    for (size_t i = 0; i < METHODS; i++) {
        if (bytes_equal(text, bytes_of(methods[i]))) {
            *method = (enum web_method)i;
            return true;
        }
    }
    return false;
}

static void write_allowed(const struct search *search, struct buffer *out)
{
    for (size_t i = 0; i < METHODS; i++)
        if (search->allowed[i])
            buffer_format(out, "%s%s%s", out->length > 0 ? ", " : "", methods[i],
                          i == WEB_GET ? ", HEAD" : "");
    buffer_text(out, ", OPTIONS");
}

static void refuse_method(struct web_call *call, const struct search *search, struct bytes method)
{
    char memory[96];
    struct buffer allow = buffer_over(memory, sizeof(memory));
    write_allowed(search, &allow);
    if (bytes_equal(method, BYTES("OPTIONS")))
        web_answer_text(call, 204, "text/plain", BYTES(""));
    else
        web_problem(call, 405, "method-not-allowed", NULL, "%.*s takes %.*s, not %.*s",
                    BYTES_ARGS(call->path), BYTES_ARGS(buffer_bytes(&allow)), BYTES_ARGS(method));
    web_answer_field(call, "Allow", buffer_bytes(&allow));
}

static bool take_parts(struct web_call *call, const struct search *search)
{
    for (size_t i = 0; i < search->count; i++) {
        struct bytes value;
        if (!decode(call, search->parts[i].value, false, &value))
            return false;
        pairs_add(call, &call->parts, search->parts[i].name, value);
    }
    return true;
}

/* RFC 9112 3.2.2: the absolute form, which proxies are sent, is taken, too; who is named does not
 * matter here. False: it is none of ours, or broken. */
static bool skip_authority(struct bytes *target)
{
    static const char *const schemes[] = {"http://", "https://"};
    size_t length = 0, i = 0;
    while (i < 2 &&
           !bytes_equal_nocase(bytes_first(*target, strlen(schemes[i])), bytes_of(schemes[i])))
        i++;
    if (i == 2)
        return false;
    *target = bytes_skip(*target, strlen(schemes[i]));
    while (length < target->length && target->at[length] != '/' && target->at[length] != '?')
        length++;
    if (length == 0 || bytes_index(bytes_first(*target, length), '@') >= 0)
        return false;
    *target = bytes_skip(*target, length);
    return true;
}

/* RFC 9112 3.2: none may stand there, and who reads it otherwise reads another request. */
static bool has_blank(struct bytes target)
{
    for (size_t i = 0; i < target.length; i++)
        if ((unsigned char)target.at[i] <= ' ' || target.at[i] == 0x7f)
            return true;
    return false;
}

/* "." or "..", however it is encoded. */
static bool is_dots(struct bytes part)
{
    size_t dots = 0;
    while (!bytes_empty(part)) {
        bool encoded = bytes_equal_nocase(bytes_first(part, 3), BYTES("%2e"));
        if (!encoded && part.at[0] != '.')
            return false;
        part = bytes_skip(part, encoded ? 3 : 1);
        dots++;
    }
    return dots == 1 || dots == 2;
}

static bool has_dots(struct bytes path)
{
    while (!bytes_empty(path))
        if (is_dots(next_part(&path)))
            return true;
    return false;
}

static bool ends_with_slash(struct bytes path)
{
    return path.length > 1 && path.at[path.length - 1] == '/';
}

static void refuse_path(struct web_call *call)
{
    if (ends_with_slash(call->path))
        web_problem(call, 404, "not-found", NULL,
                    "there is nothing at %.*s: no path ends with a slash, and no name is empty, "
                    "\".\" or \"..\"; leave the slash out if this is the one you mean",
                    BYTES_ARGS(call->path));
    else
        web_problem(call, 404, "not-found", NULL,
                    "there is nothing at %.*s; /api/v1/openapi.json lists what there is",
                    BYTES_ARGS(call->path));
}

/* The path of the target. */
static bool take_path(struct web_call *call, struct bytes *query)
{
    *query = call->target;
    if (call->target.length > TEXT_MAX || has_blank(call->target) ||
        (!bytes_starts_with(*query, BYTES("/")) && !skip_authority(query)))
        return false;
    struct bytes path = bytes_split(query, '?');
    call->path = bytes_empty(path) ? BYTES("/") : path;
    return true;
}

/* RFC 9110 9.3.7: what there is here of methods, whatever the path. */
static void answer_options(struct web_call *call)
{
    struct search search = {.least = 0};
    char memory[96];
    struct buffer allow = buffer_over(memory, sizeof(memory));
    for (size_t i = 0; i < METHODS; i++)
        search.allowed[i] = true;
    write_allowed(&search, &allow);
    call->path = call->target;
    web_answer_text(call, 204, "text/plain", BYTES(""));
    web_answer_field(call, "Allow", buffer_bytes(&allow));
}

/* RFC 9112 3.2: more than one is refused, and none but of HTTP/1.0. The library would refuse the
 * latter, too (MHD_OPTION_STRICT_FOR_CLIENT), but in HTML. */
static bool has_one_host(const struct web_call *call)
{
    unsigned hosts = 0;
    for (size_t i = 0; i < call->fields.count; i++)
        hosts += bytes_equal_nocase(call->fields.at[i].name, BYTES("Host"));
    return hosts == 1 || (hosts == 0 && !call->needs_host);
}

void target_route(struct web_call *call, struct bytes method)
{
    struct search search = {.least = WEB_PARTS_MAX};
    struct bytes query;
    bool known = take_method(method, &call->method);
    if (bytes_equal(call->target, BYTES("*")) && bytes_equal(method, BYTES("OPTIONS")) &&
        has_one_host(call)) {
        answer_options(call);
        return;
    }
    if (!take_path(call, &query) || !take_query(call, query)) {
        web_problem(call, 400, "bad-target", NULL,
                    "the target is no path and query of percent-encoded UTF-8, or too long; write "
                    "%%2F for a slash within a part and at most %d parameters",
                    WEB_QUERY_MAX);
        return;
    }
    if (!has_one_host(call)) {
        web_problem(call, 400, "bad-host", "Host", "one Host is wanted (RFC 9112 3.2)");
        return;
    }
    if (has_dots(call->path)) {
        web_problem(
            call, 400, "bad-target", NULL,
            "a part of the path is \".\" or \"..\", which clients and proxies fold away and "
            "nothing is named here; write a user as ..@example.org");
        return;
    }
    search_all(call->web, &search, known, call->method, call->path);
    bool any = false;
    for (size_t i = 0; i < METHODS; i++)
        any = any || search.allowed[i];
    if (!any)
        refuse_path(call);
    else if (search.found == NULL)
        refuse_method(call, &search, method);
    else if (!take_parts(call, &search))
        web_problem(call, 400, "bad-target", NULL,
                    "the path is not percent-encoded UTF-8; a percent sign itself is %%25");
    else if (is_each_once(call) && is_each_taken(call, search.found))
        call->endpoint = search.found;
}
