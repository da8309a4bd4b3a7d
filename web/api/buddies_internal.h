/* buddies_internal.h: buddies and groups of rosters as JSON, CSV and vCard, and in memory. */
#ifndef WEB_API_BUDDIES_INTERNAL_H
#define WEB_API_BUDDIES_INTERNAL_H

#include "web/api/given_internal.h"

#define BUDDIES_POSITION_MOST UINT64_C(1000000000)

/* A buddy with memory of its own. */
struct buddy {
    char *aor, *name, *groups, *notes; /* groups: lines */
    uint64_t position;
    bool has_name, has_groups, has_notes, has_position; /* said by who gave it */
};

struct buddies {
    struct buddy *all;
    size_t count, size;
};

void buddies_release(struct buddies *buddies);
/* Reads a roster, by position and address. */
enum err buddies_load(struct account_file *file, struct bytes owner, struct buddies *buddies);
/* The one with this address, or NULL. */
struct buddy *buddies_find(const struct buddies *buddies, const char *aor);

/* {"uri": ..., "display_name": ..., "groups": [...], "notes": ..., "position": ...} */
json_t *buddy_json(const struct buddy *buddy);
struct store_buddy buddy_stored(const struct buddy *buddy, struct bytes owner);
/* Takes an object as a buddy; without an `aor` (canonical) its "uri" says who it is, else that may
 * repeat it. Faults say what is wrong. */
void buddy_read(struct web_call *call, const struct given *given, const char *aor,
                struct buddy *buddy);
/* Reads an array of them, each once; `pointer` is the array's. */
void buddies_read(struct web_call *call, struct faults *faults, const json_t *items,
                  const char *pointer, struct buddies *buddies);

/* Lines, which change; owned texts. */
bool lines_have(const char *lines, struct bytes line);
void lines_add(char **lines, struct bytes line);
void lines_remove(char **lines, struct bytes line);
/* As an array of texts. */
json_t *lines_json(struct bytes lines);

/* Comma-separated values (RFC 4180): a line that names the columns uri, display_name, groups
 * (";" between them, "\" before a ";" or "\" that is meant), notes and position, in any order; then
 * a line each. The array for buddies_read; NULL with faults. */
json_t *csv_read(struct bytes text, struct faults *faults);
/* An owned text; `items` as csv_read gives them. */
char *csv_write(const json_t *items);

/* vCards (RFC 6350): FN, IMPP with a sip URI, CATEGORIES, NOTE; other properties are passed over,
 * X-HERALD-POSITION is ours. Likewise. */
json_t *vcard_read(struct bytes text, struct faults *faults);
char *vcard_write(const json_t *items);

#endif
