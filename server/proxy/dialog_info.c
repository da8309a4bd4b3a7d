/* dialog_info.c: the lines of a user as a document (RFC 4235 4).
 *
 *   <dialog-info> <dialog id call-id local-tag remote-tag direction> <state>
 *     <local> <identity>, <remote> <identity display>
 *
 * As many as there is room for. */
#include <assert.h>

#include "proxy_internal.h"

enum { TAIL_BYTES = 64 };

/* What is being written. */
struct writing {
    struct bytes aor;
    struct buffer *out;
};

static void put_attribute(struct buffer *out, const char *name, struct bytes value)
{
    if (bytes_empty(value))
        return;
    buffer_format(out, " %s=\"", name);
    buffer_xml(out, value);
    buffer_char(out, '"');
}

static void put_identity(struct buffer *out, const char *side, struct bytes name, struct bytes uri)
{
    buffer_format(out, "<%s><identity", side);
    put_attribute(out, "display", name);
    buffer_char(out, '>');
    buffer_xml(out, uri);
    buffer_format(out, "</identity></%s>", side);
}

static void put_dialog(const struct writing *writing, const struct proxy_line *line)
{
    static const char *const states[] = {[PROXY_LINE_TRYING] = "trying",
                                         [PROXY_LINE_EARLY] = "early",
                                         [PROXY_LINE_CONFIRMED] = "confirmed"};
    struct buffer *out = writing->out;
    buffer_format(out, "<dialog id=\"l%016llx\"", (unsigned long long)line->id);
    put_attribute(out, "call-id", line->call_id);
    put_attribute(out, "local-tag", line->local_tag);
    put_attribute(out, "remote-tag", line->remote_tag);
    buffer_format(out, " direction=\"%s\"><state>%s</state><local><identity>sip:",
                  line->initiator ? "initiator" : "recipient", states[line->state]);
    buffer_xml(out, writing->aor);
    buffer_text(out, "</identity></local>");
    if (!bytes_empty(line->remote_uri))
        put_identity(out, "remote", line->remote_name, line->remote_uri);
    buffer_text(out, "</dialog>");
}

/* Takes it back when there is no room for it. */
static void write_line(void *context, const struct proxy_line *line)
{
    const struct writing *writing = context;
    struct buffer *out = writing->out;
    size_t before = out->length;
    put_dialog(writing, line);
    if (out->overflow || out->size - out->length < TAIL_BYTES) {
        out->length = before;
        out->overflow = false;
    }
}

void proxy_write_lines(const struct proxy *proxy, struct bytes aor, struct buffer *out)
{
    struct writing writing = {aor, out};
    size_t begin = out->length;
    buffer_text(out, "<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"0\" "
                     "state=\"full\" entity=\"sip:");
    buffer_xml(out, aor);
    buffer_text(out, "\">");
    size_t head = out->length;
    proxy_each_line(proxy, aor, write_line, &writing);
    if (out->length == head)
        out->length = begin; /* there is nothing to say */
    else
        buffer_text(out, "</dialog-info>");
    assert(!out->overflow);
}
