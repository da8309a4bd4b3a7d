/* hosts.c: the system's file of hosts in memory.
 *
 *     question --a second after the last look--> stat --other than what was read--> read, sort
 *        +-----------------------------------------+-----------------------------------+--> search
 *
 * Operators edit the file while we run, so it cannot be read once; names come from peers, so it
 * must not be read for each. The text is kept whole, the names are slices of it, sorted; those of
 * one name stay in the file's order. */
#include "net/hosts_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/memory.h"

enum { LOOK_MS = 1000 };

struct host {
    struct bytes name; /* of the text, lower case */
    struct net_address address;
};

struct hosts {
    const char *path;
    struct log *log;
    uint64_t look_ms; /* not again before */
    struct stat seen; /* of the file that was read; all zero: none */
    char *text;
    struct host *names;
    size_t count, room;
};

struct hosts *hosts_new(const char *path, struct log *log)
{
    struct hosts *hosts = memory_new(sizeof(*hosts));
    hosts->path = path;
    hosts->log = log;
    return hosts;
}

static void forget(struct hosts *hosts)
{
    free(hosts->text);
    free(hosts->names);
    hosts->text = NULL;
    hosts->names = NULL;
    hosts->count = hosts->room = 0;
}

void hosts_free(struct hosts **hosts)
{
    struct hosts *old = *hosts;
    *hosts = NULL;
    if (old == NULL)
        return;
    forget(old);
    free(old);
}

/* Reading. */

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

/* The next word of a line; false: there is none. */
static bool take_word(struct bytes *line, struct bytes *word)
{
    size_t start = 0, end;
    while (start < line->length && is_space(line->at[start]))
        start++;
    end = start;
    while (end < line->length && !is_space(line->at[end]))
        end++;
    *word = bytes_from(line->at + start, end - start);
    *line = bytes_skip(*line, end);
    return end > start;
}

/* False: there are too many. */
static bool add(struct hosts *hosts, struct bytes name, const struct net_address *address)
{
    if (hosts->count == HOSTS_NAMES_MAX)
        return false;
    if (hosts->count == hosts->room) {
        hosts->room = hosts->room > 0 ? 2 * hosts->room : 16;
        hosts->names = memory_resize(hosts->names, hosts->room * sizeof(*hosts->names));
    }
    hosts->names[hosts->count++] = (struct host){name, *address};
    return true;
}

/* "127.0.0.1 localhost here # that is us". A line that does not begin with an address says nothing.
 */
static bool take_line(struct hosts *hosts, struct bytes line)
{
    struct bytes word, text = bytes_split(&line, '#');
    struct net_address address;
    if (!take_word(&text, &word) || !net_address_parse(word, 0, &address))
        return true;
    while (take_word(&text, &word))
        if (!add(hosts, word, &address))
            return false;
    return true;
}

static int name_order(struct bytes a, struct bytes b)
{
    int by_text = memcmp(a.at, b.at, a.length < b.length ? a.length : b.length);
    return by_text != 0 ? by_text : (a.length > b.length) - (a.length < b.length);
}

/* By name, and those of one name as they lie in the file. */
static int compare(const void *a, const void *b)
{
    struct bytes one = ((const struct host *)a)->name, two = ((const struct host *)b)->name;
    int by_name = name_order(one, two);
    return by_name != 0 ? by_name : (one.at > two.at) - (one.at < two.at);
}

/* `cut`: the file has more. */
static void take_text(struct hosts *hosts, size_t length, bool cut)
{
    while (cut && length > 0 && hosts->text[length - 1] != '\n')
        length--;
    for (size_t i = 0; i < length; i++)
        hosts->text[i] = ascii_lower(hosts->text[i]);
    struct bytes rest = bytes_from(hosts->text, length);
    bool fits = true;
    while (fits && !bytes_empty(rest))
        fits = take_line(hosts, bytes_split(&rest, '\n'));
    if (cut || !fits)
        log_write(hosts->log, LOG_WARNING, "net",
                  "%s is too long: only its first %zu names are known here; blocked names are "
                  "better kept by a name server",
                  hosts->path, hosts->count);
    if (hosts->count > 0)
        qsort(hosts->names, hosts->count, sizeof(*hosts->names), compare);
}

static void read_file(struct hosts *hosts, FILE *file)
{
    if (fstat(fileno(file), &hosts->seen) != 0)
        return;
    bool cut = hosts->seen.st_size > HOSTS_BYTES_MAX;
    size_t size = cut ? (size_t)HOSTS_BYTES_MAX : (size_t)hosts->seen.st_size;
    hosts->text = memory_new(size);
    take_text(hosts, fread(hosts->text, 1, size, file), cut);
}

static bool is_seen(const struct hosts *hosts, const struct stat *now)
{
    const struct stat *seen = &hosts->seen;
    return seen->st_dev == now->st_dev && seen->st_ino == now->st_ino &&
           seen->st_size == now->st_size && seen->st_mtim.tv_sec == now->st_mtim.tv_sec &&
           seen->st_mtim.tv_nsec == now->st_mtim.tv_nsec;
}

static void look(struct hosts *hosts)
{
    struct stat now;
    if (stat(hosts->path, &now) == 0 && is_seen(hosts, &now))
        return;
    forget(hosts);
    hosts->seen = (struct stat){0};
    FILE *file = fopen(hosts->path, "re");
    if (file == NULL)
        return;
    read_file(hosts, file);
    (void)fclose(file);
}

/* Finding. */

/* The first one that is not before the name. */
static size_t place_of(const struct hosts *hosts, struct bytes name)
{
    size_t low = 0, high = hosts->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (name_order(hosts->names[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

unsigned hosts_find(struct hosts *hosts, uint64_t now_ms, struct bytes name, unsigned char family,
                    struct net_address *addresses, unsigned most)
{
    unsigned count = 0;
    assert(family == 4 || family == 6);
    if (now_ms >= hosts->look_ms) {
        hosts->look_ms = now_ms + LOOK_MS;
        look(hosts);
    }
    for (size_t i = place_of(hosts, name); i < hosts->count && count < most; i++) {
        if (!bytes_equal(hosts->names[i].name, name))
            break;
        if (hosts->names[i].address.family == family)
            addresses[count++] = hosts->names[i].address;
    }
    return count;
}
