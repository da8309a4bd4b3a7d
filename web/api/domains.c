/* domains.c: the domains that are served: those of the configuration, which are there for good, and
 * those that are made here. What is made lies in the database (store/domains.h); whoever asks a web
 * thread sees that, and the reactor takes it over before the answer leaves (front/domains.h). */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/domains.h"
#include "web/api/given_internal.h"
#include "web/api/people.h"

enum { OTHERS_SIZE = PEOPLE_DOMAIN_ALIASES_MAX * (PEOPLE_DOMAIN_MAX_BYTES + 1) };

/* A list of names with a blank between them. */
struct names {
    char text[OTHERS_SIZE];
    size_t length;
};

static void names_add(struct names *names, struct bytes name)
{
    assert(names->length + name.length + 1 < sizeof(names->text));
    if (names->length > 0)
        names->text[names->length++] = ' ';
    memcpy(names->text + names->length, name.at, name.length);
    names->length += name.length;
}

static struct bytes names_bytes(const struct names *names)
{
    return bytes_from(names->text, names->length);
}

/* Is it one of the words? */
static bool has_word(struct bytes words, struct bytes word)
{
    while (!bytes_empty(words))
        if (bytes_equal(bytes_split(&words, ' '), word))
            return true;
    return false;
}

/* What is asked about. */
struct asked {
    char name[PEOPLE_DOMAIN_MAX_BYTES + 1]; /* canonical */
    char *lines;                            /* of the database */
    uint64_t users;
    json_t *current; /* NULL: there is none of that name */
    json_t *state;   /* what of it is changed by those who change it; NULL likewise */
    bool configured;
};

static void asked_release(struct asked *asked)
{
    free(asked->lines);
    json_decref(asked->current);
    json_decref(asked->state);
}

static const char *source_of(bool made)
{
    return made ? "api" : "configuration";
}

static void add_name(void *context, const char *name)
{
    json_array_append_new(context, json_string(name));
}

/* They offer what the first domain does, as domains_take gives it to them. */
static json_t *domain_json(const struct domain *offers, const char *name, json_t *aliases,
                           bool made, uint64_t users)
{
    json_t *algorithms = json_array();
    for (unsigned i = 0; i < offers->algorithm_count; i++)
        json_array_append_new(algorithms,
                              json_string(digest_algorithm_name(offers->algorithms[i])));
    return json_pack("{s:s, s:o, s:o, s:I, s:s}", "domain", name, "aliases", aliases, "algorithms",
                     algorithms, "users", (json_int_t)users, "source", source_of(made));
}

static json_t *made_json(const struct web_call *call, const struct asked *asked,
                         struct bytes others)
{
    json_t *aliases = json_array();
    while (!bytes_empty(others))
        json_array_append_new(aliases, given_json(bytes_split(&others, ' ')));
    return domain_json(domains_first(web_domains(call)), asked->name, aliases, true, asked->users);
}

/* The domain of the configuration that has this name or is called by it too; NULL: none. */
static const struct domain *configured_as(const struct web_call *call, struct bytes name)
{
    const struct domain *domain = domains_find(web_domains(call), name);
    return domain != NULL && !domain->made ? domain : NULL;
}

/* The other names of one of the database; false: there is none. */
static bool find_line(const char *lines, const char *name, struct bytes *others)
{
    struct bytes rest = bytes_of(lines);
    while (!bytes_empty(rest)) {
        *others = bytes_split(&rest, '\n');
        if (bytes_equal(bytes_split(others, ' '), bytes_of(name)))
            return true;
    }
    return false;
}

/* The name in the path, canonical; false: 400 is answered. */
static bool given_domain(struct web_call *call, struct asked *asked)
{
    *asked = (struct asked){.lines = NULL};
    const char *fault = people_domain_fault(web_part(call, "domain"), asked->name);
    if (fault != NULL)
        web_problem(call, 400, "bad-name", "domain", "%s", fault);
    return fault == NULL;
}

/* Within a transaction: what there is of that name. */
static enum err look(struct web_call *call, struct account_file *file, struct asked *asked)
{
    struct bytes others;
    const struct domain *domain = configured_as(call, bytes_of(asked->name));
    enum err err = domain_lines(file, &asked->lines);
    if (err == ERR_NONE)
        err = domain_users(file, bytes_of(asked->name), &asked->users);
    if (err != ERR_NONE)
        return err;
    asked->configured = domain != NULL;
    if (domain != NULL && strcmp(domain->name, asked->name) == 0) {
        json_t *aliases = json_array();
        domains_each_name(web_domains(call), domain, add_name, aliases);
        asked->current = domain_json(domain, asked->name, aliases, false, asked->users);
    } else if (domain == NULL && find_line(asked->lines, asked->name, &others)) {
        asked->current = made_json(call, asked, others);
    }
    if (asked->current != NULL) { /* who has an account there is nobody's change of it */
        asked->state = json_copy(asked->current);
        json_object_del(asked->state, "users");
    }
    return ERR_NONE;
}

