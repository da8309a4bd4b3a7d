/* keep.c: a request that outlives the call in which it came.
 *
 * Its bytes are copied, and with them what the parser found: every slice of a message points into
 * its raw bytes, so each is shifted by the distance of the two. That is a few dozen additions in
 * place of a second parse. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "server_internal.h"

struct shift {
    uintptr_t from, to;
    size_t length;
};

/* A slice that lies elsewhere is an empty one: nothing was found. */
static void shift_slice(const struct shift *shift, struct bytes *slice)
{
    uintptr_t offset = (uintptr_t)slice->at - shift->from;
    if (slice->at == NULL || offset > shift->length)
        return;
    slice->at = (const char *)(shift->to + offset);
}

static void shift_via(const struct shift *shift, struct sip_via *via)
{
    shift_slice(shift, &via->text);
    shift_slice(shift, &via->transport);
    shift_slice(shift, &via->host);
    shift_slice(shift, &via->branch);
    shift_slice(shift, &via->rport);
    shift_slice(shift, &via->received);
    shift_slice(shift, &via->parameters);
}

static void shift_uri(const struct shift *shift, struct sip_uri *uri)
{
    shift_slice(shift, &uri->text);
    shift_slice(shift, &uri->user);
    shift_slice(shift, &uri->password);
    shift_slice(shift, &uri->host);
    shift_slice(shift, &uri->parameters);
    shift_slice(shift, &uri->headers);
}

static void shift_address(const struct shift *shift, struct sip_address *address)
{
    shift_slice(shift, &address->text);
    shift_slice(shift, &address->display);
    shift_uri(shift, &address->uri);
    shift_slice(shift, &address->parameters);
    shift_slice(shift, &address->tag);
}

static void shift_message(const struct shift *shift, struct sip_message *message)
{
    shift_slice(shift, &message->raw);
    shift_slice(shift, &message->body);
    shift_slice(shift, &message->method_name);
    shift_slice(shift, &message->request_uri);
    shift_slice(shift, &message->reason);
    shift_via(shift, &message->via);
    shift_address(shift, &message->from);
    shift_address(shift, &message->to);
    shift_slice(shift, &message->call_id);
    shift_slice(shift, &message->cseq_method);
    for (int i = 0; i < message->count; i++) {
        shift_slice(shift, &message->fields[i].name);
        shift_slice(shift, &message->fields[i].value);
    }
}

struct kept_request *kept_new(const struct sip_message *message)
{
    struct bytes raw = message->raw;
    size_t used =
        offsetof(struct sip_message, fields) + (size_t)message->count * sizeof(message->fields[0]);
    assert(message->request && raw.length > 0 && message->count <= SIP_FIELDS_MAX);
    size_t size = offsetof(struct kept_request, message) + used + raw.length;
    struct kept_request *kept = memory_resize(NULL, size);
    char *bytes = (char *)kept + size - raw.length;
    kept->size = size;
    memcpy(bytes, raw.at, raw.length);
    memcpy((char *)kept + offsetof(struct kept_request, message), message, used);
    const struct shift shift = {(uintptr_t)raw.at, (uintptr_t)bytes, raw.length};
    shift_message(&shift, &kept->message);
    return kept;
}

size_t kept_size(const struct kept_request *kept)
{
    return kept->size;
}
