/* news.c: notices of the parts become events.
 *
 * The state of somebody's presence is looked at at the end of the turn, like all that is composed,
 * and only while somebody reads. What was told of it last is remembered as a hash, so that a state
 * that was published again as it was is no event. */
#include "news.h"

#include <assert.h>
#include <stdlib.h>

#include "base/blob.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "base/sightings.h"
#include "pidf/simple.h"
#include "presence/moves.h"

/* A state that was told so long ago and gives way to another one is no loss. */
enum { STATES_MAX = 16384, STATES_MS = 24 * 3600 * 1000, LIST_SIZE = 512 };

/* Somebody whose presence is to be looked at. */
struct look {
    struct look *next;
    size_t length;
    char aor[];
};

struct news {
    struct news_parts parts;
    struct look *looks, **looks_end;
    struct timer turn;
    struct sightings states; /* hashes of what was told */
    uint64_t seed;
};

/* Registrations. */

static void binding_changed(void *context, const struct registrar_news *told)
{
    struct news *news = context;
    struct feed_event event = {.type = FEED_REGISTRATIONS,
                               .what = told->ended == NULL ? "registered" : "ended",
                               .user = told->aor};
    feed_add(&event, "contact", told->contact);
    feed_add(&event, "instance", told->instance);
    feed_add(&event, "user_agent", told->user_agent);
    feed_add(&event, "reason", bytes_of(told->ended));
    feed_tell(news->parts.feed, &event);
}

/* Subscriptions. */

static const char *what_of(const struct presence_move *move)
{
    if (strcmp(move->state, "terminated") == 0)
        return "ended";
    return strcmp(move->before, "init") == 0 ? "began" : "changed";
}

static void subscription_moved(void *context, const struct presence_move *move)
{
    struct news *news = context;
    struct feed_event event = {
        .type = FEED_SUBSCRIPTIONS, .what = what_of(move), .user = move->presentity};
    feed_add(&event, "watcher", move->watcher);
    feed_add(&event, "event", bytes_of(move->event));
    feed_add(&event, "state", bytes_of(move->state));
    feed_add(&event, "before",
             strcmp(move->before, "init") == 0 ? BYTES("") : bytes_of(move->before));
    feed_add(&event, "reason", bytes_of(move->reason));
    feed_tell(news->parts.feed, &event);
}

/* Messages. */

static void message_fared(void *context, const struct im_news *told)
{
    static const char *const fates[] = {[IM_STORED] = "stored",
                                        [IM_DELIVERED] = "delivered",
                                        [IM_FAILED] = "failed",
                                        [IM_RELAYED] = "relayed"};
    struct news *news = context;
    char memory[40];
    struct buffer out = buffer_over(memory, sizeof(memory));
    struct feed_event event = {
        .type = FEED_MESSAGES, .what = fates[told->fate], .user = told->owner};
    buffer_format(&out, "%016llx", (unsigned long long)told->serial);
    feed_add(&event, "message", buffer_bytes(&out));
    feed_add(&event, "direction", told->sent ? BYTES("out") : BYTES("in"));
    feed_add(&event, "peer", told->peer);
    feed_add(&event, "device", told->device);
    size_t before = out.length;
    if (told->status != 0)
        buffer_number(&out, told->status);
    feed_add(&event, "status", bytes_skip(buffer_bytes(&out), before));
    if (told->status != 0)
        event.fields[event.field_count - 1].kind = FEED_NUMBER;
    feed_tell(news->parts.feed, &event);
}

/* Presence. */

static void put_words(struct buffer *list, const struct bytes *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (list->length + words[i].length + 1 > list->size)
            return;
        if (i > 0)
            buffer_char(list, '\n');
        buffer_put(list, words[i]);
    }
}

static bool is_open(const struct simple_presence *presence)
{
    for (size_t i = 0; i < presence->tuple_count; i++)
        if (bytes_equal(presence->tuples[i].basic, BYTES("open")))
            return true;
    return false;
}

