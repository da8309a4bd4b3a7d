/* set.c: a change set: a flat list of operations in (mostly) one allocation.
 *
 *     operation:  statement (1 byte)  cell  cell ...
 *     cell:       text, blob: length (4 bytes), bytes     integer: 8 bytes
 *
 * The statement's cell types (statements.c) say how to read it back, so that one loop binds every
 * kind of row; SQLite gets the bytes where they lie (SQLITE_STATIC). Numbers are in the machine's
 * order: a set never leaves the process. */
#include "store/set_internal.h"
#include "store/webhooks.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/token.h"

struct store_set *set_new(unsigned partition)
{
    assert(partition < PARTITIONS);
    struct store_set *set = memory_resize(NULL, sizeof(*set));
    /* the room for operations needs no zeroes */
    memset(set, 0, offsetof(struct store_set, first));
    set->item.kind = ITEM_SET;
    set->partition = partition;
    set->operations = set->first;
    set->size = sizeof(set->first);
    return set;
}

void set_free(struct store_set **set)
{
    struct store_set *old = *set;
    *set = NULL;
    if (old == NULL)
        return;
    if (old->operations != old->first)
        free(old->operations);
    free(old);
}

static void set_grow(struct store_set *set, size_t wanted)
{
    assert(wanted <= SET_BYTES_MAX);
    size_t size = set->size * 2 > wanted ? set->size * 2 : wanted;
    char *old = set->operations == set->first ? NULL : set->operations;
    set->operations = memory_resize(old, size);
    if (old == NULL)
        memcpy(set->operations, set->first, set->used);
    set->size = size;
}

/* Room for so many more bytes, which the caller writes. */
static inline char *set_room(struct store_set *set, size_t length)
{
    if (set->size - set->used < length)
        set_grow(set, set->used + length);
    char *at = set->operations + set->used;
    set->used += length;
    return at;
}

static void set_operation(struct store_set *set, enum statement which)
{
    assert(set != NULL && !set->marker);
    *set_room(set, 1) = (char)(unsigned char)which;
}

static void set_text(struct store_set *set, struct bytes text)
{
    assert(text.length <= SET_BYTES_MAX);
    uint32_t length = (uint32_t)text.length;
    char *at = set_room(set, sizeof(length) + length);
    memcpy(at, &length, sizeof(length));
    if (length > 0)
        memcpy(at + sizeof(length), text.at, length);
}

static inline void set_number(struct store_set *set, uint64_t number)
{
    memcpy(set_room(set, sizeof(number)), &number, sizeof(number));
}

static void set_origin(struct store_set *set, const struct store_origin *origin)
{
    set_text(set, origin->call_id);
    set_text(set, origin->branch);
    set_number(set, origin->cseq);
}

/* The key of a publication or a subscription. */
static void set_event_key(struct store_set *set, struct bytes aor, struct bytes event,
                          struct bytes name)
{
    assert(partition_of(aor) == set->partition);
    set_text(set, aor);
    set_text(set, event);
    set_text(set, name);
}

static void set_binding_key(struct store_set *set, const struct store_binding *key)
{
    assert(partition_of(key->aor) == set->partition);
    set_text(set, key->aor);
    set_text(set, key->contact);
    set_text(set, key->instance);
    set_number(set, key->reg_id);
}

void store_put_binding(struct store_set *set, const struct store_binding *binding)
{
    set_operation(set, SQL_PUT_BINDING);
    set_binding_key(set, binding);
    set_text(set, binding->path);
    set_text(set, binding->parameters);
    set_text(set, binding->flow);
    set_text(set, binding->user_agent);
    set_origin(set, &binding->origin);
    set_number(set, binding->q);
    set_number(set, binding->updated_ms);
    set_number(set, binding->expires_ms);
}

void store_delete_binding(struct store_set *set, const struct store_binding *key)
{
    set_operation(set, SQL_DELETE_BINDING);
    set_binding_key(set, key);
}

