/* publication_internal.h: the life of a publication. */
#ifndef PRESENCE_PUBLICATION_INTERNAL_H
#define PRESENCE_PUBLICATION_INTERNAL_H

#include "presence/presence_internal.h"

/* publication.c. */
struct publication *publication_of_row(struct resource *resource,
                                       const struct store_publication *row,
                                       struct document *document);
/* The same of a row of the store's: with its source, and what has become of its publisher. */
struct publication *publication_load(struct resource *resource, const struct store_publication *row,
                                     struct document *document);
/* Puts a new one where the one stands whose state it carries on: composing goes by this order. */
void publication_take_place(struct publication *made, struct publication *old);
void publication_save(const struct publication *publication, struct store_set *set);
/* Sets (again) the timer that ends or closes it. */
void publication_arm(struct publication *publication);
/* Its time is over, though its client asked for more: it ends like one that nobody refreshed, as
 * soon as the store has room. */
void publication_cut_short(struct publication *publication);
void publication_delete_row(const struct publication *publication, struct store_set *set);
/* Forgets the oldest ended ones of a resource, with their rows, until there are at most `most`. */
void publication_forget_ended(struct resource *resource, unsigned most, struct store_set *set);
/* Takes it out of its resource and frees it. */
void publication_free(struct publication *publication);
void publish_handle(void *context, struct front_request *request);
/* True when `entity`, as a document has it, is the user, whatever scheme, port and parameters it is
 * written with (publish.c). */
bool publish_entity_matches(const struct presence *presence, struct bytes aor, struct bytes entity);
/* The seconds that a request asks for, as its package limits them (lifetime.c). False: it was
 * refused (400, 423). */
bool lifetime_judge(struct front_request *request, const struct lifetime *lifetime,
                    uint32_t *expires_s);
/* True when it is one of a client's, and counts against the limit. */
static inline bool publication_is_clients(const struct publication *publication)
{
    return !publication->ended && publication->publisher == STORE_CLIENT;
}

#endif
