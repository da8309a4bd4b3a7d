/* named_internal.h: what the tables have in common whose rows a text names, and which belong to no
 * partition: domains, shared groups, tokens, webhooks. */
#ifndef STORE_NAMED_INTERNAL_H
#define STORE_NAMED_INTERNAL_H

#include "store/database_internal.h"

/* What SQLite refused last. */
enum err named_error(const struct database *database);
/* A statement whose first parameter is the name, which must live until the next reset; NULL: SQLite
 * refuses. */
sqlite3_stmt *named_statement(struct database *database, enum statement which, struct bytes name);
/* What such a statement counts. */
enum err named_count(struct database *database, enum statement which, struct bytes name,
                     int64_t *number);
/* ERR_LIMIT: it counts `most`, those of other names. */
enum err named_room(struct database *database, enum statement which, struct bytes name,
                    unsigned most);
/* Runs one that is bound; ERR_NOT_FOUND: it changed no row. */
enum err named_change(struct database *database, enum statement which);
enum err named_delete(struct database *database, enum statement which, struct bytes name);

#endif
