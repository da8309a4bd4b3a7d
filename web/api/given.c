/* given.c: reading calls. Nothing of a body is believed before it was judged here; whatever is
 * wrong is noted with its place, and all of it is answered at once. */
#include "web/api/given_internal.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { DETAIL_SIZE = 512, FAULTS_MOST = 1000, NEXT_SIZE = 4096 };
enum { WHOLE = 1000, FITS_BY_NAME = 3 };

/* Faults. */

json_t *given_json(struct bytes text)
{
    json_t *json = json_stringn(bytes_empty(text) ? "" : text.at, text.length);
    return json != NULL ? json : json_string("");
}

void fault_add(struct faults *faults, const char *pointer, const char *format, ...)
{
    char detail[DETAIL_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(detail, sizeof(detail), format, arguments);
    va_end(arguments);
    if (faults->list == NULL)
        faults->list = json_array();
    if (json_array_size(faults->list) >= FAULTS_MOST)
        return;
    json_t *fault = json_object();
    json_object_set_new(fault, "field", given_json(bytes_of(pointer)));
    json_object_set_new(fault, "detail", given_json(bytes_of(detail)));
    json_array_append_new(faults->list, fault);
}

bool faults_answer(struct web_call *call, struct faults *faults)
{
    size_t count = json_array_size(faults->list);
    if (count == 0)
        return false;
    const json_t *first = json_array_get(faults->list, 0);
    const char *field = json_string_value(json_object_get(first, "field"));
    if (count == 1)
        web_problem(call, 400, "bad-field", field, "%s",
                    json_string_value(json_object_get(first, "detail")));
    else
        web_problem(call, 400, "bad-field", field, "there are %zu faults; nothing was changed",
                    count);
    if (count > 1)
        web_problem_errors(call, faults->list);
    json_decref(faults->list);
    faults->list = NULL;
    return true;
}

/* Names. */

static void explain(const struct web_call *call, enum people_fault fault, char detail[DETAIL_SIZE])
{
    const char *domain = domains_first(web_domains(call))->name;
    if (fault == PEOPLE_TOO_LONG)
        snprintf(detail, DETAIL_SIZE, "the address is too long; at most %d bytes are kept",
                 PEOPLE_AOR_MAX);
    else if (fault == PEOPLE_ELSEWHERE)
        snprintf(detail, DETAIL_SIZE,
                 "the domain is none of this server's; GET /api/v1/domains lists them");
    else
        snprintf(detail, DETAIL_SIZE, "this names nobody; write alice, alice@%s or sip:alice@%s",
                 domain, domain);
}

void given_name_fault(struct web_call *call, struct faults *faults, const char *pointer,
                      enum people_fault fault)
{
    char detail[DETAIL_SIZE];
    explain(call, fault, detail);
    fault_add(faults, pointer, "%s", detail);
}

static bool name_is_good(struct web_call *call, const char *part, enum people_fault fault)
{
    char detail[DETAIL_SIZE];
    if (fault == PEOPLE_GOOD)
        return true;
    explain(call, fault, detail);
    if (fault == PEOPLE_ELSEWHERE)
        web_problem(call, 404, "not-found", part, "%s", detail);
    else
        web_problem(call, 400, "bad-name", part, "%s", detail);
    return false;
}

bool given_new_name(struct web_call *call, const char *field, const struct people_aor *aor)
{
    const char *service = web_limits(call)->list_user;
    if (!people_is_service(bytes_of(aor->text), bytes_of(service != NULL ? service : "")))
        return true;
    web_problem(call, 409, "service", field,
                "%s is the service that sends to a list (im.list_user); take another name",
                aor->text);
    return false;
}

bool given_user(struct web_call *call, struct people_aor *aor)
{
    return name_is_good(call, "user",
                        people_find_user(web_domains(call), web_part(call, "user"), aor));
}

bool given_anybody(struct web_call *call, const char *part, struct people_aor *aor)
{
    return name_is_good(call, part,
                        people_find_anybody(web_domains(call), web_part(call, part), aor));
}

void given_own_name(const struct web_call *call, const char *part, struct people_aor *aor)
{
    struct people_aor own;
    struct bytes name = web_part(call, part);
    if (people_find_alias(web_domains(call), name, &own) != PEOPLE_GOOD)
        (void)people_find_anybody(web_domains(call), name, &own); /* of elsewhere: no alias */
    *aor = own;
}

/* Members. */

struct bytes given_bytes(const json_t *text)
{
    return bytes_from(json_string_value(text), json_string_length(text));
}

void given_point(const struct given *given, const char *name, char pointer[GIVEN_POINTER_SIZE])
{
    struct buffer out = buffer_over(pointer, GIVEN_POINTER_SIZE - 1);
    size_t whole = 0;
    buffer_text(&out, given->pointer);
    buffer_char(&out, '/');
    for (; *name != '\0' && !out.overflow; name++) {
        if (((unsigned char)*name & 0xc0) != 0x80)
            whole = out.length;
        if (*name == '~' || *name == '/')
            buffer_text(&out, *name == '~' ? "~0" : "~1");
        else
            buffer_char(&out, *name);
    }
    pointer[out.overflow ? whole : out.length] = '\0';
}

bool given_object(struct web_call *call, struct faults *faults, struct given *given)
{
    *given = (struct given){web_json(call), "", faults};
    if (json_is_object(given->object))
        return true;
    web_problem(call, 400, "bad-body", "", "a JSON object is wanted");
    return false;
}

void given_only(const struct given *given, const char *const *names)
{
    char pointer[GIVEN_POINTER_SIZE];
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)given->object, key, value)
    {
        const char *const *name = names;
        while (*name != NULL && strcmp(*name, key) != 0)
            name++;
        if (*name != NULL)
            continue;
        given_point(given, key, pointer);
        fault_add(given->faults, pointer, "there is no such member; leave it out");
    }
}

