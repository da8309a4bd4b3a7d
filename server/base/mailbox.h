/* mailbox.h: the only way between threads.
 *
 * A letter is a plain struct that changes owner when it is posted. Any thread may post; one thread,
 * the owner, takes. */
#ifndef BASE_MAILBOX_H
#define BASE_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>

struct letter {
    struct letter *next;
};

struct mailbox;

/* `wake` is called, without the lock, by the posting thread when a letter arrives in an empty box;
 * NULL when the owner never waits but in mailbox_wait. */
struct mailbox *mailbox_new(void (*wake)(void *context), void *context);
/* The box must be empty. */
void mailbox_free(struct mailbox **mailbox);

/* Hands a letter over. Returns how many wait, this one included. */
size_t mailbox_post(struct mailbox *mailbox, struct letter *letter);

/* All waiting letters, oldest first, as a list; NULL when there is none. */
struct letter *mailbox_take(struct mailbox *mailbox);

/* The same, but waits for at least one, at most `timeout_ms` (then NULL). */
struct letter *mailbox_wait(struct mailbox *mailbox, unsigned timeout_ms);

/* How many letters wait now. */
size_t mailbox_count(struct mailbox *mailbox);

#endif
