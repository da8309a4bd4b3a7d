/* simple.h: presence in the few words that programs and people ask for: what a composed document
 * says, and a document that says so. RFC 3863, RFC 4479, RFC 4480. */
#ifndef PIDF_SIMPLE_H
#define PIDF_SIMPLE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/blob.h"
#include "base/bytes.h"
#include "base/verdict.h"

struct simple_tuple {
    struct bytes id, basic;                /* "open", "closed" or empty */
    struct bytes contact, note, timestamp; /* or empty */
    bool has_priority;
    struct bytes priority; /* of the contact, as it stands there */
};

struct simple_presence {
    struct bytes entity;
    const struct simple_tuple *tuples; /* in their order: the best first */
    size_t tuple_count;
    const struct bytes *activities; /* of the persons: names of RPID, or what <other> says */
    size_t activity_count;
    const struct bytes *moods;
    size_t mood_count;
    const struct bytes *notes; /* of the document and the persons */
    size_t note_count;
};

/* Reads a document that we wrote or judged; all lies in the arena. 400: it is no PIDF. */
struct verdict simple_read(struct bytes document, struct arena *arena,
                           struct simple_presence *presence);

enum { SIMPLE_ACTIVITIES_MAX = 8 };

struct simple_state {
    struct bytes entity; /* a URI */
    bool open;
    struct bytes activities[SIMPLE_ACTIVITIES_MAX]; /* each a simple_activity */
    size_t activity_count;
    struct bytes note; /* or empty; UTF-8 */
    uint64_t until_ms; /* of the activities, wall clock; 0: not said */
};
/* A valid document of one tuple, and a person when there is more to say; for the caller. */
struct blob *simple_write(const struct simple_state *state);

/* True when it is an activity that RFC 4480 3.2 has a word for. */
bool simple_activity(struct bytes name);
/* All of them, NULL-ended. */
const char *const *simple_activities(void);

/* An RFC 3339 time as milliseconds since 1970; false: it is none. */
bool simple_moment(struct bytes text, uint64_t *wall_ms);

#endif
