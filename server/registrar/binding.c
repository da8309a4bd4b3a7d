/* binding.c: one binding: made from a row, written back to one. */
#include <stdlib.h>

#include "base/memory.h"
#include "registrar/binding_internal.h"

struct binding *binding_new(const struct store_binding *row)
{
    size_t texts = row->contact.length + row->parameters.length + row->user_agent.length +
                   row->origin.call_id.length + row->origin.branch.length;
    struct binding *binding = memory_new(sizeof(*binding) + texts);
    char *at = (char *)(binding + 1);
    binding->contact = bytes_pack(&at, row->contact);
    binding->parameters = bytes_pack(&at, row->parameters);
    binding->user_agent = bytes_pack(&at, row->user_agent);
    binding->call_id = bytes_pack(&at, row->origin.call_id);
    binding->branch = bytes_pack(&at, row->origin.branch);
    binding->cseq = row->origin.cseq;
    binding->q = row->q;
    binding->expires_ms = row->expires_ms;
    binding->has_flow = net_flow_parse(row->flow, &binding->flow);
    if (!verdict_ok(sip_uri_parse(binding->contact, &binding->uri)))
        binding->uri = (struct sip_uri){.text = binding->contact};
    return binding;
}

void binding_free(struct binding **binding)
{
    free(*binding);
    *binding = NULL;
}

struct store_binding binding_row(const struct record *record, const struct binding *binding,
                                 struct buffer *flow_text)
{
    if (binding->has_flow)
        net_flow_write(&binding->flow, flow_text);
    return (struct store_binding){
        .aor = record_aor(record),
        .contact = binding->contact,
        .parameters = binding->parameters,
        .flow = buffer_bytes(flow_text),
        .user_agent = binding->user_agent,
        .origin = {binding->call_id, binding->branch, binding->cseq},
        .q = binding->q,
        .expires_ms = binding->expires_ms,
    };
}

struct binding *binding_find(struct binding *list, const struct sip_uri *uri)
{
    struct binding *binding;
    DL_FOREACH(list, binding)
    {
        if (sip_uri_equal(&binding->uri, uri))
            return binding;
    }
    return NULL;
}
