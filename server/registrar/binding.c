/* binding.c: one binding: made from a row, written back to one, and found again. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "registrar/binding_internal.h"
#include "registrar/sleep_internal.h"

bool binding_is_here(struct bytes host)
{
    struct net_address address;
    if (bytes_equal_nocase(host, BYTES("localhost")))
        return true;
    return net_address_parse(host, 0, &address) &&
           (net_address_is_loopback(&address) || net_address_is_any(&address));
}

void binding_set_flow(struct binding *binding, const struct net_flow *flow)
{
    struct bytes host = binding->uri.host;
    assert(!binding->has_flow && binding->users == NULL);
    binding->has_flow = true;
    binding->flow = *flow;
    binding->flow_only = binding->reg_id > 0 || sip_host_is_invalid(host) ||
                         (!net_address_is_loopback(&flow->remote) && binding_is_here(host));
}

struct binding *binding_new(const struct store_binding *row)
{
    size_t texts = row->contact.length + row->instance.length + row->path.length +
                   row->parameters.length + row->user_agent.length + row->origin.call_id.length +
                   row->origin.branch.length;
    struct binding *binding = memory_new(sizeof(*binding) + texts);
    char *at = (char *)(binding + 1);
    binding->contact = bytes_pack(&at, row->contact);
    binding->instance = bytes_pack(&at, row->instance);
    binding->path = bytes_pack(&at, row->path);
    binding->parameters = bytes_pack(&at, row->parameters);
    binding->user_agent = bytes_pack(&at, row->user_agent);
    binding->call_id = bytes_pack(&at, row->origin.call_id);
    binding->branch = bytes_pack(&at, row->origin.branch);
    binding->cseq = row->origin.cseq;
    binding->reg_id = row->reg_id;
    binding->q = row->q;
    binding->updated_ms = row->updated_ms;
    binding->since_ms = row->updated_ms;
    binding->expires_ms = row->expires_ms;
    if (!verdict_ok(sip_uri_parse(binding->contact, &binding->uri)))
        binding->uri = (struct sip_uri){.text = binding->contact};
    binding->pn = sleep_read(&binding->uri);
    struct net_flow flow;
    if (net_flow_parse(row->flow, &flow))
        binding_set_flow(binding, &flow);
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
        .instance = binding->instance,
        .reg_id = binding->reg_id,
        .path = binding->path,
        .parameters = binding->parameters,
        .flow = buffer_bytes(flow_text),
        .user_agent = binding->user_agent,
        .origin = {binding->call_id, binding->branch, binding->cseq},
        .q = binding->q,
        .updated_ms = binding->updated_ms,
        .expires_ms = binding->expires_ms,
    };
}

/* By what RFC 5626 6 and RFC 3261 10.3 compare. */
static bool is_same(const struct binding_key *a, const struct binding_key *b)
{
    if (a->reg_id > 0 || b->reg_id > 0)
        return a->reg_id == b->reg_id && bytes_equal(a->instance, b->instance);
    return sip_uri_equal(a->uri, b->uri);
}

/* One with and one without a reg-id. */
static bool is_akin(const struct binding_key *a, const struct binding_key *b)
{
    return (a->reg_id > 0) != (b->reg_id > 0) && sip_uri_equal(a->uri, b->uri) &&
           (bytes_empty(a->instance) || bytes_empty(b->instance) ||
            bytes_equal(a->instance, b->instance));
}

bool binding_key_meets(const struct binding_key *a, const struct binding_key *b)
{
    return is_same(a, b) || is_akin(a, b);
}

static struct binding *find_by(struct binding *list, const struct binding_key *key,
                               bool (*is)(const struct binding_key *, const struct binding_key *))
{
    struct binding *binding;
    DL_FOREACH(list, binding)
    {
        const struct binding_key other = binding_key(binding);
        if (!binding->goes && is(&other, key))
            return binding;
    }
    return NULL;
}

struct binding *binding_find(struct binding *list, const struct binding_key *key)
{
    struct binding *found = find_by(list, key, is_same);
    return found != NULL ? found : find_by(list, key, is_akin);
}
