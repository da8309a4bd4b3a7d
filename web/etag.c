/* etag.c: entity-tags (RFC 9110 8.8.3) and the conditions made of them (RFC 9110 13.1).
 *
 * A tag is a digest of the representation, so that it needs no memory and survives a restart; who
 * may change a resource is asked with the JSON that a GET would have answered. What shows the same
 * state otherwise has that one's tag with its own form behind it:
 *
 *     "digest"   the JSON         "digest-csv"      the same as text/csv
 *                                 "digest-digest"   JSON with more, or less, than the state */
#include <assert.h>
#include <ctype.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/base64.h"
#include "web/web_internal.h"

enum { TAG_BYTES = 15, DIGEST_LENGTH = 20 };

void etag_of(struct bytes text, char etag[WEB_ETAG_SIZE])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    EVP_Digest(text.at != NULL ? text.at : "", text.length, digest, &length, EVP_sha256(), NULL);
    struct buffer out = buffer_over(etag, WEB_ETAG_SIZE - 1);
    buffer_char(&out, '"');
    base64url_write(bytes_from(digest, TAG_BYTES), &out);
    buffer_char(&out, '"');
    etag[out.length] = '\0';
}

/* The next tag of a list, in quotes; *weak: it began with W/. Empty: there is none. */
static struct bytes next_tag(struct bytes *list, bool *weak)
{
    while (!bytes_empty(*list) && (list->at[0] == ',' || list->at[0] == ' ' || list->at[0] == '\t'))
        *list = bytes_skip(*list, 1);
    *weak = bytes_starts_with(*list, BYTES("W/"));
    if (*weak)
        *list = bytes_skip(*list, 2);
    ptrdiff_t end =
        bytes_starts_with(*list, BYTES("\"")) ? bytes_index(bytes_skip(*list, 1), '"') : -1;
    if (end < 0)
        return BYTES("");
    struct bytes tag = bytes_first(*list, (size_t)end + 2);
    *list = bytes_skip(*list, tag.length);
    return tag;
}

static bool is_digest(struct bytes text)
{
    for (size_t i = 0; i < text.length; i++)
        if (!isalnum((unsigned char)text.at[i]) && text.at[i] != '-' && text.at[i] != '_')
            return false;
    return text.length == DIGEST_LENGTH;
}

/* What stands behind web_tag: the subtypes of other forms than JSON, or a digest of all of it. */
static bool is_form(struct bytes form)
{
    if (is_digest(form))
        return true;
    static const char *const forms[] = {"csv", "vcard", "auth-policy+xml", "pidf+xml",
                                        "simple-message-summary"};
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
        if (bytes_equal(form, bytes_of(forms[i])))
            return true;
    return false;
}

/* Without the form, "digest-csv" is "digest". What was never given out is of no state: the strong
 * comparison is of every octet (RFC 9110 8.8.3.2). */
static bool is_of_state(struct bytes tag, struct bytes etag)
{
    if (bytes_equal(tag, etag))
        return true;
    if (tag.length < etag.length + 1 ||
        !bytes_starts_with(tag, bytes_first(etag, etag.length - 1)) ||
        tag.at[etag.length - 1] != '-')
        return false;
    return is_form(bytes_first(bytes_skip(tag, etag.length), tag.length - etag.length - 1));
}

static bool is_listed(struct bytes list, struct bytes etag, bool weak,
                      bool (*same)(struct bytes tag, struct bytes etag))
{
    bool is_weak;
    list = bytes_trim(list);
    if (bytes_empty(etag) || bytes_equal(list, BYTES("*")))
        return !bytes_empty(etag);
    for (struct bytes tag = next_tag(&list, &is_weak); !bytes_empty(tag);
         tag = next_tag(&list, &is_weak))
        if (same(tag, etag) && (weak || !is_weak))
            return true;
    return false;
}

bool etag_listed(struct bytes list, struct bytes etag, bool weak)
{
    return is_listed(list, etag, weak, bytes_equal);
}

