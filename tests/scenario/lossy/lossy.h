/* lossy.h: the lives of lossy_test.c: who takes part, what was asked, what came of it.
 *
 * watch.c: devices that publish, watchers, registrations, messages. calls.c: phones. answers.c:
 * what comes, and to whom it belongs. rest.c: what holds when all is quiet. */
#ifndef TESTS_SCENARIO_LOSSY_H
#define TESTS_SCENARIO_LOSSY_H

#include "peer.h"
#include "play.h"

enum {
    USERS = 2,
    DEVICES = 4,
    SLOTS = 6,
    WATCHERS = 3,
    PHONES = 4, /* the last two are one user's */
    LEGS = 2,
    REQUESTS_MAX = 8192,
    CALLS_MAX = 1024,
    LABEL_MAX = 32,
    TAG_MAX = 64,
    STEP_MS = 50,
    LIFE_MS = 32000,     /* 64*T1 */
    QUIET_MS = 5000,     /* more than T2 and the latest datagram */
    STORM_MS = 28000,    /* what is younger may be sent again: its transaction lives */
    REST_MS = 240000,    /* by then everything has come to rest */
    PATIENCE_MS = 90000, /* of a caller */
    LIGHT_LOSS = 10,     /* percent */
    HEAVY_LOSS = 40,
    SILENT_MS = 2000,  /* a phone may say nothing at all for so long */
    RING_MS = 60000,   /* of a phone that waits for a CANCEL */
    LINGER_MS = 70000, /* the longest timer after that */
};

enum kind {
    KIND_PUBLISH,
    KIND_SUBSCRIBE,
    KIND_REGISTER,
    KIND_MESSAGE,
    KIND_INVITE,
    KIND_CANCEL,
    KIND_BYE,
    KINDS
};

/* What a party asked for. */
struct request {
    enum kind kind;
    unsigned who; /* device, slot or call */
    uint64_t at_ms;
    struct party *party;
    const struct sent *sent;
    unsigned status; /* of the final answer; 0: none yet */
    bool rings;
};

struct device {
    unsigned user;
    struct party *party;
    char tag[TAG_MAX]; /* empty: nothing is published */
    unsigned note, pending_note;
    bool pending, lost; /* lost: a request timed out, nobody knows */
};

struct slot {
    unsigned user;
    struct party *party;
    char label[LABEL_MAX], call_id[LABEL_MAX];
    bool alive, ends, pending, lost, terminated;
    char *body;
};

enum leg_state { LEG_NONE, LEG_RINGS, LEG_ACCEPTED, LEG_TALKS, LEG_REFUSED, LEG_OVER };

/* A phone that is called. */
struct leg {
    struct party *party;
    enum leg_state state;
    char label[LABEL_MAX]; /* of its INVITE */
    unsigned status;       /* what it will say */
    uint64_t due_ms;       /* when it says it, or hangs up */
    uint64_t answered_ms;
    bool accepted, known; /* known: the caller got its 2xx */
};

struct call {
    struct party *caller;
    const struct sent *invite;
    unsigned request;
    char label[LABEL_MAX];
    uint64_t cancel_ms; /* 0: not */
    bool cancelled, unheard;
    struct leg legs[LEGS];
};

struct test {
    struct play play;
    uint64_t seed;
    unsigned serial;
    struct device devices[DEVICES];
    struct slot slots[SLOTS];
    struct party *phones[PHONES];
    struct request requests[REQUESTS_MAX];
    unsigned request_count;
    struct call calls[CALLS_MAX];
    unsigned call_count;
    unsigned char messages[REQUESTS_MAX]; /* by serial: a bit for each phone that had it */
    unsigned settled[KINDS], timed_out[KINDS];
    unsigned replayed, talked, excused;
};

extern const char *const watched_users[USERS];
extern const char *const phone_users[PHONES];

/* The test's own dice. */
unsigned choose(struct test *test, unsigned below);
uint64_t now(const struct test *test);
bool is_fine(const struct test *test);
/* So little is lost that some copy of everything arrives: nothing may time out. */
bool is_light(const struct test *test);

/* watch.c: what is asked, unless it would be too early. */
void publish(struct test *test, unsigned index);
void subscribe(struct test *test, unsigned index);
void enroll(struct test *test, struct party *phone);
void send_message(struct test *test);
/* What comes of it. */
void take_notify(struct test *test, const struct party *party, const struct sip_message *message);
void take_message(struct test *test, struct party *party, struct arrival *arrival);
void settle_publish(struct device *device, const struct sip_message *message);
void settle_subscribe(struct slot *slot, const struct sip_message *message);
/* True when a slot may have ended without its watcher's knowledge. */
bool excuse(struct test *test, struct slot *slot);

/* calls.c */
void call_somebody(struct test *test);
void take_invite(struct test *test, struct party *party, struct arrival *arrival);
void take_ack(struct test *test, struct party *party, const struct arrival *arrival);
void take_cancel(struct test *test, struct party *party, struct arrival *arrival);
void take_bye(struct test *test, struct party *party, struct arrival *arrival);
/* The caller gets a 2xx. */
void accept_2xx(struct test *test, struct call *call, struct arrival *arrival);
/* Does what is due. */
void tend_calls(struct test *test);

/* answers.c */
/* A label that nobody had, written to LABEL_MAX bytes. */
const char *new_label(struct test *test, char *label);
/* Notes what the party has just sent under that label; returns its number. */
unsigned note_request(struct test *test, enum kind kind, unsigned who, struct party *party,
                      const char *label);
/* Looks at everything that has come. */
void take_all(struct test *test);
/* Lets time pass while everybody does what he should. */
bool go_on(struct test *test, uint64_t ms);

/* rest.c */
bool come_to_rest(struct test *test);
/* The same at the end, when every timer has run out. */
bool end(struct test *test);

#endif
