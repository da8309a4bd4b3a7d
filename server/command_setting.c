/* command_setting.c: herald setting USER show|set|clear: what a user wants otherwise than by
 * default. Names and values are judged before anything is opened (policy/preferences.h). */
#include <stdio.h>

#include "command_internal.h"
#include "policy/preferences.h"

/* The setting of this name; NULL with a message. */
static const struct preference *find_setting(const char *name)
{
    char names[WHY_SIZE];
    struct buffer out = buffer_over(names, sizeof(names));
    const struct preference *known = preference_find(name);
    preferences_write_names(&out);
    if (known == NULL)
        command_fail("there is no setting \"%s\"; there are %.*s", name, (int)out.length, names);
    return known;
}

static bool put_setting(const struct work *work, const char *name, const char *value)
{
    const struct store_preference row = {
        .aor = bytes_of(work->aor), .name = bytes_of(name), .value = bytes_of(value)};
    struct account_file *file = command_open(work);
    if (file == NULL)
        return false;
    enum err err = account_put_preference(file, &row);
    account_file_close(&file);
    return err == ERR_NONE || command_failed(work, err);
}

static bool setting_set(struct work *work, const char *const *words)
{
    char values[WHY_SIZE];
    const struct preference *setting = find_setting(words[0]);
    if (setting == NULL)
        return false;
    struct buffer out = buffer_over(values, sizeof(values));
    preference_write_values(setting, &out);
    if (!preference_takes(setting, words[1]))
        return command_fail("%s cannot be \"%s\"; it is one of %.*s (%s)", setting->name, words[1],
                            (int)out.length, values, setting->help);
    if (!put_setting(work, setting->name, words[1]))
        return false;
    printf("%s of %s is %s\n", setting->name, work->aor, words[1]);
    return true;
}

static bool setting_clear(struct work *work, const char *const *words)
{
    const struct preference *setting = find_setting(words[0]);
    if (setting == NULL || !put_setting(work, setting->name, ""))
        return false;
    printf("%s of %s is as the configuration says\n", setting->name, work->aor);
    return true;
}

static void print_setting(void *context, const struct store_preference *preference)
{
    (void)context;
    printf("%.*s %.*s\n", BYTES_ARGS(preference->name), BYTES_ARGS(preference->value));
}

static bool setting_show(struct work *work, const char *const *words)
{
    (void)words;
    struct account_file *file = command_open(work);
    if (file == NULL)
        return false;
    enum err err = account_known(file, bytes_of(work->aor));
    if (err == ERR_NONE)
        err = account_list_preferences(file, bytes_of(work->aor), print_setting, NULL);
    account_file_close(&file);
    return err == ERR_NONE || command_failed(work, err);
}

static const struct verb verbs[] = {
    {"show", 0, 0, "nothing more", setting_show},
    {"set", 2, 2, "a setting and its value", setting_set},
    {"clear", 1, 1, "a setting", setting_clear},
};

static const struct verb *find(const char *const *words)
{
    return command_verb(verbs, sizeof(verbs) / sizeof(verbs[0]), "setting USER", words + 2);
}

bool command_setting_check(const char *const *words)
{
    if (words[1] == NULL)
        return command_fail("herald setting wants a user whose setting it is; see herald --help");
    return find(words) != NULL;
}

bool command_setting(struct work *work, const char *const *words)
{
    return command_find_account(work, words[1]) && find(words)->run(work, words + 3);
}
