/* state_internal.h: presence as JSON. */
#ifndef WEB_API_STATE_INTERNAL_H
#define WEB_API_STATE_INTERNAL_H

#include <jansson.h>

#include "pidf/rules.h"

/* Adds what a presence document says: basic, activities, moods, notes, tuples. */
void state_read(json_t *object, struct bytes document);
/* "polite-block" */
const char *state_handling(enum sub_handling handling);

#endif
