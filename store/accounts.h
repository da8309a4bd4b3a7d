/* accounts.h: accounts, their rosters, rules and preferences in the database file, for the command
 * line and for web threads. Works beside a running server, which notices within a second or two, or
 * when it is told to look. Each call is one durable transaction, unless the caller has begun one.
 */
#ifndef STORE_ACCOUNTS_H
#define STORE_ACCOUNTS_H

#include "base/blob.h"
#include "base/err.h"
#include "store/rows.h"

struct account_file;

/* Opens (makes, migrates) herald.db in the folder; does not take the server's lock nor count an
 * epoch. `why` gets a message for the operator on failure. */
struct account_file *account_file_open(const char *folder, enum err *err, char *why,
                                       size_t why_size);
/* The same to look into: makes and migrates nothing. ERR_NOT_FOUND: there is nothing to be read
 * yet, for no herald of this version has started here. */
struct account_file *account_file_look(const char *folder, enum err *err, char *why,
                                       size_t why_size);
void account_file_close(struct account_file **file);

/* Several calls as one: what is read cannot change before it is written. After a change that failed
 * the transaction must be rolled back. account_begin waits until nobody else writes (ERR_BUSY after
 * some seconds); account_begin_read lets several reads see the same. account_commit ends it in any
 * case, with a failure as account_rollback does, which may be called when there is none. */
enum err account_begin(struct account_file *file) __attribute__((warn_unused_result));
enum err account_begin_read(struct account_file *file) __attribute__((warn_unused_result));
enum err account_commit(struct account_file *file) __attribute__((warn_unused_result));
void account_rollback(struct account_file *file);

/* Adds one (ERR_CONFLICT: it is there, or it is an alias), changes all of one but its name
 * (ERR_NOT_FOUND), removes one with its roster, rules, preferences, messages and devices, and from
 * shared groups (ERR_NOT_FOUND). */
enum err account_add(struct account_file *file, const struct store_account *account)
    __attribute__((warn_unused_result));
enum err account_change(struct account_file *file, const struct store_account *account)
    __attribute__((warn_unused_result));
enum err account_delete(struct account_file *file, struct bytes aor)
    __attribute__((warn_unused_result));

/* Visits all accounts by name. */
enum err account_list(struct account_file *file,
                      void (*visit)(void *context, const struct store_account *account),
                      void *context) __attribute__((warn_unused_result));

/* The same for at most `limit` whose names come after `after` (empty: the first ones). */
enum err account_list_after(struct account_file *file, struct bytes after, unsigned limit,
                            void (*visit)(void *context, const struct store_account *account),
                            void *context) __attribute__((warn_unused_result));

/* ERR_NONE when there is such an account, ERR_NOT_FOUND when not. */
enum err account_known(struct account_file *file, struct bytes aor)
    __attribute__((warn_unused_result));

/* Visits one account; ERR_NOT_FOUND. */
enum err account_visit(struct account_file *file, struct bytes aor,
                       void (*visit)(void *context, const struct store_account *account),
                       void *context) __attribute__((warn_unused_result));

/* The account that has this alias, to be freed; NULL: there is none. */
enum err account_of_alias(struct account_file *file, struct bytes alias, char **aor)
    __attribute__((warn_unused_result));

/* Gives an account another name: ERR_NOT_FOUND (no such account), ERR_CONFLICT (somebody has the
 * name already; *holder is who, to be freed, NULL: the name is an account's), ERR_LIMIT (it has
 * `most` others). Takes it away: ERR_NOT_FOUND. Visits those that it has, by name. */
enum err account_put_alias(struct account_file *file, const struct store_alias *alias,
                           unsigned most, char **holder) __attribute__((warn_unused_result));
enum err account_delete_alias(struct account_file *file, const struct store_alias *alias)
    __attribute__((warn_unused_result));
enum err account_list_aliases(struct account_file *file, struct bytes aor,
                              void (*visit)(void *context, const struct store_alias *alias),
                              void *context) __attribute__((warn_unused_result));

