/* package_table.h: the event packages as a table, for the administrator and ARCHITECTURE.md. */
#ifndef SERVER_PACKAGE_TABLE_H
#define SERVER_PACKAGE_TABLE_H

#include "base/buffer.h"

enum { PACKAGE_TABLE_SIZE = 16384 };

/* Appends it in Markdown: event, specification, body types, expiry, who may watch. */
void package_table_write(struct buffer *out);

#endif
