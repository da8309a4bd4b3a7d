/* path.c: reads expressions, by recursive descent, and writes them again.
 *
 * A prefix that is not bound is a fault but for the three of our own documents: the RFC's own
 * example (RFC 4661 6.5) uses one of them so. A name without prefix is in no namespace (section 5).
 */
#include "path_internal.h"

#include <assert.h>

#include "grammar_internal.h"

struct reader {
    struct bytes rest;
    const char *start;
    const struct path_bindings *bindings;
    struct arena *arena;
    bool conditions;
    unsigned term_count;
    struct verdict fault;
};

static bool fail(struct reader *reader, unsigned status, const char *reason)
{
    if (verdict_ok(reader->fault))
        reader->fault = verdict(status, reason, (size_t)(reader->rest.at - reader->start));
    return false;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_blanks(struct reader *reader)
{
    while (!bytes_empty(reader->rest) && is_blank(reader->rest.at[0]))
        reader->rest = bytes_skip(reader->rest, 1);
}

static char peek(const struct reader *reader)
{
    return bytes_empty(reader->rest) ? '\0' : reader->rest.at[0];
}

/* Takes `token` off the front, if it is there. */
static bool take(struct reader *reader, struct bytes token)
{
    if (!bytes_starts_with(reader->rest, token))
        return false;
    reader->rest = bytes_skip(reader->rest, token.length);
    return true;
}

/* Names. */

static bool starts_name(char c)
{
    return (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || c == '_' || (unsigned char)c >= 128;
}

static bool continues_name(char c)
{
    return starts_name(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

static struct bytes take_word(struct reader *reader)
{
    size_t length = 0;
    if (starts_name(peek(reader)))
        while (length < reader->rest.length && continues_name(reader->rest.at[length]))
            length++;
    struct bytes word = bytes_first(reader->rest, length);
    reader->rest = bytes_skip(reader->rest, length);
    return word;
}

static bool resolve(const struct path_bindings *bindings, struct bytes prefix, struct bytes *uri)
{
    static const struct path_binding usual[] = {
        {{"pidf", 4}, {PIDF_NAMESPACE, sizeof(PIDF_NAMESPACE) - 1}},
        {{"dm", 2}, {DATA_MODEL_NAMESPACE, sizeof(DATA_MODEL_NAMESPACE) - 1}},
        {{"rpid", 4}, {RPID_NAMESPACE, sizeof(RPID_NAMESPACE) - 1}},
    };
    const struct path_bindings lists[] = {*bindings, {usual, sizeof(usual) / sizeof(usual[0])}};
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < lists[i].count; j++)
            if (bytes_equal(lists[i].items[j].prefix, prefix)) {
                *uri = lists[i].items[j].uri;
                return true;
            }
    return false;
}

static bool take_name(struct reader *reader, struct path_name *name)
{
    *name = (struct path_name){0};
    struct bytes word = take_word(reader), space = BYTES("");
    if (bytes_empty(word))
        return fail(reader, 488, "an expression lacks a name");
    if (peek(reader) == ':') {
        reader->rest = bytes_skip(reader->rest, 1);
        if (peek(reader) == ':')
            return fail(reader, 488, "an expression names an axis, which filters do not have");
        if (!resolve(reader->bindings, word, &space))
            return fail(reader, 488, "an expression has a prefix that is not bound");
        word = take_word(reader);
        if (bytes_empty(word))
            return fail(reader, 488, "an expression lacks a name behind its prefix");
    }
    if (peek(reader) == '(')
        return fail(reader, 488, "an expression calls a function, which filters do not have");
    name->space = arena_copy(reader->arena, space);
    name->local = arena_copy(reader->arena, word);
    return true;
}

static bool take_element(struct reader *reader, struct path_name *name)
{
    skip_blanks(reader);
    if (!take(reader, BYTES("*")))
        return take_name(reader, name);
    *name = (struct path_name){.any = true};
    return true;
}

/* Conditions. */

static bool take_number(struct reader *reader, struct path_term *term)
{
    size_t length = 0;
    double number;
    while (length < reader->rest.length && reader->rest.at[length] != '\0' &&
           strchr("-.0123456789", reader->rest.at[length]) != NULL)
        length++;
    term->value = bytes_first(reader->rest, length);
    term->is_number = true;
    if (length > PATH_VALUE_BYTES_MOST || !path_number(term->value, &number))
        return fail(reader, 488, "an expression compares with neither a number nor a quoted value");
    reader->rest = bytes_skip(reader->rest, length);
    return true;
}

static bool take_value(struct reader *reader, struct path_term *term)
{
    skip_blanks(reader);
    char quote = peek(reader);
    if (quote != '"' && quote != '\'') {
        if (!take_number(reader, term))
            return false;
    } else {
        struct bytes inside = bytes_skip(reader->rest, 1);
        ptrdiff_t end = bytes_index(inside, quote);
        if (end < 0)
            return fail(reader, 488, "a quoted value in an expression has no end");
        if (end > PATH_VALUE_BYTES_MOST)
            return fail(reader, 413, "a value in an expression is too long");
        term->value = bytes_first(inside, (size_t)end);
        reader->rest = bytes_skip(inside, (size_t)end + 1);
    }
    term->value = arena_copy(reader->arena, term->value);
    return true;
}

static bool take_comparison(struct reader *reader, struct path_term *term)
{
    skip_blanks(reader);
    term->compare = peek(reader);
    if (term->compare != '=' && term->compare != '<' && term->compare != '>')
        return fail(reader, 488, "a condition in an expression compares nothing by =, < or >");
    reader->rest = bytes_skip(reader->rest, 1);
    if (peek(reader) == '=')
        return fail(reader, 488, "an expression compares otherwise than by =, < or >");
    return take_value(reader, term);
}

static bool take_attribute(struct reader *reader, struct path_name *name, bool *found)
{
    *found = take(reader, BYTES("@"));
    skip_blanks(reader);
    return !*found || take_name(reader, name);
}

/* What a condition looks at: names of elements, perhaps an attribute behind them. */
static bool take_operand(struct reader *reader, struct path_term *term)
{
    struct path_name names[PATH_NAMES_MOST];
    do {
        skip_blanks(reader);
        if (!take_attribute(reader, &term->attribute, &term->on_attribute))
            return false;
        if (term->on_attribute)
            break;
        if (term->name_count == PATH_NAMES_MOST)
            return fail(reader, 413, "a condition in an expression has too many steps");
        if (!take_element(reader, &names[term->name_count++]))
            return false;
        skip_blanks(reader);
    } while (take(reader, BYTES("/")));
    size_t size = term->name_count * sizeof(names[0]);
    struct path_name *copy = arena_alloc(reader->arena, size);
    if (size > 0)
        memcpy(copy, names, size);
    term->names = copy;
    return true;
}

static bool take_term(struct reader *reader, struct path_term *term)
{
    skip_blanks(reader);
    if (take(reader, BYTES("..")))
        term->start = PATH_FROM_PARENT;
    else if (take(reader, BYTES(".")))
        term->start = PATH_FROM_SELF;
    else if (!take_operand(reader, term))
        return false;
    return take_comparison(reader, term);
}

/* "and" or "or" before one more term; false: there is none. */
static bool take_operator(struct reader *reader, bool *is_or)
{
    struct reader ahead = *reader;
    struct bytes word = take_word(&ahead);
    *is_or = bytes_equal(word, BYTES("or"));
    if (!*is_or && !bytes_equal(word, BYTES("and")))
        return false;
    *reader = ahead;
    return true;
}

static bool take_condition(struct reader *reader, struct path_step *step)
{
    struct path_term terms[PATH_TERMS_MOST];
    bool is_or = false;
    do {
        if (reader->term_count == PATH_TERMS_MOST)
            return fail(reader, 413, "an expression has too many conditions");
        reader->term_count++;
        struct path_term *term = &terms[step->term_count++];
        *term = (struct path_term){.or_before = is_or};
        if (!take_term(reader, term))
            return false;
        skip_blanks(reader);
    } while (take_operator(reader, &is_or));
    if (!take(reader, BYTES("]")))
        return fail(reader, 488, "a condition in an expression has no proper end");
    struct path_term *copy = arena_alloc(reader->arena, step->term_count * sizeof(terms[0]));
    memcpy(copy, terms, step->term_count * sizeof(terms[0]));
    step->terms = copy;
    return true;
}

/* Steps. */

static bool take_step(struct reader *reader, struct path_step *step)
{
    if (!take_element(reader, &step->name))
        return false;
    skip_blanks(reader);
    if (!take(reader, BYTES("[")))
        return true;
    if (!reader->conditions)
        return fail(reader, 488, "an expression has a condition where only a reference may stand");
    return take_condition(reader, step);
}

/* "/" or "//"; false: neither. */
static bool take_slash(struct reader *reader, bool *deep)
{
    skip_blanks(reader);
    *deep = take(reader, BYTES("//"));
    return *deep || take(reader, BYTES("/"));
}

static bool take_steps(struct reader *reader, struct path_step *steps, struct path *path)
{
    bool deep;
    while (!path->on_attribute && take_slash(reader, &deep)) {
        skip_blanks(reader);
        if (!take_attribute(reader, &path->attribute, &path->on_attribute))
            return false;
        path->attribute_deep = deep && path->on_attribute;
        if (path->on_attribute)
            continue;
        if (path->step_count == PATH_STEPS_MOST)
            return fail(reader, 413, "an expression has too many steps");
        struct path_step *step = &steps[path->step_count++];
        *step = (struct path_step){.deep = deep};
        if (!take_step(reader, step))
            return false;
    }
    skip_blanks(reader);
    if (!bytes_empty(reader->rest))
        return fail(reader, 488, "an expression has something in it that filters do not have");
    if (path->step_count == 0 && !(path->on_attribute && path->attribute_deep))
        return fail(reader, 488, "an expression does not begin with / and a name");
    return true;
}

struct verdict path_parse(struct bytes expression, bool conditions,
                          const struct path_bindings *bindings, struct arena *arena,
                          struct path *path)
{
    assert(bindings != NULL && arena != NULL && path != NULL);
    struct reader reader = {.rest = expression,
                            .start = expression.at,
                            .bindings = bindings,
                            .arena = arena,
                            .conditions = conditions};
    *path = (struct path){0};
    if (expression.length > PATH_BYTES_MOST)
        return verdict(413, "an expression is too long", PATH_BYTES_MOST);
    struct path_step steps[PATH_STEPS_MOST];
    if (!take_steps(&reader, steps, path))
        return reader.fault;
    struct path_step *copy = arena_alloc(arena, (path->step_count + 1) * sizeof(steps[0]));
    memcpy(copy, steps, path->step_count * sizeof(steps[0]));
    path->steps = copy;
    return VERDICT_OK;
}

/* Writing. */

static void write_name(const struct path_name *name, const struct path_bindings *bindings,
                       struct text *out)
{
    if (name->any) {
        text_char(out, '*');
        return;
    }
    if (!bytes_empty(name->space)) {
        size_t i = 0;
        while (i < bindings->count && !bytes_equal(bindings->items[i].uri, name->space))
            i++;
        assert(i < bindings->count);
        text_put(out, bindings->items[i].prefix);
        text_char(out, ':');
    }
    text_put(out, name->local);
}

static void write_attribute(const struct path_name *name, const struct path_bindings *bindings,
                            struct text *out)
{
    text_char(out, '@');
    write_name(name, bindings, out);
}

static void write_value(const struct path_term *term, struct text *out)
{
    char quote = bytes_index(term->value, '"') < 0 ? '"' : '\'';
    if (!term->is_number)
        text_char(out, quote);
    text_put(out, term->value);
    if (!term->is_number)
        text_char(out, quote);
}

static void write_term(const struct path_term *term, const struct path_bindings *bindings,
                       struct text *out)
{
    if (term->start != PATH_FROM_CHILDREN)
        text_put(out, term->start == PATH_FROM_SELF ? BYTES(".") : BYTES(".."));
    for (unsigned i = 0; i < term->name_count; i++) {
        write_name(&term->names[i], bindings, out);
        if (i + 1 < term->name_count || term->on_attribute)
            text_char(out, '/');
    }
    if (term->on_attribute)
        write_attribute(&term->attribute, bindings, out);
    text_char(out, term->compare);
    write_value(term, out);
}

static void write_step(const struct path_step *step, const struct path_bindings *bindings,
                       struct text *out)
{
    text_put(out, step->deep ? BYTES("//") : BYTES("/"));
    write_name(&step->name, bindings, out);
    if (step->term_count == 0)
        return;
    text_char(out, '[');
    for (unsigned i = 0; i < step->term_count; i++) {
        if (i > 0)
            text_put(out, step->terms[i].or_before ? BYTES(" or ") : BYTES(" and "));
        write_term(&step->terms[i], bindings, out);
    }
    text_char(out, ']');
}

void path_write(const struct path *path, const struct path_bindings *bindings, struct text *out)
{
    assert(path != NULL && bindings != NULL && out != NULL);
    for (unsigned i = 0; i < path->step_count; i++)
        write_step(&path->steps[i], bindings, out);
    if (!path->on_attribute)
        return;
    text_put(out, path->attribute_deep ? BYTES("//") : BYTES("/"));
    write_attribute(&path->attribute, bindings, out);
}

static void visit_name(const struct path_name *name, path_space_fn *visit, void *context)
{
    if (!bytes_empty(name->space))
        visit(context, name->space);
}

static void visit_terms(const struct path_step *step, path_space_fn *visit, void *context)
{
    for (unsigned i = 0; i < step->term_count; i++) {
        const struct path_term *term = &step->terms[i];
        for (unsigned j = 0; j < term->name_count; j++)
            visit_name(&term->names[j], visit, context);
        visit_name(&term->attribute, visit, context);
    }
}

void path_spaces(const struct path *path, path_space_fn *visit, void *context)
{
    assert(path != NULL && visit != NULL);
    for (unsigned i = 0; i < path->step_count; i++) {
        visit_name(&path->steps[i].name, visit, context);
        visit_terms(&path->steps[i], visit, context);
    }
    visit_name(&path->attribute, visit, context);
}
