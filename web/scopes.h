/* scopes.h: what a token is good for, as text: "rosters:read people:write", "*" for all. */
#ifndef WEB_SCOPES_H
#define WEB_SCOPES_H

#include "web/endpoint.h"

enum { SCOPE_SIZE = 64 };

/* "rosters:read" */
void scope_write(enum web_area area, bool read, char scope[SCOPE_SIZE]);

/* True when one of the scopes opens the area: the right to write is one to read. */
bool scope_allows(struct bytes scopes, enum web_area area, bool read);

/* True when one of the scopes is as good as this one ("rosters:read" or "*"). */
bool scope_covers(struct bytes scopes, struct bytes scope);

/* True when all of a list (separated by blanks, at least one) are scopes that there are; else
 * *wrong is the first that is none. */
bool scope_judge(struct bytes scopes, struct bytes *wrong);

/* "people, rosters, ..." for messages; static text. */
const char *scope_areas(void);

#endif