void store_put_publication(struct store_set *set, const struct store_publication *publication)
{
    set_operation(set, SQL_PUT_PUBLICATION);
    set_event_key(set, publication->aor, publication->event, publication->id);
    set_text(set, publication->tag);
    set_text(set, publication->content_type);
    set_text(set, publication->body);
    set_text(set, publication->flow);
    set_origin(set, &publication->origin);
    set_number(set, publication->made_ms);
    set_number(set, publication->expires_ms);
    set_number(set, publication->ended);
    set_text(set, publication->instance);
    set_text(set, publication->from_tag);
    set_text(set, publication->previous);
    set_number(set, publication->previous_until_ms);
    set_number(set, publication->closes_ms);
    set_number(set, publication->closed);
    set_number(set, (uint64_t)publication->publisher);
}

void store_delete_publication(struct store_set *set, struct bytes aor, struct bytes event,
                              struct bytes id)
{
    set_operation(set, SQL_DELETE_PUBLICATION);
    set_event_key(set, aor, event, id);
}

void store_put_subscription(struct store_set *set, const struct store_subscription *subscription)
{
    set_operation(set, SQL_PUT_SUBSCRIPTION);
    set_event_key(set, subscription->aor, subscription->event, subscription->local_tag);
    set_text(set, subscription->event_id);
    set_text(set, subscription->watcher);
    set_text(set, subscription->remote_tag);
    set_text(set, subscription->local_uri);
    set_text(set, subscription->remote_uri);
    set_text(set, subscription->remote_target);
    set_text(set, subscription->route_set);
    set_text(set, subscription->contact);
    set_text(set, subscription->flow);
    set_text(set, subscription->accept);
    set_origin(set, &subscription->origin);
    set_number(set, subscription->local_cseq);
    set_number(set, subscription->epoch);
    set_number(set, subscription->expires_ms);
    set_number(set, (uint64_t)subscription->state);
    set_text(set, subscription->cause);
    set_number(set, subscription->since_ms);
    set_number(set, subscription->foreign);
    set_number(set, subscription->trusted);
    set_text(set, subscription->instance);
    set_text(set, subscription->filter);
    set_number(set, subscription->min_interval_ms);
    set_number(set, subscription->max_interval_ms);
    set_number(set, subscription->adaptive_interval_ms);
    set_number(set, subscription->held_since_ms);
    set_number(set, subscription->begun_ms);
}

void store_delete_subscription(struct store_set *set, struct bytes aor, struct bytes event,
                               struct bytes local_tag)
{
    set_operation(set, SQL_DELETE_SUBSCRIPTION);
    set_event_key(set, aor, event, local_tag);
}

/* The key of a message, which that of a delivery begins with. */
static void set_message_key(struct store_set *set, struct bytes aor, uint64_t serial)
{
    assert(partition_of(aor) == set->partition && serial <= INT64_MAX);
    set_text(set, aor);
    set_number(set, serial);
}

void store_put_message(struct store_set *set, const struct store_message *message)
{
    set_operation(set, SQL_PUT_MESSAGE);
    set_message_key(set, message->aor, message->serial);
    set_number(set, (uint64_t)message->kind);
    set_text(set, message->peer);
    set_number(set, message->foreign);
    set_number(set, message->trusted);
    set_origin(set, &message->origin);
    set_text(set, message->from_tag);
    set_number(set, message->status);
    set_number(set, message->made_ms);
    set_number(set, message->expires_ms);
    set_number(set, message->keep_until_ms);
    set_text(set, message->content_type);
    set_text(set, message->head);
    set_text(set, message->body);
}

void store_delete_message(struct store_set *set, struct bytes aor, uint64_t serial)
{
    set_operation(set, SQL_DELETE_DELIVERIES);
    set_message_key(set, aor, serial);
    set_operation(set, SQL_DELETE_MESSAGE);
    set_message_key(set, aor, serial);
}

void store_put_delivery(struct store_set *set, const struct store_delivery *delivery)
{
    set_operation(set, SQL_PUT_DELIVERY);
    set_message_key(set, delivery->aor, delivery->serial);
    set_number(set, (uint64_t)delivery->whom);
    set_text(set, delivery->device);
    set_number(set, (uint64_t)delivery->state);
    set_number(set, delivery->status);
    set_number(set, delivery->tries);
    set_number(set, delivery->changed_ms);
}

static void set_device_key(struct store_set *set, struct bytes aor, struct bytes instance)
{
    assert(partition_of(aor) == set->partition);
    set_text(set, aor);
    set_text(set, instance);
}