/* The first that there is: of the document and the person, else of a tuple. */
static struct bytes note_of(const struct simple_presence *presence)
{
    for (size_t i = 0; i < presence->note_count; i++)
        if (!bytes_empty(presence->notes[i]))
            return presence->notes[i];
    for (size_t i = 0; i < presence->tuple_count; i++)
        if (!bytes_empty(presence->tuples[i].note))
            return presence->tuples[i].note;
    return BYTES("");
}

/* True when it is other than what was told last. */
static bool is_new(struct news *news, const struct feed_event *event)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < event->field_count; i++)
        hash = bytes_hash(event->fields[i].value,
                          bytes_hash(bytes_of(event->fields[i].name), hash ^ news->seed));
    uint64_t now_ms = news->parts.world->now_ms;
    struct sighting *seen =
        sightings_take(&news->states, bytes_hash(event->user, news->seed), now_ms);
    bool changed = seen->value != (hash | 1);
    seen->value = hash | 1;
    return changed;
}

static void tell_presence(struct news *news, struct bytes aor,
                          const struct simple_presence *presence)
{
    char text[LIST_SIZE];
    struct buffer activities = buffer_over(text, sizeof(text));
    struct feed_event event = {.type = FEED_PRESENCE, .what = "changed", .user = aor};
    put_words(&activities, presence->activities, presence->activity_count);
    feed_add(&event, "status", is_open(presence) ? BYTES("open") : BYTES("closed"));
    event.fields[event.field_count++] = (struct feed_field){
        .name = "activities", .value = buffer_bytes(&activities), .kind = FEED_LIST};
    feed_add(&event, "note", note_of(presence));
    if (is_new(news, &event))
        feed_tell(news->parts.feed, &event);
}

static void look_at(struct news *news, struct bytes aor)
{
    struct arena arena;
    struct simple_presence presence = {.tuple_count = 0};
    const struct blob *state = presence_state(news->parts.presence, "presence", aor);
    arena_init(&arena, 0);
    if (state == NULL || !verdict_ok(simple_read(blob_bytes(state), &arena, &presence)))
        presence = (struct simple_presence){.tuple_count = 0};
    tell_presence(news, aor, &presence);
    arena_release(&arena);
}

static void end_turn(struct timer *timer)
{
    struct news *news = HOLDER(timer, struct news, turn);
    struct look *look = news->looks, *next;
    news->looks = NULL;
    news->looks_end = &news->looks;
    for (; look != NULL; look = next) {
        next = look->next;
        look_at(news, bytes_from(look->aor, look->length));
        free(look);
    }
}

static void state_changed(void *context, struct bytes aor)
{
    struct news *news = context;
    if (!feed_is_read(news->parts.feed)) {
        feed_miss(news->parts.feed);
        return;
    }
    struct look *look = memory_new(sizeof(*look) + aor.length);
    look->length = aor.length;
    memcpy(look->aor, aor.at, aor.length);
    *news->looks_end = look;
    news->looks_end = &look->next;
    if (!timer_is_set(&news->turn))
        world_timer(news->parts.world, &news->turn, 0, end_turn);
}

struct news *news_new(const struct news_parts *parts)
{
    struct news *news = memory_new(sizeof(*news));
    struct bytes secret = store_secret(parts->store);
    const struct presence_listener listener = {"presence", state_changed, news};
    const struct presence_moves moves = {subscription_moved, news};
    news->parts = *parts;
    news->looks_end = &news->looks;
    assert(secret.length >= sizeof(news->seed));
    memcpy(&news->seed, secret.at, sizeof(news->seed));
    sightings_init(&news->states, STATES_MAX, STATES_MS, parts->metrics, METRIC_states_forgotten);
    registrar_watch_news(parts->registrar, binding_changed, news);
    presence_watch_moves(parts->presence, &moves);
    presence_watch_state(parts->presence, &listener);
    im_watch_news(parts->im, message_fared, news);
    return news;
}

void news_free(struct news **news)
{
    struct news *old = *news;
    *news = NULL;
    if (old == NULL)
        return;
    world_timer_cancel(old->parts.world, &old->turn);
    for (struct look *next, *look = old->looks; look != NULL; look = next) {
        next = look->next;
        free(look);
    }
    sightings_release(&old->states);
    free(old);
}