/* Puts a buddy into its owner's roster, or changes the rest of it (ERR_NOT_FOUND: no such
 * account, ERR_LIMIT: the roster has `most` others), takes one out (ERR_NOT_FOUND: it was not in
 * it). */
enum err account_put_buddy(struct account_file *file, const struct store_buddy *buddy,
                           unsigned most) __attribute__((warn_unused_result));
enum err account_delete_buddy(struct account_file *file, const struct store_buddy *buddy)
    __attribute__((warn_unused_result));

/* Visits the buddies of an account, by position and address. */
enum err account_list_buddies(struct account_file *file, struct bytes aor,
                              void (*visit)(void *context, const struct store_buddy *buddy),
                              void *context) __attribute__((warn_unused_result));

/* Visits one; ERR_NOT_FOUND: it is not in that roster. */
enum err account_find_buddy(struct account_file *file, const struct store_buddy *key,
                            void (*visit)(void *context, const struct store_buddy *buddy),
                            void *context) __attribute__((warn_unused_result));

/* Empties the roster of an account: nobody is in it, no group has a place. */
enum err account_clear_roster(struct account_file *file, struct bytes aor)
    __attribute__((warn_unused_result));

/* Gives a group of a roster its place, takes it away (there or not); visits those that have one, by
 * position and name. Who is in a group is the buddies' (struct store_buddy). */
enum err account_put_group(struct account_file *file, const struct store_group *group)
    __attribute__((warn_unused_result));
enum err account_delete_group(struct account_file *file, const struct store_group *key)
    __attribute__((warn_unused_result));
enum err account_list_groups(struct account_file *file, struct bytes aor,
                             void (*visit)(void *context, const struct store_group *group),
                             void *context) __attribute__((warn_unused_result));

/* Puts a shared group (ERR_LIMIT: there are `most` others), deletes one (ERR_NOT_FOUND); visits at
 * most `limit` of them by name after `after`, or one (ERR_NOT_FOUND). */
enum err account_put_shared(struct account_file *file, const struct store_shared *shared,
                            unsigned most) __attribute__((warn_unused_result));
enum err account_delete_shared(struct account_file *file, struct bytes name)
    __attribute__((warn_unused_result));
enum err account_list_shared(struct account_file *file, struct bytes after, unsigned limit,
                             void (*visit)(void *context, const struct store_shared *shared),
                             void *context) __attribute__((warn_unused_result));
enum err account_find_shared(struct account_file *file, struct bytes name,
                             void (*visit)(void *context, const struct store_shared *shared),
                             void *context) __attribute__((warn_unused_result));

/* Visits the rules of an account; nothing when it has none. */
enum err account_load_rules(struct account_file *file, struct bytes aor,
                            void (*visit)(void *context, const struct store_rules *rules),
                            void *context) __attribute__((warn_unused_result));

/* Writes a document anew: gets what there is (empty: none) and sets *edited, which passes to the
 * caller, NULL for none. False: it stays as it is. */
typedef bool (*account_edit_fn)(void *context, struct bytes document, struct blob **edited);

/* Has an account's rules edited, in one transaction. ERR_NOT_FOUND: no such account; ERR_CLOSED:
 * `edit` did not want to. */
enum err account_edit_rules(struct account_file *file, struct bytes aor, account_edit_fn edit,
                            void *context) __attribute__((warn_unused_result));

/* Sets a preference of an account, or with an empty value clears it, there or not (ERR_NOT_FOUND:
 * no such account); visits those that it has, by their names. */
enum err account_put_preference(struct account_file *file,
                                const struct store_preference *preference)
    __attribute__((warn_unused_result));
enum err account_list_preferences(struct account_file *file, struct bytes aor,
                                  void (*visit)(void *context,
                                                const struct store_preference *preference),
                                  void *context) __attribute__((warn_unused_result));

#endif
