/* etag.c: entity-tags (RFC 9110 8.8.3) and the conditions made of them (RFC 9110 13.1).
 *
 * A tag is a digest of the representation, so that it needs no memory and survives a restart; who
 * may change a resource is asked with the JSON that a GET would have answered. */
#include <openssl/evp.h>
#include <stdlib.h>

#include "base/base64.h"
#include "web/web_internal.h"

enum { TAG_BYTES = 15 }; /* 20 characters */

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

bool etag_listed(struct bytes list, struct bytes etag, bool weak)
{
    bool is_weak;
    list = bytes_trim(list);
    if (bytes_equal(list, BYTES("*")))
        return !bytes_empty(etag);
    for (struct bytes tag = next_tag(&list, &is_weak); !bytes_empty(tag);
         tag = next_tag(&list, &is_weak))
        if (bytes_equal(tag, etag) && (weak || !is_weak))
            return true;
    return false;
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

bool web_may_change(struct web_call *call, const json_t *current)
{
    struct bytes match = web_field(call, "If-Match"), none = web_field(call, "If-None-Match");
    char memory[WEB_ETAG_SIZE];
    if (bytes_empty(match) && bytes_empty(none))
        return true;
    struct bytes etag = current_tag(current, memory);
    if (!bytes_empty(match) && !etag_listed(match, etag, false))
        web_problem(call, 412, "changed", "If-Match",
                    "it is not what it was: somebody changed or removed it; get it again, and "
                    "send the ETag of that");
    else if (!bytes_empty(none) && etag_listed(none, etag, true))
        web_problem(call, 412, "exists", "If-None-Match",
                    "it is there already; leave If-None-Match out to change it");
    return !web_answered(call);
}