static struct bytes current_tag(const json_t *current, char etag[WEB_ETAG_SIZE])
{
    char *text = current != NULL ? json_dumps(current, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    if (text == NULL)
        return BYTES("");
    etag_of(bytes_of(text), etag);
    free(text);
    return bytes_of(etag);
}

void web_tag(struct web_call *call, const json_t *current)
{
    assert(current != NULL);
    (void)current_tag(current, call->etag);
}

/* "text/csv; charset=utf-8": csv. */
static struct bytes form_of(const char *type)
{
    struct bytes rest = bytes_of(type), value = bytes_split(&rest, ';');
    bytes_split(&value, '/');
    return bytes_trim(value);
}

void etag_of_call(struct web_call *call, struct bytes text, char etag[WEB_ETAG_SIZE])
{
    char whole[WEB_ETAG_SIZE];
    etag_of(text, whole);
    bool json = call->value != NULL || call->type == NULL;
    struct bytes form = json ? bytes_from(whole + 1, DIGEST_LENGTH) : form_of(call->type);
    if (call->etag[0] == '\0' || strcmp(whole, call->etag) == 0) {
        memcpy(etag, whole, WEB_ETAG_SIZE);
        return;
    }
    assert(is_form(form));
    snprintf(etag, WEB_ETAG_SIZE, "%.*s-%.*s\"", (int)strlen(call->etag) - 1, call->etag,
             BYTES_ARGS(form));
}

/* An entity-tag's end; 0: it is none. */
static size_t tag_length(struct bytes list)
{
    size_t i = bytes_starts_with(list, BYTES("W/")) ? 2 : 0;
    if (i == list.length || list.at[i++] != '"')
        return 0;
    while (i < list.length && list.at[i] != '"' && (unsigned char)list.at[i] > ' ' &&
           list.at[i] != 0x7f)
        i++;
    return i < list.length && list.at[i] == '"' ? i + 1 : 0;
}

/* Entity-tags between commas, one at least; elements may be empty (RFC 9110 5.6.1.2). */
static bool is_list(struct bytes list)
{
    bool any = false;
    while (!bytes_empty(list)) {
        list = bytes_trim(list);
        size_t length = tag_length(list);
        any = any || length > 0;
        list = bytes_trim(bytes_skip(list, length));
        if (!bytes_empty(list) && list.at[0] != ',')
            return false;
        list = bytes_skip(list, 1);
    }
    return any;
}

/* All lines of a field become its first one (RFC 9110 5.3). False: it is not there. */
static bool join_lines(struct web_call *call, const char *name, struct bytes *joined)
{
    struct web_pair *first = NULL;
    size_t room = 1;
    for (size_t i = 0; i < call->fields.count; i++)
        room += call->fields.at[i].value.length + 2;
    struct buffer out = buffer_over(arena_alloc(&call->arena, room), room - 1);
    for (size_t i = 0; i < call->fields.count; i++) {
        struct web_pair *pair = &call->fields.at[i];
        if (!bytes_equal_nocase(pair->name, bytes_of(name)))
            continue;
        buffer_text(&out, first != NULL ? ", " : "");
        buffer_put(&out, pair->value);
        first = first != NULL ? first : pair;
    }
    *joined = buffer_bytes(&out);
    if (first != NULL)
        first->value = *joined;
    return first != NULL;
}

/* Who sent a condition meant one: what cannot be understood is neither true nor absent. */
bool etag_judge_fields(struct web_call *call)
{
    static const char *const names[] = {"If-Match", "If-None-Match"};
    struct bytes value;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !web_answered(call); i++)
        if (join_lines(call, names[i], &value) && !bytes_equal(bytes_trim(value), BYTES("*")) &&
            !is_list(value))
            web_problem(call, 400, "bad-condition", names[i],
                        "%s is no list of entity-tags; send the ETag as it came, in its quotes, or "
                        "*, or leave the field out (RFC 9110 13.1)",
                        names[i]);
    return !web_answered(call);
}

bool web_may_change(struct web_call *call, const json_t *current)
{
    struct bytes match = web_field(call, "If-Match"), none = web_field(call, "If-None-Match");
    char memory[WEB_ETAG_SIZE];
    if (bytes_empty(match) && bytes_empty(none))
        return true;
    struct bytes etag = current_tag(current, memory);
    if (!bytes_empty(match) && !is_listed(match, etag, false, is_of_state))
        web_problem(call, 412, "changed", "If-Match",
                    "it is not what it was: somebody changed or removed it; get it again, and "
                    "send the ETag of that");
    else if (!bytes_empty(none) && is_listed(none, etag, true, is_of_state))
        web_problem(call, 412, "exists", "If-None-Match",
                    "it is there already; leave If-None-Match out to change it");
    return !web_answered(call);
}
