/* watcherinfo.c: the text of watcher information, element by element; what would make it too long
 * is taken back. */
#include "pidf/watcherinfo.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "text_internal.h"

struct watcherinfo {
    struct text text;
    size_t size_max_bytes;
    unsigned count;
};

static const char tail[] = "</watcher-list></watcherinfo>";

static void attribute(struct text *text, const char *name, struct bytes value)
{
    text_char(text, ' ');
    text_put(text, bytes_of(name));
    text_put(text, BYTES("=\""));
    text_quoted(text, value);
    text_char(text, '"');
}

static void number(struct text *text, const char *name, uint64_t value)
{
    text_char(text, ' ');
    text_put(text, bytes_of(name));
    text_put(text, BYTES("=\""));
    text_number(text, value);
    text_char(text, '"');
}

/* A URI of an address-of-record has nothing but '&' that XML minds, once it is one. */
static void put_uri(struct text *text, struct bytes aor)
{
    struct text uri = {0};
    text_uri(&uri, aor);
    text_put(text, BYTES("sip:"));
    text_quoted(text, text_bytes(&uri));
    text_release(&uri);
}

struct watcherinfo *watcherinfo_new(const struct watcherinfo_head *head)
{
    struct watcherinfo *info = memory_new(sizeof(*info));
    struct text *text = &info->text;
    info->size_max_bytes = head->size_max_bytes;
    text_put(text, BYTES("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                         "<watcherinfo xmlns=\"urn:ietf:params:xml:ns:watcherinfo\""));
    number(text, "version", head->version);
    attribute(text, "state", head->full ? BYTES("full") : BYTES("partial"));
    text_put(text, BYTES("><watcher-list resource=\""));
    put_uri(text, head->aor);
    text_char(text, '"');
    attribute(text, "package", bytes_of(head->package));
    text_char(text, '>');
    return info;
}

static void put_watcher(struct text *text, const struct watcherinfo_watcher *watcher)
{
    text_put(text, BYTES("<watcher"));
    attribute(text, "id", watcher->id);
    attribute(text, "status", bytes_of(watcher->status));
    attribute(text, "event", bytes_of(watcher->event));
    if (watcher->has_duration)
        number(text, "duration-subscribed", watcher->duration_s);
    if (watcher->has_expiration)
        number(text, "expiration", watcher->expiration_s);
    text_char(text, '>');
    put_uri(text, watcher->aor);
    text_put(text, BYTES("</watcher>"));
}

bool watcherinfo_add(struct watcherinfo *info, const struct watcherinfo_watcher *watcher)
{
    assert(info != NULL && !bytes_empty(watcher->id));
    size_t before = info->text.length;
    put_watcher(&info->text, watcher);
    if (info->count > 0 && info->text.length + sizeof(tail) - 1 > info->size_max_bytes) {
        info->text.length = before;
        return false;
    }
    info->count++;
    return true;
}

struct blob *watcherinfo_end(struct watcherinfo **info)
{
    struct watcherinfo *old = *info;
    assert(old != NULL);
    *info = NULL;
    text_put(&old->text, bytes_from(tail, sizeof(tail) - 1));
    struct blob *document = blob_new(text_bytes(&old->text));
    text_release(&old->text);
    free(old);
    return document;
}