bool given_text(const struct given *given, const char *name,
                const char *(*judge)(struct bytes text), struct bytes *value)
{
    char pointer[GIVEN_POINTER_SIZE];
    const json_t *member = json_object_get(given->object, name);
    if (member == NULL)
        return false;
    given_point(given, name, pointer);
    if (!json_is_string(member) && !json_is_null(member)) {
        fault_add(given->faults, pointer, "a text is wanted");
        return false;
    }
    struct bytes text = json_is_null(member) ? BYTES("") : given_bytes(member);
    const char *fault = judge != NULL && !json_is_null(member) ? judge(text) : NULL;
    if (fault != NULL)
        fault_add(given->faults, pointer, "%s", fault);
    else
        *value = text;
    return fault == NULL;
}

bool given_number(const struct given *given, const char *name, uint64_t most, uint64_t *value)
{
    char pointer[GIVEN_POINTER_SIZE];
    const json_t *member = json_object_get(given->object, name);
    if (member == NULL)
        return false;
    json_int_t number = json_integer_value(member);
    if (json_is_integer(member) && number >= 0 && (uint64_t)number <= most) {
        *value = (uint64_t)number;
        return true;
    }
    given_point(given, name, pointer);
    fault_add(given->faults, pointer, "a number from 0 to %llu is wanted",
              (unsigned long long)most);
    return false;
}

bool given_truth(const struct given *given, const char *name, bool *value)
{
    char pointer[GIVEN_POINTER_SIZE];
    const json_t *member = json_object_get(given->object, name);
    if (member == NULL)
        return false;
    if (json_is_boolean(member)) {
        *value = json_is_true(member);
        return true;
    }
    given_point(given, name, pointer);
    fault_add(given->faults, pointer, "true or false is wanted");
    return false;
}

/* Media types. */

bool given_type_is(struct bytes field, const char *type)
{
    return bytes_equal_nocase(bytes_trim(bytes_split(&field, ';')), bytes_of(type));
}

/* RFC 9110 12.4.2 in thousandths: "0.7" is 700. What is none counts as nothing wanted. */
static unsigned weight_of(struct bytes text)
{
    unsigned weight = 0, unit = WHOLE;
    for (size_t i = 0; i < text.length; i++) {
        if (i == 1 && text.at[i] == '.')
            continue;
        if (i > 4 || text.at[i] < '0' || text.at[i] > '9')
            return 0;
        weight += (unsigned)(text.at[i] - '0') * unit;
        unit /= 10;
    }
    return weight <= WHOLE ? weight : 0;
}

