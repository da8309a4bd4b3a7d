/* unsolicited.c: NOTIFYs to phones that light a lamp but never subscribe to it.
 *
 * Who has the preference that a package names (package.h, `unsolicited`) gets its state at every
 * registered contact, outside any dialog, when it changes and when a device registers: a NOTIFY
 * whose Subscription-State is terminated, so that nobody takes it for the beginning of a dialog.
 * What changes within the pause between two NOTIFYs is told by the next one. Nothing is stored and
 * no answer counts: the next change, or the next registration, tells all of it again. */
#include "presence/unsolicited_internal.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "sip/write.h"

enum { TEXT_MAX = 16384, TAG_MAX = 64 };

/* Somebody who was told a moment ago, or is to be told at the end of the turn. */
struct unsolicited {
    UT_hash_handle hh;
    struct presence *presence;
    const struct event_package *package;
    struct timer timer;
    bool due;
    struct bytes aor; /* of `key` */
    size_t length;
    char key[]; /* event NUL aor */
};

static bool is_wanted(const struct presence *presence, const struct event_package *package,
                      struct bytes aor)
{
    if (package->unsolicited == NULL || presence->registrations.contacts == NULL)
        return false;
    struct bytes choice =
        policy_preference(presence->parts->policy, aor, bytes_of(package->unsolicited));
    return bytes_equal(choice, BYTES("on"));
}

/* Sending. */

static bool write_parts(const struct unsolicited *unsolicited,
                        const struct presence_contact *contact, struct buffer *memory,
                        struct dialog_parts *parts)
{
    struct presence *presence = unsolicited->presence;
    uint64_t epoch = store_epoch(presence->parts->store);
    unsigned partition = partition_of(unsolicited->aor);
    struct token tag = token_make(presence->parts->world, partition, epoch);
    struct token call = token_make(presence->parts->world, partition, epoch);
    size_t at = memory->length;
    buffer_text(memory, "<sip:");
    buffer_put(memory, unsolicited->aor);
    buffer_char(memory, '>');
    parts->local_uri = parts->remote_uri = bytes_skip(buffer_bytes(memory), at);
    at = memory->length;
    buffer_put(memory, token_bytes(&tag));
    parts->local_tag = bytes_skip(buffer_bytes(memory), at);
    at = memory->length;
    buffer_put(memory, token_bytes(&call));
    parts->call_id = bytes_skip(buffer_bytes(memory), at);
    parts->remote_target = contact->uri;
    parts->route_set = contact->route;
    if (contact->flow == NULL)
        return !memory->overflow;
    at = memory->length;
    front_write_contact(presence->front, contact->flow, BYTES(""), false, memory);
    parts->contact = bytes_skip(buffer_bytes(memory), at);
    return !memory->overflow;
}

static void ignore(void *context, const struct client_answer *answer)
{
    (void)context;
    (void)answer;
}

/* The whole state; nobody counts versions here. A new reference. */
static struct blob *body_of(struct resource *resource)
{
    const struct package_partials *partials = resource->package->partials;
    struct package_parts parts;
    if (partials == NULL)
        return blob_ref(resource_state(resource));
    partials->whole(resource->workshop, resource_state(resource), &parts);
    assert(parts.tail == NULL);
    return parts.head;
}

static void send_text(const struct unsolicited *unsolicited, struct dialog *dialog,
                      const struct presence_contact *contact, struct resource *resource)
{
    struct presence *presence = unsolicited->presence;
    struct blob *body = body_of(resource);
    struct buffer out = buffer_over(presence->scratch, WRITE_MAX);
    dialog_write_line(dialog, SIP_NOTIFY, &out);
    size_t line = out.length;
    dialog_write_head(dialog, SIP_NOTIFY, &out);
    sip_write_field(&out, "Event", bytes_of(resource->package->name));
    sip_write_field(&out, "Subscription-State", BYTES("terminated;reason=timeout"));
    sip_write_head_end(&out, bytes_of(resource->package->notify_types[0]), blob_bytes(body).length);
    assert(!out.overflow);
    const struct client_request request = {
        .line = bytes_first(buffer_bytes(&out), line),
        .head = bytes_skip(buffer_bytes(&out), line),
        .body = body,
        .method = SIP_NOTIFY,
        .method_name = BYTES("NOTIFY"),
        .flow = contact->flow,
        .next_hop = contact->flow_only ? BYTES("") : dialog->next_hop,
        .speaker = sip_aor_domain(unsolicited->aor),
        .partition = resource->partition,
        .after = store_latest(presence->parts->store, resource->partition), /* a binding, too */
        .answer = ignore,
    };
    if (transaction_request(presence->parts->transactions, &request) != 0)
        metrics_count(presence->parts->metrics, METRIC_notifies_unsolicited);
    blob_unref(&body);
}

