/* names_internal.h: what is known of names, for as long as it may be believed, and the questions
 * under way.
 *
 * Identical questions share one. Knows neither sockets nor c-ares: questions go out by a function,
 * and whoever that is brings the answers. */
#ifndef NET_NAMES_INTERNAL_H
#define NET_NAMES_INTERNAL_H

#include "base/metrics.h"
#include "base/world.h"
#include "net/loop.h"
#include "net/records_internal.h"

struct names;
struct name_entry;

/* Sends one question; names_came must follow once, perhaps before the return. */
typedef void (*names_ask_fn)(void *context, const char *name, enum record_type type,
                             struct name_entry *entry);

/* Somebody's interest in one answer; embedded in who has it, and left before that is freed. */
struct name_use {
    struct name_entry *entry; /* NULL: none, the question was not allowed */
    struct name_use *prev, *next;
    void (*ready)(struct name_use *use);
    bool waiting; /* `ready` is still to come */
};

/* `questions_max`: those under way at a time. */
struct names *names_new(struct world *world, const struct dns_settings *settings,
                        unsigned questions_max, struct metrics *metrics);
/* How questions go out; before the first. */
void names_on_ask(struct names *names, names_ask_fn ask, void *context);
/* Nobody may have a use any more. Questions under way must not be answered any more. */
void names_free(struct names **names);

/* Begins a use of what `name` (lower case, without the last dot) has of the type. True: it is known
 * now. False: `ready` is called once, in a later turn, unless the use ends before. `may_ask` false:
 * what is not known counts as failed. */
bool names_use(struct names *names, struct name_use *use, const char *name, enum record_type type,
               bool may_ask);
void names_leave(struct names *names, struct name_use *use);

/* The answer, never NULL; borrowed until the next turn or the end of the use. While `waiting`: what
 * was known before, if that may still serve (RFC 8767), else ANSWER_FAILED. */
const struct answer *names_answer(const struct names *names, const struct name_use *use);
/* Whether its `extras` may still be believed. */
bool names_extras_fresh(const struct names *names, const struct name_use *use);

/* The answer to a question; it is handed out in the next turn. Takes `answer`. */
void names_came(struct names *names, struct name_entry *entry, struct answer *answer);

#endif