static void no_domain(struct web_call *call, const struct asked *asked)
{
    web_problem(call, 404, "not-found", "domain",
                "%s is no domain of this server by its own name; GET /api/v1/domains lists those "
                "that are",
                asked->name);
}

static void get_domain(struct web_call *call, struct account_file *file)
{
    struct asked asked;
    if (!given_domain(call, &asked) || !given_begin_read(call, file))
        return;
    enum err err = look(call, file, &asked);
    if (err == ERR_NONE && asked.current == NULL)
        no_domain(call, &asked);
    if (given_end(call, file, err)) {
        web_tag(call, asked.state);
        web_answer(call, 200, json_incref(asked.current));
    }
    asked_release(&asked);
}

/* Bodies. */

static void take_alias(const struct given *given, size_t i, const char *own, struct names *others)
{
    char pointer[GIVEN_POINTER_SIZE], name[PEOPLE_DOMAIN_MAX_BYTES + 1];
    const json_t *item = json_array_get(json_object_get(given->object, "aliases"), i);
    const char *fault =
        json_is_string(item) ? people_domain_fault(given_bytes(item), name) : "a text is wanted";
    snprintf(pointer, sizeof(pointer), "/aliases/%zu", i);
    if (fault != NULL)
        fault_add(given->faults, pointer, "%s", fault);
    else if (strcmp(name, own) != 0 && !has_word(names_bytes(others), bytes_of(name)))
        names_add(others, bytes_of(name));
}

/* False: it is wrong, and that is answered. */
static bool read_others(struct web_call *call, const struct asked *asked, struct names *others)
{
    static const char *const members[] = {"aliases", "domain", NULL};
    struct faults faults = {NULL};
    struct given given;
    others->length = 0;
    if (!given_object(call, &faults, &given))
        return false;
    given_only(&given, members);
    const json_t *own = json_object_get(given.object, "domain");
    char name[PEOPLE_DOMAIN_MAX_BYTES + 1];
    if (own != NULL && (!json_is_string(own) || people_domain_fault(given_bytes(own), name) ||
                        strcmp(name, asked->name) != 0))
        fault_add(&faults, "/domain", "a domain keeps its name; leave it out");
    const json_t *list = json_object_get(given.object, "aliases");
    if (list != NULL && (!json_is_array(list) || json_array_size(list) > PEOPLE_DOMAIN_ALIASES_MAX))
        fault_add(&faults, "/aliases", "an array of at most %d other names is wanted",
                  PEOPLE_DOMAIN_ALIASES_MAX);
    else
        for (size_t i = 0; i < json_array_size(list); i++)
            take_alias(&given, i, asked->name, others);
    return !faults_answer(call, &faults);
}

/* Whose the name is, beside the domain that is asked about: the first word of a line, or the
 * configuration's; empty: nobody's. */
static struct bytes holder_of(const struct web_call *call, const struct asked *asked,
                              struct bytes name)
{
    const struct domain *domain = configured_as(call, name);
    if (domain != NULL)
        return bytes_of(domain->name);
    struct bytes rest = bytes_of(asked->lines);
    while (!bytes_empty(rest)) {
        struct bytes line = bytes_split(&rest, '\n'), words = line;
        struct bytes holder = bytes_split(&words, ' ');
        if (!bytes_equal(holder, bytes_of(asked->name)) && has_word(line, name))
            return holder;
    }
    return BYTES("");
}

/* False: a name is taken, and 409 is answered. */
static bool names_are_free(struct web_call *call, const struct asked *asked,
                           const struct names *others)
{
    struct bytes rest = names_bytes(others), name = bytes_of(asked->name);
    struct bytes holder = holder_of(call, asked, name);
    const char *field = "domain";
    while (bytes_empty(holder) && !bytes_empty(rest)) {
        name = bytes_split(&rest, ' ');
        holder = holder_of(call, asked, name);
        field = "/aliases";
    }
    if (bytes_empty(holder))
        return true;
    web_problem(call, 409, "conflict", field,
                "%.*s is a name of %.*s already; take another one, or take it away there",
                BYTES_ARGS(name), BYTES_ARGS(holder));
    return false;
}

