/* command_roster.c: herald roster OWNER add|remove|list. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "command_internal.h"

/* Checks that the owner is there; closes the file when not. */
static struct account_file *open_of_owner(const struct work *work)
{
    struct account_file *file = command_open(work);
    enum err err = file != NULL ? account_known(file, bytes_of(work->aor)) : ERR_NONE;
    if (err == ERR_NONE)
        return file;
    command_failed(work, err);
    account_file_close(&file);
    return NULL;
}

enum { GROUPS_SIZE = (PEOPLE_GROUP_MAX_BYTES + 1) * COMMAND_GROUPS_MAX };

/* The groups of --group, a line each; false with a message. */
static bool write_groups(const struct work *work, struct buffer *out)
{
    for (const char *const *group = work->groups; *group != NULL; group++) {
        const char *fault = people_group_fault(bytes_of(*group));
        if (fault != NULL)
            return command_fail("--group number %d cannot name a group: %s",
                                (int)(group - work->groups) + 1, fault);
        buffer_format(out, "%s%s", group == work->groups ? "" : "\n", *group);
    }
    assert(!out->overflow);
    return true;
}

/* What is in the roster already, and stays. */
struct before {
    char *notes; /* owned */
    uint64_t position;
};

static void keep_before(void *context, const struct store_buddy *buddy)
{
    struct before *before = context;
    before->notes = memory_copy(buddy->notes);
    before->position = buddy->position;
}

static enum err put_buddy(struct account_file *file, struct store_buddy *row, unsigned most)
{
    struct before before = {NULL};
    enum err err = account_begin(file);
    if (err == ERR_NONE)
        err = account_find_buddy(file, row, keep_before, &before);
    row->notes = bytes_of(before.notes);
    row->position = before.position;
    if (err == ERR_NONE || err == ERR_NOT_FOUND)
        err = account_put_buddy(file, row, most);
    if (err == ERR_NONE)
        err = account_commit(file);
    account_rollback(file);
    free(before.notes);
    return err;
}

static bool roster_add(struct work *work, const char *const *words)
{
    char buddy[AOR_SIZE], memory[GROUPS_SIZE];
    struct buffer groups = buffer_over(memory, sizeof(memory));
    if (!command_find_anybody(work, words[0], buddy) || !write_groups(work, &groups))
        return false;
    struct store_buddy row = {.aor = bytes_of(work->aor),
                              .buddy = bytes_of(buddy),
                              .name = bytes_of(words[1]),
                              .groups = buffer_bytes(&groups)};
    const char *fault = people_name_fault(row.name);
    if (fault != NULL)
        return command_fail("the name of %s is none: %s", buddy, fault);
    struct account_file *file = open_of_owner(work);
    if (file == NULL)
        return false;
    enum err err = put_buddy(file, &row, work->config->buddies_max);
    account_file_close(&file);
    if (err == ERR_LIMIT)
        return command_fail("the roster of %s is full: policy.buddies_max is %u", work->aor,
                            work->config->buddies_max);
    if (err != ERR_NONE)
        return command_failed(work, err);
    printf("%s is in the roster of %s\n", buddy, work->aor);
    return true;
}

static bool roster_remove(struct work *work, const char *const *words)
{
    char buddy[AOR_SIZE];
    if (!command_find_anybody(work, words[0], buddy))
        return false;
    struct account_file *file = open_of_owner(work);
    if (file == NULL)
        return false;
    const struct store_buddy row = {.aor = bytes_of(work->aor), .buddy = bytes_of(buddy)};
    enum err err = account_delete_buddy(file, &row);
    account_file_close(&file);
    if (err == ERR_NOT_FOUND)
        return command_fail("%s is not in the roster of %s", buddy, work->aor);
    if (err != ERR_NONE)
        return command_failed(work, err);
    printf("%s is no longer in the roster of %s\n", buddy, work->aor);
    return true;
}

static void print_buddy(void *context, const struct store_buddy *buddy)
{
    (void)context;
    struct bytes groups = buddy->groups;
    printf("%.*s%s%.*s", BYTES_ARGS(buddy->buddy), bytes_empty(buddy->name) ? "" : " ",
           BYTES_ARGS(buddy->name));
    while (!bytes_empty(groups)) {
        struct bytes group = bytes_split(&groups, '\n');
        printf(" [%.*s]", BYTES_ARGS(group));
    }
    printf("\n");
}

static bool roster_list(struct work *work, const char *const *words)
{
    (void)words;
    struct account_file *file = open_of_owner(work);
    if (file == NULL)
        return false;
    enum err err = account_list_buddies(file, bytes_of(work->aor), print_buddy, NULL);
    account_file_close(&file);
    if (err != ERR_NONE)
        return command_fail("the roster of %s cannot be read: %s", work->aor, err_name(err));
    return true;
}

static const struct verb verbs[] = {
    {"add", 1, 2, "the address of a buddy, and perhaps a name and groups (--group)", roster_add},
    {"remove", 1, 1, "the address of a buddy", roster_remove},
    {"list", 0, 0, "nothing more", roster_list},
};

static const struct verb *find(const char *const *words)
{
    return command_verb(verbs, sizeof(verbs) / sizeof(verbs[0]), "roster OWNER", words + 2);
}

bool command_roster_check(const char *const *words)
{
    if (words[1] == NULL)
        return command_fail("herald roster wants a user whose roster it is; see herald --help");
    return find(words) != NULL;
}

bool command_roster(struct work *work, const char *const *words)
{
    return command_find_account(work, words[1]) && find(words)->run(work, words + 3);
}
