/* news.h: what registrar, presence and im tell, as events of the feed. */
#ifndef SERVER_NEWS_H
#define SERVER_NEWS_H

#include "feed/feed.h"
#include "im/im.h"
#include "presence/presence.h"
#include "registrar/registrar.h"

struct news;

struct news_parts {
    struct world *world;
    struct store *store;
    struct feed *feed;
    struct registrar *registrar;
    struct presence *presence;
    struct im *im;
    struct metrics *metrics;
};

/* Listens to all of them. */
struct news *news_new(const struct news_parts *parts);
/* After they have gone, or will tell no more. */
void news_free(struct news **news);

#endif