/* False: it is the configuration's, and 409 is answered. */
static bool is_ours_to_change(struct web_call *call, const struct asked *asked)
{
    if (!asked->configured)
        return true;
    web_problem(call, 409, "configured", "domain",
                "%s stands in the configuration (domains); change it there and start anew",
                asked->name);
    return false;
}

/* False: too many names have come and gone, and 409 is answered. */
static bool may_be_remembered(struct web_call *call, const struct asked *asked)
{
    if (asked->current != NULL || domains_have_room(web_domains(call), bytes_of(asked->name)))
        return true;
    web_problem(
        call, 409, "limit", "domain",
        "%d other domains were taken away since the server started; use one of their names, "
        "or start the server anew",
        DOMAINS_ASIDE_MAX);
    return false;
}

static void answer_put(struct web_call *call, const struct asked *asked, struct bytes others)
{
    char location[PEOPLE_DOMAIN_MAX_BYTES + 32];
    snprintf(location, sizeof(location), "/api/v1/domains/%s", asked->name);
    web_answer(call, asked->current != NULL ? 200 : 201, made_json(call, asked, others));
    if (asked->current == NULL)
        web_answer_field(call, "Location", bytes_of(location));
}

static void put_domain(struct web_call *call, struct account_file *file)
{
    struct asked asked;
    struct names others;
    unsigned most = web_limits(call)->domains_max;
    if (!given_domain(call, &asked) || !read_others(call, &asked, &others) ||
        !given_begin(call, file))
        return;
    enum err err = look(call, file, &asked);
    if (err == ERR_NONE && web_may_change(call, asked.state) && is_ours_to_change(call, &asked) &&
        names_are_free(call, &asked, &others) && may_be_remembered(call, &asked))
        err = domain_put(file, bytes_of(asked.name), names_bytes(&others), most);
    if (err == ERR_LIMIT)
        web_problem(call, 409, "limit", "domain",
                    "there %s %u %s beside those of the configuration (web.domains_max); "
                    "DELETE one first, or raise that",
                    word_for(most, "is", "are"), most, word_for(most, "domain", "domains"));
    if (given_end(call, file, err))
        answer_put(call, &asked, names_bytes(&others));
    asked_release(&asked);
}

static void refuse_users(struct web_call *call, const struct asked *asked)
{
    web_problem(call, 409, "has-users", "domain",
                "%s has %llu %s first (DELETE /api/v1/users/{user})", asked->name,
                (unsigned long long)asked->users,
                word_for(asked->users, "user; erase that one", "users; erase them"));
}

/* One that was made, whose name the configuration has given to another domain since. */
static bool is_overruled(const struct asked *asked)
{
    struct bytes others;
    return asked->configured && find_line(asked->lines, asked->name, &others);
}

static void delete_domain(struct web_call *call, struct account_file *file)
{
    struct asked asked;
    if (!given_domain(call, &asked) || !given_begin(call, file))
        return;
    enum err err = look(call, file, &asked);
    if (err == ERR_NONE && asked.current == NULL && is_overruled(&asked))
        err = domain_delete(file, bytes_of(asked.name));
    else if (err == ERR_NONE && asked.current == NULL)
        no_domain(call, &asked);
    else if (err == ERR_NONE && web_may_change(call, asked.state) &&
             is_ours_to_change(call, &asked)) {
        if (asked.users > 0)
            refuse_users(call, &asked);
        else
            err = domain_delete(file, bytes_of(asked.name));
    }
    given_end(call, file, err);
    asked_release(&asked);
}

static void add_domain(void *context, const struct domain *domain)
{
    json_array_append_new(context, json_pack("{s:s, s:s}", "domain", domain->name, "source",
                                             source_of(domain->made)));
}

static void get_domains(struct web_call *call, struct account_file *file)
{
    json_t *items = json_array();
    (void)file;
    domains_each(web_domains(call), add_domain, items);
    web_answer(call, 200, json_pack("{s:o}", "items", items));
}

#define DOMAIN "/api/v1/domains/{domain}"

const struct web_endpoint domains_endpoints[] = {
    {WEB_GET, "/api/v1/domains", WEB_PEOPLE, false, WEB_NO_BODY, get_domains, NULL},
    {WEB_GET, DOMAIN, WEB_PEOPLE, false, WEB_NO_BODY, get_domain, NULL},
    {WEB_PUT, DOMAIN, WEB_PEOPLE, false, WEB_JSON, put_domain, NULL},
    {WEB_DELETE, DOMAIN, WEB_PEOPLE, false, WEB_NO_BODY, delete_domain, NULL},
    {.path = NULL},
};
