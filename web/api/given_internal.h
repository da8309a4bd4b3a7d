/* given_internal.h: what a call gives: users in its path, members of its body, where a page begins;
 * and what is wrong with that. */
#ifndef WEB_API_GIVEN_INTERNAL_H
#define WEB_API_GIVEN_INTERNAL_H

#include "front/people.h"
#include "store/accounts.h"
#include "web/endpoint.h"

enum { GIVEN_POINTER_SIZE = 96, GIVEN_LIMIT_USUAL = 100, GIVEN_LIMIT_MOST = 1000 };

/* Everything that is wrong with a body, so that it can be mended at once. */
struct faults {
    json_t *list; /* NULL: nothing yet */
};
/* Notes that something is wrong at a JSON pointer. */
void fault_add(struct faults *faults, const char *pointer, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Answers 400 with all of them and forgets them; false: there were none. */
bool faults_answer(struct web_call *call, struct faults *faults);

/* False: 409 is answered, since a service has this name and what is to be made would never be
 * reached. */
bool given_new_name(struct web_call *call, const char *field, const struct people_aor *aor);

/* The user of ours in the path, or anybody; false: 400 or 404 is answered. */
bool given_user(struct web_call *call, struct people_aor *aor);
bool given_anybody(struct web_call *call, const char *part, struct people_aor *aor);
/* The same name as it is written, be it an alias: what was stored before it became one. After
 * given_anybody() has found it good. */
void given_own_name(const struct web_call *call, const char *part, struct people_aor *aor);
/* What is wrong with a name, as a fault of the pointer. */
void given_name_fault(struct web_call *call, struct faults *faults, const char *pointer,
                      enum people_fault fault);

/* An object of the body at a pointer ("", "/items/3"). */
struct given {
    const json_t *object;
    const char *pointer;
    struct faults *faults;
};
/* The body as one; false: it is no object, and that is answered. */
bool given_object(struct web_call *call, struct faults *faults, struct given *given);
/* Where a member is, as a JSON pointer (RFC 6901 3); of a name that is too long the first
 * characters. */
void given_point(const struct given *given, const char *name, char pointer[GIVEN_POINTER_SIZE]);
/* Faults of all members but these; ends with NULL. */
void given_only(const struct given *given, const char *const *names);
/* A member, if it is there and good: a text that `judge` (people.h; NULL: any) finds no fault with,
 * null being the empty one; a number up to `most`; true or false. False leaves the value alone. */
bool given_text(const struct given *given, const char *name,
                const char *(*judge)(struct bytes text), struct bytes *value);
bool given_number(const struct given *given, const char *name, uint64_t most, uint64_t *value);
bool given_truth(const struct given *given, const char *name, bool *value);

/* The bytes of a JSON text. */
struct bytes given_bytes(const json_t *text);

/* True when the media type of a field is this one; parameters do not count. */
bool given_type_is(struct bytes field, const char *type);
/* True when the call names this media type for an answer, and would not rather have JSON (RFC 9110
 * 12.5.1). The answer says that it varies by that. */
bool given_accepts(struct web_call *call, const char *type);

/* A page of a list. */
struct page {
    unsigned limit;
    struct bytes after;  /* empty: the first */
    struct bytes search; /* empty, or what the next page looks for, too */
};
/* False: it is wrong, and that is answered. */
bool page_read(struct web_call *call, struct page *page);
/* The list {"items": ..., "next": ...}; takes over the items. `last`: what the next page comes
 * after; NULL: there is none. */
json_t *page_list(const struct page *page, const char *path, json_t *items, const char *last);

/* JSON of a text. Never NULL: what is no UTF-8 was put into the database by hand, and is empty. */
json_t *given_json(struct bytes text);

/* A transaction begins, for reading or for changing; false: that is answered. */
bool given_begin(struct web_call *call, struct account_file *file);
bool given_begin_read(struct web_call *call, struct account_file *file);
/* Ends it: becomes durable after ERR_NONE, when nothing is answered yet. False: it did not, and why
 * is answered. */
bool given_end(struct web_call *call, struct account_file *file, enum err err);
/* Answers a failure of the store. */
void given_failed(struct web_call *call, enum err err);

#endif
