/* config_internal.h: the table of keys that drives reading, checking and the sample file.
 *
 * A key says where its value stands in the file and in struct config, what it may be, what it is
 * when the file is silent, and what it is for. A type says how a value is taken from the file.
 */
#ifndef SERVER_CONFIG_INTERNAL_H
#define SERVER_CONFIG_INTERNAL_H

#include <libconfig.h>

#include "base/arena.h"
#include "config.h"

struct config_key;

/* One reading of one file. */
struct config_reader {
    struct config *config;
    struct arena *arena; /* what the texts are copied to */
    const char *path;    /* for messages */
    const char *folder;  /* that relative paths start from; NULL: they stay as they are */
    char *why;
    size_t why_size;
    unsigned line; /* where the fault stands; 0: nowhere */
};

/* Takes a setting's value into a field. False with a message in the reader. */
typedef bool (*config_take_fn)(struct config_reader *reader, const struct config_key *key,
                               config_setting_t *setting, void *field);

struct config_key {
    const char *path; /* "net.idle_s"; of a domain's keys: "name" */
    config_take_fn take;
    size_t offset, size;  /* of the field */
    uint64_t least, most; /* of numbers; of texts: characters */
    const char *value;    /* the default, as it stands in a file; NULL: a list of groups */
    const char *help;     /* one or two sentences */
};

/* A set of keys that fill one struct. */
struct config_keys {
    const struct config_key *keys;
    size_t count;
};

/* All keys of a file, and those of one group of the list `domains`. */
extern const struct config_keys config_file_keys, config_domain_keys;

/* The key at a path, or NULL; and the one whose path is spelt most like it. */
const struct config_key *config_find_key(const struct config_keys *keys, const char *path);
const struct config_key *config_nearest_key(const struct config_keys *keys, const char *path);

/* True when keys stand under "path.". */
bool config_is_group(const struct config_keys *keys, const char *path);

/* Takes every setting below `group` that has a key into `base`; `prefix` is the group's own path
 * ("" at the top) and `name` what messages call it. */
bool config_take_group(struct config_reader *reader, const struct config_keys *keys,
                       config_setting_t *group, const char *prefix, void *base);

/* Writes "file:line: message" of a setting (NULL: of the file) into the reader's `why`; false. */
bool config_fail(struct config_reader *reader, const config_setting_t *setting, const char *format,
                 ...) __attribute__((format(printf, 3, 4)));

/* config_said.c: room for what is said of the keys; and notes what a setting says of one. */
void config_said_begin(struct config_reader *reader);
void config_said_note(struct config_reader *reader, const struct config_key *key,
                      const config_setting_t *setting);

/* Makes the users and domains of the registrar's lists canonical, when all has been read. */
bool config_check_registrar(struct config_reader *reader, const config_t *file);

/* The length of a list of groups; -1 with a message: it is none, or has too few or too many. */
int config_groups(struct config_reader *reader, const struct config_key *key,
                  config_setting_t *setting);

/* Takes a list of groups into the array that is the field: key->most entries, each at first as
 * `usual`; the two texts that begin each must be there. */
bool config_take_entries(struct config_reader *reader, const struct config_key *key,
                         const struct config_keys *keys, config_setting_t *setting, void *entries,
                         const void *usual, size_t *count);

/* The number of values in a list of texts; -1 with a message. A single text stands for a list of
 * one. And a value of such a list; NULL with a message. */
int config_list_length(struct config_reader *reader, const struct config_key *key,
                       config_setting_t *setting);
const char *config_list_text(struct config_reader *reader, const struct config_key *key,
                             config_setting_t *setting, int index);

/* The types. */
bool config_take_gateways(struct config_reader *reader, const struct config_key *key,
                          config_setting_t *setting, void *field);
bool config_take_number(struct config_reader *reader, const struct config_key *key,
                        config_setting_t *setting, void *field);
bool config_take_text(struct config_reader *reader, const struct config_key *key,
                      config_setting_t *setting, void *field);
bool config_take_path(struct config_reader *reader, const struct config_key *key,
                      config_setting_t *setting, void *field);
bool config_take_level(struct config_reader *reader, const struct config_key *key,
                       config_setting_t *setting, void *field);
bool config_take_asking(struct config_reader *reader, const struct config_key *key,
                        config_setting_t *setting, void *field);
bool config_take_timeout(struct config_reader *reader, const struct config_key *key,
                         config_setting_t *setting, void *field);
bool config_take_policy(struct config_reader *reader, const struct config_key *key,
                        config_setting_t *setting, void *field);
bool config_take_registration(struct config_reader *reader, const struct config_key *key,
                              config_setting_t *setting, void *field);
bool config_take_proxy_mode(struct config_reader *reader, const struct config_key *key,
                            config_setting_t *setting, void *field);
bool config_take_switch(struct config_reader *reader, const struct config_key *key,
                        config_setting_t *setting, void *field);
bool config_take_accept(struct config_reader *reader, const struct config_key *key,
                        config_setting_t *setting, void *field);
bool config_take_publishers(struct config_reader *reader, const struct config_key *key,
                            config_setting_t *setting, void *field);
bool config_take_quiet(struct config_reader *reader, const struct config_key *key,
                       config_setting_t *setting, void *field);
bool config_take_types(struct config_reader *reader, const struct config_key *key,
                       config_setting_t *setting, void *field);
bool config_take_momentary(struct config_reader *reader, const struct config_key *key,
                           config_setting_t *setting, void *field);
bool config_take_listen(struct config_reader *reader, const struct config_key *key,
                        config_setting_t *setting, void *field);
bool config_take_servers(struct config_reader *reader, const struct config_key *key,
                         config_setting_t *setting, void *field);
bool config_take_networks(struct config_reader *reader, const struct config_key *key,
                          config_setting_t *setting, void *field);
bool config_take_peers(struct config_reader *reader, const struct config_key *key,
                       config_setting_t *setting, void *field);
bool config_take_origins(struct config_reader *reader, const struct config_key *key,
                         config_setting_t *setting, void *field);
bool config_take_web_listen(struct config_reader *reader, const struct config_key *key,
                            config_setting_t *setting, void *field);
bool config_take_web_origins(struct config_reader *reader, const struct config_key *key,
                             config_setting_t *setting, void *field);
bool config_take_domains(struct config_reader *reader, const struct config_key *key,
                         config_setting_t *setting, void *field);
bool config_take_host(struct config_reader *reader, const struct config_key *key,
                      config_setting_t *setting, void *field);
bool config_take_aliases(struct config_reader *reader, const struct config_key *key,
                         config_setting_t *setting, void *field);
bool config_take_digests(struct config_reader *reader, const struct config_key *key,
                         config_setting_t *setting, void *field);
bool config_take_fixed(struct config_reader *reader, const struct config_key *key,
                       config_setting_t *setting, void *field);
bool config_take_deputies(struct config_reader *reader, const struct config_key *key,
                          config_setting_t *setting, void *field);
bool config_take_routes(struct config_reader *reader, const struct config_key *key,
                        config_setting_t *setting, void *field);
bool config_take_qop(struct config_reader *reader, const struct config_key *key,
                     config_setting_t *setting, void *field);

#endif
