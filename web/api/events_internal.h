/* events_internal.h: which events are wanted: of a stream, of a webhook. */
#ifndef WEB_API_EVENTS_INTERNAL_H
#define WEB_API_EVENTS_INTERNAL_H

#include "feed/feed.h"
#include "web/endpoint.h"

enum { EVENTS_ALL = (1 << FEED_TYPES) - 1 };

/* "presence,messages" as bits; empty: all. False: one is unknown, which *wrong is. */
bool events_read_types(struct bytes text, unsigned *types, struct bytes *wrong);
/* All names, for messages. */
const char *events_types(void);

/* Answers 404 with the field: that user (canonical) has no account. */
void events_no_user(struct web_call *call, struct bytes aor, const char *field);

#endif