static unsigned weight_of_range(struct bytes parameters)
{
    while (!bytes_empty(parameters)) {
        struct bytes value = bytes_split(&parameters, ';'), name = bytes_split(&value, '=');
        if (bytes_equal_nocase(bytes_trim(name), BYTES("q")))
            return weight_of(bytes_trim(value));
    }
    return WHOLE;
}

/* How well a range has the type: by name 3, "text/" and a star 2, anything 1, not at all 0. */
static unsigned fit_of(struct bytes range, const char *type)
{
    struct bytes family = bytes_first(bytes_of(type), (size_t)(strchr(type, '/') - type) + 1);
    if (bytes_equal_nocase(range, bytes_of(type)))
        return FITS_BY_NAME;
    if (bytes_equal(range, BYTES("*/*")))
        return 1;
    return range.length == family.length + 1 && range.at[range.length - 1] == '*' &&
                   bytes_equal_nocase(bytes_first(range, family.length), family)
               ? 2
               : 0;
}

/* The weight that the closest range gives a type (RFC 9110 12.5.1); *fit: how close that is. */
static unsigned weight_of_type(struct bytes accept, const char *type, unsigned *fit)
{
    unsigned weight = 0;
    *fit = 0;
    while (!bytes_empty(accept)) {
        struct bytes parameters = bytes_split(&accept, ',');
        struct bytes range = bytes_trim(bytes_split(&parameters, ';'));
        unsigned fits = fit_of(range, type);
        if (fits == 0 || fits < *fit)
            continue;
        weight = weight_of_range(parameters);
        *fit = fits;
    }
    return weight;
}

bool given_accepts(struct web_call *call, const char *type)
{
    struct bytes accept = web_field(call, "Accept");
    unsigned fit, any, weight = weight_of_type(accept, type, &fit);
    web_varies(call, "Accept");
    return fit == FITS_BY_NAME && weight > 0 &&
           weight >= weight_of_type(accept, "application/json", &any);
}

/* Pages. */

bool page_read(struct web_call *call, struct page *page)
{
    uint64_t limit;
    *page = (struct page){.limit = GIVEN_LIMIT_USUAL};
    if (!web_query_number(call, "limit", 1, GIVEN_LIMIT_MOST, GIVEN_LIMIT_USUAL, &limit))
        return false;
    page->limit = (unsigned)limit;
    web_query(call, "after", &page->after);
    return true;
}

json_t *page_list(const struct page *page, const char *path, json_t *items, const char *last)
{
    char text[NEXT_SIZE];
    struct buffer next = buffer_over(text, sizeof(text));
    json_t *list = json_object();
    json_object_set_new(list, "items", items);
    if (last == NULL)
        return list;
    buffer_format(&next, "%s?limit=%u&after=", path, page->limit);
    buffer_percent(&next, bytes_of(last));
    if (!bytes_empty(page->search)) {
        buffer_text(&next, "&search=");
        buffer_percent(&next, page->search);
    }
    assert(!next.overflow);
    json_object_set_new(list, "next", given_json(buffer_bytes(&next)));
    return list;
}

/* Transactions. */

void given_failed(struct web_call *call, enum err err)
{
    assert(err != ERR_NONE);
    if (err == ERR_NOT_FOUND)
        web_problem(call, 404, "not-found", "user",
                    "there is no such user; POST /api/v1/users makes one");
    else if (err == ERR_BUSY)
        web_problem(call, 503, "busy", NULL, "the database is busy; try again");
    else
        web_problem(call, 500, "store", NULL,
                    "the database cannot be used (%s); nothing was changed; see the server's log",
                    err_name(err));
}

static bool begun(struct web_call *call, enum err err)
{
    if (err != ERR_NONE)
        given_failed(call, err);
    return err == ERR_NONE;
}

bool given_begin(struct web_call *call, struct account_file *file)
{
    return begun(call, account_begin(file));
}

bool given_begin_read(struct web_call *call, struct account_file *file)
{
    return begun(call, account_begin_read(file));
}

bool given_end(struct web_call *call, struct account_file *file, enum err err)
{
    if (err == ERR_NONE && !web_answered(call))
        err = account_commit(file);
    account_rollback(file);
    if (err != ERR_NONE && !web_answered(call))
        given_failed(call, err);
    return !web_answered(call);
}