static void send_to(const struct unsolicited *unsolicited, const struct presence_contact *contact,
                    struct resource *resource)
{
    char text[TEXT_MAX];
    struct buffer memory = buffer_over(text, sizeof(text));
    struct dialog_parts parts = {.contact = BYTES("")};
    struct dialog dialog = {.local_cseq = 0};
    if (!write_parts(unsolicited, contact, &memory, &parts) || !dialog_init(&dialog, &parts))
        return; /* its names are too long for any NOTIFY */
    send_text(unsolicited, &dialog, contact, resource);
    dialog_release(&dialog);
}

static void send_all(const struct unsolicited *unsolicited)
{
    struct presence *presence = unsolicited->presence;
    struct presence_contact contacts[PRESENCE_CONTACTS_MAX];
    size_t count = presence->registrations.contacts(
        presence->registrations.context, unsolicited->aor, contacts, PRESENCE_CONTACTS_MAX);
    if (count == 0)
        return;
    struct resource *resource =
        resource_find(presence, unsolicited->package, unsolicited->aor, true);
    for (size_t i = 0; i < count; i++)
        send_to(unsolicited, &contacts[i], resource);
    resource_settle(resource);
}

/* When. */

static void forget(struct unsolicited *unsolicited)
{
    world_timer_cancel(unsolicited->presence->parts->world, &unsolicited->timer);
    HASH_DELETE(hh, unsolicited->presence->unsolicited, unsolicited);
    free(unsolicited);
}

/* The turn, or the pause after the last one, is over. */
static void pass(struct timer *timer)
{
    struct unsolicited *unsolicited = HOLDER(timer, struct unsolicited, timer);
    struct presence *presence = unsolicited->presence;
    if (!unsolicited->due) {
        forget(unsolicited);
        return;
    }
    unsolicited->due = false;
    if (!front_is_closed(presence->front, partition_of(unsolicited->aor)))
        send_all(unsolicited);
    world_timer(presence->parts->world, timer, presence->settings.notify_pause_ms, pass);
}

static struct unsolicited *make(struct presence *presence, const struct event_package *package,
                                struct bytes key, struct bytes aor)
{
    struct unsolicited *unsolicited = memory_new(sizeof(*unsolicited) + key.length);
    unsolicited->presence = presence;
    unsolicited->package = package;
    unsolicited->length = key.length;
    memcpy(unsolicited->key, key.at, key.length);
    unsolicited->aor =
        bytes_skip(bytes_from(unsolicited->key, key.length), key.length - aor.length);
    TABLE_ADD(presence->unsolicited, unsolicited->key, unsolicited->length, presence->hash_seed,
              unsolicited);
    return unsolicited;
}

/* At the end of the turn, when what has changed has a number. */
static void tell_soon(struct presence *presence, const struct event_package *package,
                      struct bytes aor)
{
    char text[2048];
    struct buffer out = buffer_over(text, sizeof(text));
    struct unsolicited *unsolicited;
    buffer_text(&out, package->name);
    buffer_char(&out, '\0');
    buffer_put(&out, aor);
    assert(!out.overflow);
    struct bytes key = buffer_bytes(&out);
    TABLE_FIND(presence->unsolicited, key.at, key.length, presence->hash_seed, unsolicited);
    if (unsolicited == NULL)
        unsolicited = make(presence, package, key, aor);
    unsolicited->due = true;
    if (!timer_is_set(&unsolicited->timer))
        world_timer(presence->parts->world, &unsolicited->timer, 0, pass);
}

void unsolicited_changed(struct presence *presence, const struct event_package *package,
                         struct bytes aor)
{
    if (is_wanted(presence, package, aor))
        tell_soon(presence, package, aor);
}

void unsolicited_device_came(struct presence *presence, struct bytes aor)
{
    for (const struct event_package *const *package = package_list(); *package != NULL; package++)
        if ((*package)->unsolicited != NULL)
            unsolicited_changed(presence, *package, aor);
}

void unsolicited_free(struct presence *presence)
{
    struct unsolicited *unsolicited, *next;
    HASH_ITER(hh, presence->unsolicited, unsolicited, next)
    {
        forget(unsolicited);
    }
}
