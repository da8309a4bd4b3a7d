/* root.c: from a document of ours to one of partial presence, without an XML library: a document of
 * ours is well formed, has no comments and no DTD.
 *
 *   <?xml ...?> <presence ATTRIBUTES> CONTENT </presence>
 *   <?xml ...?> <p:pidf-full ATTRIBUTES xmlns:p="..." version="|"> CONTENT </p:pidf-full>
 *
 * The data model's and RPID's prefixes are always declared: a watcher's copy then has them when a
 * later change brings the first person. */
#include "root_internal.h"

#include <assert.h>
#include <stdio.h>

#include "grammar_internal.h"

/* Splits the next attribute off: its name, and its value between quotes. False: no further one. */
static bool next_attribute(struct bytes *rest, struct bytes *name, struct bytes *value)
{
    *rest = bytes_trim(*rest);
    if (bytes_empty(*rest))
        return false;
    *name = bytes_trim(bytes_split(rest, '='));
    *rest = bytes_trim(*rest);
    assert(!bytes_empty(*rest) && (rest->at[0] == '"' || rest->at[0] == '\''));
    char quote = rest->at[0];
    *rest = bytes_skip(*rest, 1);
    *value = bytes_split(rest, quote);
    return true;
}

bool root_declares(const struct root *root, struct bytes prefix)
{
    struct bytes rest = root->attributes, name, value;
    while (next_attribute(&rest, &name, &value))
        if (bytes_starts_with(name, BYTES("xmlns:")) && bytes_equal(bytes_skip(name, 6), prefix))
            return true;
    return false;
}

/* Where the start tag that begins `text` ends: its '>'. */
static size_t tag_end(struct bytes text)
{
    char quote = '\0';
    for (size_t i = 0; i < text.length; i++) {
        char c = text.at[i];
        if (quote != '\0')
            quote = c == quote ? '\0' : quote;
        else if (c == '"' || c == '\'')
            quote = c;
        else if (c == '>')
            return i;
    }
    assert(!"a document of ours has a root");
    return 0;
}

static void choose_prefix(struct root *root)
{
    snprintf(root->prefix, sizeof(root->prefix), "p");
    for (unsigned i = 1; root_declares(root, bytes_of(root->prefix)); i++)
        snprintf(root->prefix, sizeof(root->prefix), "p%u", i);
}

struct root root_of(const struct blob *document)
{
    assert(document != NULL);
    struct bytes rest = bytes_trim(blob_bytes(document));
    if (bytes_starts_with(rest, BYTES("<?xml")))
        rest = bytes_trim(bytes_skip(rest, tag_end(rest) + 1));
    assert(bytes_starts_with(rest, BYTES("<")));
    size_t end = tag_end(rest), name = 1;
    bool closed = rest.at[end - 1] == '/';
    while (strchr(" \t\r\n/>", rest.at[name]) == NULL)
        name++;
    struct root root = {.attributes = bytes_from(rest.at + name, end - name - closed)};
    rest = bytes_skip(rest, end + 1);
    if (!closed) {
        const char *tag = memrchr(rest.at, '<', rest.length);
        assert(tag != NULL);
        root.content = bytes_from(rest.at, (size_t)(tag - rest.at));
    }
    choose_prefix(&root);
    return root;
}

static void put_namespace(struct text *out, struct bytes prefix, const char *uri)
{
    text_put(out, BYTES(" xmlns:"));
    text_put(out, prefix);
    text_put(out, BYTES("=\""));
    text_put(out, bytes_of(uri));
    text_char(out, '"');
}

static void put_name(struct text *out, const struct root *root, const char *name)
{
    text_put(out, bytes_of(root->prefix));
    text_char(out, ':');
    text_put(out, bytes_of(name));
}

struct pidf_partial root_write(const struct root *root, const char *name, struct bytes content)
{
    struct text out = {0};
    struct pidf_partial partial;
    text_put(&out, BYTES("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<"));
    put_name(&out, root, name);
    text_put(&out, root->attributes);
    if (!root_declares(root, BYTES("dm")))
        put_namespace(&out, BYTES("dm"), DATA_MODEL_NAMESPACE);
    if (!root_declares(root, BYTES("rpid")))
        put_namespace(&out, BYTES("rpid"), RPID_NAMESPACE);
    put_namespace(&out, bytes_of(root->prefix), PIDF_DIFF_NAMESPACE);
    text_put(&out, BYTES(" version=\""));
    partial.head = blob_new(text_bytes(&out));
    out.length = 0;
    text_put(&out, BYTES("\">"));
    text_put(&out, content);
    text_put(&out, BYTES("</"));
    put_name(&out, root, name);
    text_put(&out, BYTES(">\n"));
    partial.tail = blob_new(text_bytes(&out));
    text_release(&out);
    return partial;
}

void pidf_partial_release(struct pidf_partial *partial)
{
    assert(partial != NULL);
    blob_unref(&partial->head);
    blob_unref(&partial->tail);
}

struct pidf_partial pidf_full(struct pidf_parser *parser, const struct blob *document)
{
    assert(parser != NULL);
    struct root root = root_of(document);
    (void)parser;
    return root_write(&root, "pidf-full", root.content);
}
