/* lines.h: the lines of our users: their sides of the calls that pass through here, for busy lamps
 * (RFC 4235).
 *
 * A line is there from the INVITE to the BYE. All INVITEs are record-routed, so what ends a call
 * passes here; one that falls silent ends after the interval of its session timer (RFC 4028), or
 * after `call_silence_s`. What was answered stays over a restart. */
#ifndef PROXY_LINES_H
#define PROXY_LINES_H

#include "proxy/proxy.h"

enum proxy_line_state { PROXY_LINE_TRYING, PROXY_LINE_EARLY, PROXY_LINE_CONFIRMED };

/* One side of a call; slices are good during the visit. */
struct proxy_line {
    uint64_t id; /* of this side; the same over restarts */
    enum proxy_line_state state;
    bool initiator;                              /* the user called; else was called */
    struct bytes call_id, local_tag, remote_tag; /* an empty tag: not known yet */
    struct bytes remote_uri, remote_name;        /* as the INVITE has them; the name may be empty */
    uint64_t since_ms;                           /* wall clock; of the state */
};

/* Visits the lines of a user, in the order in which they began. */
void proxy_each_line(const struct proxy *proxy, struct bytes aor,
                     void (*visit)(void *context, const struct proxy_line *line), void *context);

/* Appends them as application/dialog-info+xml (RFC 4235); nothing when there are none. */
void proxy_write_lines(const struct proxy *proxy, struct bytes aor, struct buffer *out);

/* True while the user has a call that was answered. */
bool proxy_is_talking(const struct proxy *proxy, struct bytes aor);

/* Has `changed` called when a user's lines have changed; what was submitted for it is the
 * partition's latest change at the end of the turn. Once, at start-up. */
void proxy_watch_lines(struct proxy *proxy, void (*changed)(void *context, struct bytes aor),
                       void *context);

/* Forgets a partition's answered calls and takes them from the store; see registrar_load. */
enum err proxy_load(struct proxy *proxy, unsigned partition) __attribute__((warn_unused_result));
void proxy_close(struct proxy *proxy, unsigned partition);

/* A whole call; slices as above. */
struct proxy_call {
    enum proxy_line_state state;
    struct bytes call_id, from_tag, to_tag; /* of the INVITE; to_tag empty: not known yet */
    struct bytes from_uri, to_uri;          /* as the INVITE has them */
    struct bytes caller, callee;            /* addresses of users of ours, or empty */
    uint64_t since_ms;                      /* wall clock; of the state */
    uint64_t expires_ms;                    /* when it ends by silence; 0: not answered yet */
    struct bytes name;                      /* by which they are ordered: Call-ID NUL From tag */
};
/* Visits at most `most` behind a name (empty: from the first), in the order of their names; true:
 * there are more. Walks all once. */
bool proxy_look_calls(const struct proxy *proxy, struct bytes after, size_t most,
                      void (*visit)(void *context, const struct proxy_call *call), void *context);

/* Visits the one with this name; false: there is none. */
bool proxy_look_call(const struct proxy *proxy, struct bytes name,
                     void (*visit)(void *context, const struct proxy_call *call), void *context);

/* Ends the call with this name. One that was answered is between its phones, and no proxy can say
 * BYE for them: it is forgotten, so its lamps go out, and its phones are told nothing; `changes`
 * are what is to be durable (STORE_NOTHING: nothing). One that was not is cancelled as its caller
 * would (RFC 3261 16.10), and ends with the answers to that. ERR_NOT_FOUND; ERR_BUSY: nothing can
 * be changed now. */
enum { PROXY_CALL_SIDES = 2 };
enum err proxy_end_call(struct proxy *proxy, struct bytes name,
                        struct store_change changes[PROXY_CALL_SIDES])
    __attribute__((warn_unused_result));

/* How many calls there are of which a side is ours. */
size_t proxy_line_count(const struct proxy *proxy);

#endif
