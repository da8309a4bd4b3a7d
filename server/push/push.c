/* push.c: which devices are pushed, and what became of that.
 *
 * Of each device a sighting remembers when it was pushed, and whether the gateway refused; what
 * hangs on it is only whether one push more is sent, so a table of a fixed size will do. A push
 * under way is a struct call. */
#include "push/push.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/memory.h"
#include "base/sightings.h"
#include "sip/uri.h"

enum { DEVICES_MAX = 65536, SLEEPERS_MAX = 64, KEY_MAX = 4096, VALUE_MAX = 2048 };

/* What a sighting holds: when it was pushed, and this. */
enum { FAILED = 1, MS_FROM = 1 };

struct call {
    struct call *prev, *next;
    struct push *push;
    uint64_t post, key;
    struct bytes aor, instance;
};

struct push {
    struct push_parts parts;
    struct push_settings settings;
    struct sightings devices;
    struct call *calls;
    uint64_t seed;
    push_failed_fn failed; /* NULL: nobody */
    void *failed_context;
};

struct push_settings push_settings_default(void)
{
    return (struct push_settings){.pause_s = 10, .notify = true};
}

struct push *push_new(const struct push_parts *parts, const struct push_settings *settings)
{
    assert(parts->world != NULL && parts->http != NULL && parts->registrar != NULL);
    struct push *push = memory_new(sizeof(*push));
    push->parts = *parts;
    push->seed = world_random_u64(parts->world);
    sightings_init(&push->devices, DEVICES_MAX, 0, parts->metrics, METRIC_pushes_forgotten);
    push_reload(push, settings);
    return push;
}

static void call_free(struct call *call)
{
    DL_DELETE(call->push->calls, call);
    free(call);
}

void push_free(struct push **push)
{
    struct call *call, *next;
    if (*push == NULL)
        return;
    DL_FOREACH_SAFE((*push)->calls, call, next)
    {
        http_forget((*push)->parts.http, call->post);
        call_free(call);
    }
    sightings_release(&(*push)->devices);
    free(*push);
    *push = NULL;
}

void push_reload(struct push *push, const struct push_settings *settings)
{
    assert(settings->gateway_count <= PUSH_GATEWAYS_MAX);
    push->settings = *settings;
    push->devices.keep_ms = settings->pause_s * 1000;
}

void push_watch_failed(struct push *push, push_failed_fn failed, void *context)
{
    assert(failed != NULL && push->failed == NULL);
    push->failed = failed;
    push->failed_context = context;
}

/* A device by its instance, or by its PRID when it has none. */
static uint64_t key_of(const struct push *push, struct bytes aor, struct bytes instance,
                       struct bytes prid)
{
    char text[KEY_MAX];
    struct buffer key = buffer_over(text, sizeof(text));
    bool named = !bytes_empty(instance);
    buffer_put(&key, bytes_first(aor, KEY_MAX / 2));
    buffer_char(&key, named ? 'i' : 'p');
    buffer_put(&key, bytes_first(named ? instance : prid, KEY_MAX / 2 - 1));
    assert(!key.overflow);
    return bytes_hash(buffer_bytes(&key), push->seed);
}

/* What is posted. */

static const struct push_gateway *gateway_of(const struct push *push,
                                             const struct registrar_sleeper *sleeper)
{
    for (size_t i = 0; i < push->settings.gateway_count; i++) {
        const struct push_gateway *gateway = &push->settings.gateways[i];
        if (bytes_equal_nocase(bytes_of(gateway->provider), sleeper->provider) &&
            (gateway->param == NULL || bytes_equal(bytes_of(gateway->param), sleeper->param)))
            return gateway;
    }
    return NULL;
}

/* Values of URI parameters are escaped (RFC 8599 8.7), those of JSON are UTF-8. */
static bool add_unescaped(json_t *object, const char *name, struct bytes escaped)
{
    char text[VALUE_MAX];
    struct buffer value = buffer_over(text, sizeof(text));
    return sip_unescape(escaped, &value) && !value.overflow &&
           json_object_set_new(object, name, json_stringn(value.at, value.length)) == 0;
}

static bool add_plain(json_t *object, const char *name, struct bytes text)
{
    const char *at = text.at != NULL ? text.at : "";
    return json_object_set_new(object, name, json_stringn(at, text.length)) == 0;
}

/* The JSON text, to be freed; NULL when a value cannot be written. */
static char *write_body(struct bytes aor, const struct registrar_sleeper *sleeper,
                        enum push_reason reason)
{
    static const struct bytes reasons[] = {
        [PUSH_MESSAGE] = {"message", 7}, [PUSH_NOTIFY] = {"notify", 6},   [PUSH_CALL] = {"call", 4},
        [PUSH_REQUEST] = {"request", 7}, [PUSH_REFRESH] = {"refresh", 7},
    };
    json_t *object = json_object();
    char *text = NULL;
    if (object != NULL && add_unescaped(object, "provider", sleeper->provider) &&
        add_unescaped(object, "prid", sleeper->prid) &&
        add_unescaped(object, "param", sleeper->param) && add_plain(object, "aor", aor) &&
        add_plain(object, "instance", sleeper->instance) &&
        add_plain(object, "reason", reasons[reason]))
        text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    return text;
}