void store_put_device(struct store_set *set, const struct store_device *device)
{
    set_operation(set, SQL_PUT_DEVICE);
    set_device_key(set, device->aor, device->instance);
    set_number(set, device->since_ms);
    set_number(set, device->seen_ms);
}

void store_delete_device(struct store_set *set, struct bytes aor, struct bytes instance)
{
    set_operation(set, SQL_DELETE_DEVICE);
    set_device_key(set, aor, instance);
}

static void set_line_key(struct store_set *set, const struct store_line *key)
{
    assert(partition_of(key->aor) == set->partition);
    set_text(set, key->aor);
    set_text(set, key->call_id);
    set_text(set, key->local_tag);
    set_text(set, key->remote_tag);
}

void store_put_line(struct store_set *set, const struct store_line *line)
{
    set_operation(set, SQL_PUT_LINE);
    set_line_key(set, line);
    set_number(set, line->initiator);
    set_text(set, line->local_uri);
    set_text(set, line->local_name);
    set_text(set, line->remote_uri);
    set_text(set, line->remote_name);
    set_number(set, line->silence_s);
    set_number(set, line->since_ms);
    set_number(set, line->expires_ms);
}

void store_delete_line(struct store_set *set, const struct store_line *key)
{
    set_operation(set, SQL_DELETE_LINE);
    set_line_key(set, key);
}

void store_silence_webhook(struct store_set *set, struct bytes id)
{
    set_operation(set, SQL_SILENCE_WEBHOOK);
    set_text(set, id);
}

void store_forget_messages(struct store_set *set, uint64_t made_before_ms, uint64_t keep_before_ms,
                           uint64_t taken_before_ms)
{
    /* which deliveries go is known as long as their messages are there */
    static const enum statement parts[] = {SQL_FORGET_DELIVERIES, SQL_FORGET_MESSAGES};
    assert(made_before_ms <= INT64_MAX && keep_before_ms <= INT64_MAX &&
           taken_before_ms <= INT64_MAX);
    for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        set_operation(set, parts[i]);
        set_number(set, made_before_ms);
        set_number(set, keep_before_ms);
        set_number(set, taken_before_ms);
    }
    set_operation(set, SQL_FORGET_ORPHANS);
    set_operation(set, SQL_FORGET_REMAINS);
}

void store_erase_messages(struct store_set *set, struct bytes aor)
{
    static const enum statement parts[] = {SQL_ERASE_DELIVERIES, SQL_ERASE_MESSAGES,
                                           SQL_ERASE_DEVICES};
    assert(partition_of(aor) == set->partition);
    for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        set_operation(set, parts[i]);
        set_text(set, aor);
    }
}

/* Binds the cell at `at` to a parameter; returns where the next one begins. */
static const char *cell_bind(const char *at, char type, sqlite3_stmt *statement, int parameter)
{
    if (type == 'i') {
        int64_t number;
        memcpy(&number, at, sizeof(number));
        sqlite3_bind_int64(statement, parameter, number);
        return at + sizeof(number);
    }
    uint32_t length;
    memcpy(&length, at, sizeof(length));
    at += sizeof(length);
    if (type == 't')
        sqlite3_bind_text(statement, parameter, at, (int)length, SQLITE_STATIC);
    else
        sqlite3_bind_blob(statement, parameter, at, (int)length, SQLITE_STATIC);
    return at + length;
}

int set_apply(const struct store_set *set, struct database *database)
{
    const char *at = set->operations, *end = at + set->used;
    while (at < end) {
        enum statement which = (enum statement)(unsigned char)*at++;
        sqlite3_stmt *statement = database_statement(database, which);
        if (statement == NULL)
            return sqlite3_errcode(database->handle);
        int parameter = 1;
        sqlite3_bind_int64(statement, parameter, set->partition);
        for (const char *type = statement_cells(which); *type != '\0'; type++)
            at = cell_bind(at, *type, statement, ++parameter);
        sqlite3_step(statement);
        int code = sqlite3_reset(statement);
        if (code != SQLITE_OK)
            return code;
    }
    assert(at == end);
    return SQLITE_OK;
}
