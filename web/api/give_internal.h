/* give_internal.h: what the endpoints of live state have in common: whose call it is, and how
 * things are written as JSON. */
#ifndef WEB_API_GIVE_INTERNAL_H
#define WEB_API_GIVE_INTERNAL_H

#include "front/people.h"
#include "net/flow.h"
#include "web/core.h"
#include "web/endpoint.h"

struct buffer;
struct event_package;

enum { GIVE_USUAL = 100, GIVE_MOST = 1000, GIVE_PATH_MAX = 4096 };

/* The user of the path's {user}. False: 400 or 404 is answered. */
bool give_user(struct web_call *call, const struct web_core *core, struct people_aor *user);
/* Somebody whom a parameter of the query names, ours or not; *user stays when it is not there.
 * False: 400 is answered. */
bool give_anybody(struct web_call *call, const char *parameter, struct people_aor *user);
/* The event package that `event` of the query names; *package stays when it is not there, or empty.
 * False: 400 is answered. */
bool give_event(struct web_call *call, const struct event_package **package);
static inline struct bytes give_aor(const struct people_aor *user)
{
    return bytes_of(user->text);
}

/* An answer that tells of a user's state waits for the latest change of it. */
void give_latest(struct web_call *call, const struct web_core *core, struct bytes aor);
/* The same for one that tells of users whoever they are: of what is not there any more, too. */
void give_latest_of_all(struct web_call *call, const struct web_core *core);

/* Fields of an object. What is no UTF-8 is shown with '?' in its place; an empty text and a time of
 * 0 are null. */
void give_text(json_t *object, const char *name, struct bytes text);
void give_words(json_t *object, const char *name, const char *text);
void give_time(json_t *object, const char *name, uint64_t wall_ms);
void give_flag(json_t *object, const char *name, bool flag);
void give_number(json_t *object, const char *name, uint64_t number);
void give_flow(json_t *object, const char *name, const struct net_flow *flow);
/* RFC 3339, UTC, milliseconds; good until the buffer is. */
enum { GIVE_TIME_SIZE = 32 };
struct bytes give_time_text(char *text, uint64_t wall_ms);

/* Answers a list. `next`: the target of the next page, NULL: this is the last. The items pass to
 * the call. */
void give_list(struct web_call *call, json_t *items, const char *next);

/* The problem of an `after` that is none. */
void give_no_page(struct web_call *call);

/* The problem of an order that was not done. */
void give_busy(struct web_call *call);

#endif