/* What became of it. */

static void take_answer(void *context, const struct http_answer *answer)
{
    struct call *call = context;
    struct push *push = call->push;
    if (answer->status < 200 || answer->status > 299) {
        struct sighting *seen = sightings_find(&push->devices, call->key);
        if (seen != NULL && seen->value != 0)
            seen->value |= FAILED;
        metrics_count(push->parts.metrics, METRIC_pushes_failed);
        if (push->failed != NULL)
            push->failed(push->failed_context, call->aor, call->instance);
    }
    call_free(call);
}

static struct call *call_new(struct push *push, struct bytes aor, struct bytes instance,
                             uint64_t key)
{
    struct call *call = memory_new(sizeof(*call) + aor.length + instance.length);
    char *at = (char *)(call + 1);
    call->push = push;
    call->key = key;
    call->aor = bytes_pack(&at, aor);
    call->instance = bytes_pack(&at, instance);
    DL_APPEND(push->calls, call);
    return call;
}

static bool post(struct push *push, const struct push_gateway *gateway, const char *body,
                 struct call *call)
{
    struct http_post post = {.url = bytes_of(gateway->url),
                             .content_type = BYTES("application/json"),
                             .body = bytes_of(body),
                             .done = take_answer,
                             .context = call};
    if (gateway->header != NULL)
        post.fields[post.field_count++] = bytes_of(gateway->header);
    call->post = http_post(push->parts.http, &post);
    return call->post != 0;
}

/* False when it cannot leave. */
static bool send_push(struct push *push, struct bytes aor, const struct registrar_sleeper *sleeper,
                      enum push_reason reason, uint64_t key)
{
    const struct push_gateway *gateway = gateway_of(push, sleeper);
    char *body = gateway != NULL ? write_body(aor, sleeper, reason) : NULL;
    if (gateway == NULL || body == NULL) {
        free(body);
        return false;
    }
    struct call *call = call_new(push, aor, sleeper->instance, key);
    bool sent = post(push, gateway, body, call);
    free(body);
    if (sent)
        metrics_count(push->parts.metrics, METRIC_pushes_sent);
    else
        call_free(call);
    return sent;
}

/* Waking. */

unsigned push_wake_sleeper(struct push *push, struct bytes aor,
                           const struct registrar_sleeper *sleeper, enum push_reason reason)
{
    assert(!bytes_empty(aor) && !bytes_empty(sleeper->prid));
    uint64_t now_ms = push->parts.world->now_ms, pause_ms = push->settings.pause_s * 1000ULL;
    uint64_t key = key_of(push, aor, sleeper->instance, sleeper->prid);
    struct sighting *seen = sightings_take(&push->devices, key, now_ms);
    if (seen->value != 0 && now_ms < (seen->value >> MS_FROM) + pause_ms) {
        metrics_count(push->parts.metrics, METRIC_pushes_spared);
        return !(seen->value & FAILED);
    }
    seen->value = now_ms << MS_FROM;
    if (send_push(push, aor, sleeper, reason, key))
        return 1;
    seen->value |= FAILED;
    return 0;
}

/* registrar_find_asleep, or registrar_find_silent. */
typedef size_t (*find_fn)(const struct registrar *registrar, struct bytes aor,
                          const struct bytes *instance, struct registrar_sleeper *sleepers,
                          size_t most);

static unsigned wake_found(struct push *push, find_fn find, struct bytes aor,
                           const struct bytes *instance, enum push_reason reason)
{
    struct registrar_sleeper sleepers[SLEEPERS_MAX];
    unsigned hopes = 0;
    if (push->settings.gateway_count == 0 || (reason == PUSH_NOTIFY && !push->settings.notify))
        return 0;
    size_t count = find(push->parts.registrar, aor, instance, sleepers, SLEEPERS_MAX);
    for (size_t i = 0; i < count; i++)
        hopes += push_wake_sleeper(push, aor, &sleepers[i], reason);
    return hopes;
}

unsigned push_wake(struct push *push, struct bytes aor, const struct bytes *instance,
                   enum push_reason reason)
{
    return wake_found(push, registrar_find_asleep, aor, instance, reason);
}

unsigned push_wake_silent(struct push *push, struct bytes aor, const struct bytes *instance,
                          enum push_reason reason)
{
    return wake_found(push, registrar_find_silent, aor, instance, reason);
}

void push_device_came(struct push *push, struct bytes aor, const struct front_device *device)
{
    if (push->settings.gateway_count == 0 || bytes_empty(device->instance))
        return;
    struct sighting *seen =
        sightings_find(&push->devices, key_of(push, aor, device->instance, BYTES("")));
    if (seen != NULL)
        seen->value = 0;
}
