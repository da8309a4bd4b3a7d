/* command_token.c: herald token add|list|revoke: who may call the HTTP API. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "command_internal.h"
#include "folder.h"
#include "web/scopes.h"
#include "web/secret.h"

enum { DAYS_MAX = 3650, DAY_MS = 86400000, NAME_MAX_BYTES = 100 };

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static bool failed(const struct work *work, enum err err)
{
    return command_fail("the tokens in %s cannot be reached: %s; look at the disk and its rights",
                        work->config->data, err_name(err));
}

/* add NAME SCOPES [DAYS] */

static bool save(const struct work *work, const struct web_secret *secret, const char *const *words,
                 uint64_t expires_ms)
{
    const struct store_token row =
        web_secret_row(secret, bytes_of(words[0]), bytes_of(words[1]), now_ms(), expires_ms);
    struct account_file *file = command_open(work);
    if (file == NULL)
        return false;
    enum err err = token_add(file, &row, WEB_TOKENS_MAX);
    account_file_close(&file);
    if (err == ERR_LIMIT)
        return command_fail("there are %d tokens already; revoke those that nobody uses",
                            WEB_TOKENS_MAX);
    return err == ERR_NONE || failed(work, err);
}

static bool judge(const char *const *words, uint64_t *expires_ms)
{
    struct bytes wrong;
    uint32_t days = 0;
    size_t length = strlen(words[0]);
    *expires_ms = 0;
    if (length == 0 || length > NAME_MAX_BYTES || !bytes_is_utf8(bytes_of(words[0])))
        return command_fail("the name of a token has 1 to %d bytes of UTF-8", NAME_MAX_BYTES);
    if (!scope_judge(bytes_of(words[1]), &wrong))
        return command_fail("\"%.*s\" is no scope; write \"*\" for everything, or like "
                            "\"rosters:write live:read\", of %s",
                            BYTES_ARGS(wrong), scope_areas());
    if (words[2] == NULL)
        return true;
    if (!bytes_to_u32(bytes_of(words[2]), &days) || days == 0 || days > DAYS_MAX)
        return command_fail("\"%s\" is no number of days from 1 to %d", words[2], DAYS_MAX);
    *expires_ms = now_ms() + (uint64_t)days * DAY_MS;
    return true;
}

static bool add_token(struct work *work, const char *const *words, uint64_t expires_ms)
{
    struct web_secret secret;
    if (!web_secret_make(&secret))
        return command_fail("the system gives no random bytes; try again");
    bool saved = save(work, &secret, words, expires_ms);
    if (saved)
        printf("%s\n", secret.text);
    if (saved)
        fprintf(stderr, "This is shown once. Its id is %s.\n", secret.id);
    explicit_bzero(&secret, sizeof(secret));
    return saved;
}

/* The first token may come before the server's first start. */
static bool token_make(struct work *work, const char *const *words)
{
    char why[WHY_SIZE];
    uint64_t expires_ms;
    bool made;
    if (!judge(words, &expires_ms))
        return false;
    if (!folder_make(work->config->data, &made, why, sizeof(why)))
        return command_fail("%s", why);
    bool added = add_token(work, words, expires_ms);
    if (!added && made)
        folder_unmake(work->config->data);
    return added;
}

/* list */

static const char *write_day(uint64_t ms, const char *otherwise, char text[24])
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm parts;
    if (ms == 0 || gmtime_r(&seconds, &parts) == NULL)
        return otherwise;
    strftime(text, 24, "%Y-%m-%dT%H:%MZ", &parts);
    return text;
}

static void print_token(void *context, const struct store_token *token)
{
    char made[24], expires[24], used[24];
    (void)context;
    printf("%.*s  made %s  expires %s  used %s  %.*s  %.*s\n", BYTES_ARGS(token->id),
           write_day(token->made_ms, "-", made), write_day(token->expires_ms, "never", expires),
           write_day(token->used_ms, "never", used), BYTES_ARGS(token->scopes),
           BYTES_ARGS(token->name));
}

static bool token_show(struct work *work, const char *const *words)
{
    (void)words;
    struct account_file *file = command_open(work);
    if (file == NULL)
        return false;
    enum err err = token_list(file, print_token, NULL);
    account_file_close(&file);
    return err == ERR_NONE || failed(work, err);
}

/* revoke ID */

static bool token_end(struct work *work, const char *const *words)
{
    struct account_file *file = command_open(work);
    if (file == NULL)
        return false;
    enum err err = token_revoke(file, bytes_of(words[0]));
    account_file_close(&file);
    if (err == ERR_NOT_FOUND)
        return command_fail("there is no token \"%s\"; herald token list shows their ids",
                            words[0]);
    if (err != ERR_NONE)
        return failed(work, err);
    printf("revoked %s\n", words[0]);
    return true;
}

static const struct verb verbs[] = {
    {"add", 2, 3, "a name, scopes, and perhaps the days that it is good for", token_make},
    {"list", 0, 0, "nothing more", token_show},
    {"revoke", 1, 1, "the id of a token", token_end},
};

static const struct verb *find(const char *const *words)
{
    return command_verb(verbs, sizeof(verbs) / sizeof(verbs[0]), "token", words + 1);
}

bool command_token_check(const char *const *words)
{
    return find(words) != NULL;
}

bool command_token(struct work *work, const char *const *words)
{
    return find(words)->run(work, words + 2);
}
