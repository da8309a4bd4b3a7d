/* feed.h: what has just happened to people and their devices, for whoever listens: a bounded ring
 * of small events.
 *
 * The reactor tells; what it tells waits until the latest change of its user's partition is
 * durable, and is forgotten when that is refused. Readers are any threads: each holds a position
 * and is told when it has fallen behind. While nobody reads, nothing is kept, and telling costs a
 * look: an event's id rises over everything that was told, kept or not, and begins with the number
 * of this life of the server, so that a position of an earlier one is known for what it is. */
#ifndef FEED_FEED_H
#define FEED_FEED_H

#include "base/metrics.h"
#include "base/world.h"
#include "store/store.h"

enum feed_type { FEED_PRESENCE, FEED_MESSAGES, FEED_REGISTRATIONS, FEED_SUBSCRIPTIONS, FEED_TYPES };
/* "presence"; and back, FEED_TYPES: there is none of that name. */
const char *feed_type_name(enum feed_type type);
enum feed_type feed_type_of(struct bytes name);

enum { FEED_FIELDS_MAX = 8, FEED_VALUE_MAX_BYTES = 1024, FEED_ID_SIZE = 17 };

enum feed_kind {
    FEED_TEXT,
    FEED_LIST,  /* words with line feeds between them */
    FEED_NUMBER /* decimal digits */
};
struct feed_field {
    const char *name; /* a constant, as it stands in the JSON */
    struct bytes value;
    enum feed_kind kind;
};

/* What is told, and what is read. */
struct feed_event {
    uint64_t id;      /* of what is read */
    uint64_t time_ms; /* wall clock */
    enum feed_type type;
    const char *what;  /* a constant: "registered" */
    struct bytes user; /* canonical: whose it is */
    struct feed_field fields[FEED_FIELDS_MAX];
    size_t field_count;
};
/* Adds a field unless it is empty; longer values are cut. */
void feed_add(struct feed_event *event, const char *name, struct bytes value);

struct feed_settings {
    unsigned kept;   /* events in the ring; 4096 */
    unsigned kept_s; /* how long they are kept for when the last reader has gone; 300 */
};
struct feed_settings feed_settings_default(void);

struct feed;
struct feed *feed_new(struct world *world, struct store *store, struct metrics *metrics,
                      const struct feed_settings *settings);
/* After its readers. */
void feed_free(struct feed **feed);

/* On the reactor's thread. */

/* False: nobody reads, and feed_tell does nothing but note that something was missed. */
bool feed_is_read(struct feed *feed);
/* Takes a copy. It is there for readers when what is submitted in this turn for its user is
 * durable. */
void feed_tell(struct feed *feed, const struct feed_event *event);
/* Nobody was told something, for feed_is_read says no. */
void feed_miss(struct feed *feed);
/* Has `came` called on the reactor's thread when there is something new; one of them. */
void feed_watch(struct feed *feed, void (*came)(void *context), void *context);

/* On any thread. */

/* Begins and ends to read: between them events are kept. Returns the position behind the last
 * event. */
uint64_t feed_join(struct feed *feed);
void feed_leave(struct feed *feed);
unsigned feed_readers(struct feed *feed);

struct feed_filter {
    unsigned types;    /* bits 1 << type */
    struct bytes user; /* empty: anybody */
};
enum feed_outcome {
    FEED_NOTHING, /* and the position is at the end */
    FEED_EVENT,
    FEED_GAP /* some events between the position and those that there are still are lost, or it is
                none of this life; the position is before the oldest that there is */
};
/* The next event behind the position that the filter lets pass, and moves the position there. What
 * is read is the reader's until feed_give. */
enum feed_outcome feed_take(struct feed *feed, const struct feed_filter *filter, uint64_t *position,
                            const struct feed_event **event);
void feed_give(struct feed *feed, const struct feed_event **event);
/* True when feed_take would find something; moves the position over what the filter holds back. */
bool feed_has(struct feed *feed, const struct feed_filter *filter, uint64_t *position);

/* The id of the last event that there was. */
uint64_t feed_last(struct feed *feed);
/* Blocks until there is an event behind this id, feed_rouse is called, or the time is over. */
void feed_wait(struct feed *feed, uint64_t position, unsigned timeout_ms);
/* Whoever waits goes on. */
void feed_rouse(struct feed *feed);

/* An id as 16 hexadecimal digits, and back; false: it is none. */
void feed_id_write(uint64_t id, char text[FEED_ID_SIZE]);
bool feed_id_read(struct bytes text, uint64_t *id);

/* The event as a JSON object, NUL-terminated; free() it. */
char *feed_json(const struct feed_event *event);
/* The same of a gap, of which nothing but its time is known. */
char *feed_json_gap(uint64_t wall_ms);

#endif
