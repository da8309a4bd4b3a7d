/* hosts_test.c: the system's file of hosts: what it says, and when it is read again. */
#include "net/hosts_internal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "unit.h"

struct bed {
    char path[64];
    struct hosts *hosts;
    uint64_t now_ms;
};

/* With this time of change, so that it is the test that says whether something changed. */
static void write_file(const struct bed *bed, const char *text, size_t length, time_t changed)
{
    int fd = open(bed->path, O_WRONLY | O_TRUNC | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, length), (ssize_t)length);
    const struct timespec times[2] = {{.tv_sec = changed}, {.tv_sec = changed}};
    ck_assert_int_eq(futimens(fd, times), 0);
    close(fd);
}

static void say(const struct bed *bed, const char *text, time_t changed)
{
    write_file(bed, text, strlen(text), changed);
}

static struct bed bed_open(void)
{
    struct bed bed = {.path = "/tmp/herald-hosts-XXXXXX", .now_ms = 5000};
    int fd = mkstemp(bed.path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    return bed;
}

static void bed_close(struct bed *bed)
{
    hosts_free(&bed->hosts);
    ck_assert_ptr_null(bed->hosts);
    unlink(bed->path);
}

static void begin(struct bed *bed)
{
    bed->hosts = hosts_new(bed->path, NULL);
}

/* "127.0.0.1 127.0.0.2": what it has of a family. */
static const char *found(struct bed *bed, const char *name, unsigned char family)
{
    static char text[512];
    struct net_address addresses[4];
    struct buffer out = buffer_over(text, sizeof(text) - 1);
    unsigned count = hosts_find(bed->hosts, bed->now_ms, bytes_of(name), family, addresses, 4);
    for (unsigned i = 0; i < count; i++) {
        if (i > 0)
            buffer_char(&out, ' ');
        ck_assert_uint_eq(addresses[i].port, 0);
        net_address_write_bare(&addresses[i], &out);
    }
    text[out.length] = '\0';
    return text;
}

START_TEST(what_it_says)
{
    struct bed bed = bed_open();
    say(&bed,
        "# the system's\n"
        "127.0.0.1\tlocalhost\n"
        "::1 localhost ip6-localhost\r\n"
        "  10.0.0.1  Proxy.Example proxy # proxy.old\n"
        "10.0.0.3 proxy.example\n"
        "10.0.0.2 proxy.example\n"
        "10.0.0.9#nobody\n"
        "fe80::1%lo0 link\n"
        "nonsense here\n"
        "\n"
        "10.0.0.4 last",
        1000);
    begin(&bed);
    ck_assert_str_eq(found(&bed, "localhost", 4), "127.0.0.1");
    ck_assert_str_eq(found(&bed, "localhost", 6), "::1");
    ck_assert_str_eq(found(&bed, "ip6-localhost", 6), "::1");
    ck_assert_str_eq(found(&bed, "ip6-localhost", 4), "");
    ck_assert_str_eq(found(&bed, "proxy.example", 4), "10.0.0.1 10.0.0.3 10.0.0.2");
    ck_assert_str_eq(found(&bed, "proxy", 4), "10.0.0.1");
    ck_assert_str_eq(found(&bed, "last", 4), "10.0.0.4");
    static const char *const unknown[] = {
        "proxy.old", "nobody", "link", "here", "proxy.exampl", "proxy.example.org", "", "zzz"};
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
        ck_assert_str_eq(found(&bed, unknown[i], 4), "");
    bed_close(&bed);
}
END_TEST

/* Names come from peers: however many, the file is read when it has changed alone. */
START_TEST(read_again_when_changed)
{
    struct bed bed = bed_open();
    char moved[80];
    say(&bed, "10.0.0.1 a\n", 1000);
    begin(&bed);
    ck_assert_str_eq(found(&bed, "a", 4), "10.0.0.1");
    say(&bed, "10.0.0.2 a\n", 1000); /* nothing shows that it is another one */
    bed.now_ms += 5000;
    ck_assert_str_eq(found(&bed, "a", 4), "10.0.0.1");
    say(&bed, "10.0.0.3 a\n", 1001); /* the time */
    bed.now_ms += 999;
    ck_assert_str_eq(found(&bed, "a", 4), "10.0.0.1"); /* looked at a moment ago */
    bed.now_ms += 1;
    ck_assert_str_eq(found(&bed, "a", 4), "10.0.0.3");
    say(&bed, "10.0.0.41 a\n", 1001); /* the size */
    bed.now_ms += 1000;
    ck_assert_str_eq(found(&bed, "a", 4), "10.0.0.41");
    snprintf(moved, sizeof(moved), "%s-new", bed.path); /* another file in its place */
    struct bed other = bed;
    memcpy(other.path, moved, sizeof(other.path));
    say(&other, "10.0.0.51 a\n", 1001);
    ck_assert_int_eq(rename(moved, bed.path), 0);
    bed.now_ms += 1000;
    ck_assert_str_eq(found(&bed, "a", 4), "10.0.0.51");
    bed_close(&bed);
}
END_TEST

START_TEST(not_always_there)
{
    struct bed bed = bed_open();
    unlink(bed.path);
    begin(&bed);
    ck_assert_str_eq(found(&bed, "a", 4), "");
    say(&bed, "10.0.0.1 a\n", 1000);
    bed.now_ms += 1000;
    ck_assert_str_eq(found(&bed, "a", 4), "10.0.0.1");
    unlink(bed.path);
    bed.now_ms += 1000;
    ck_assert_str_eq(found(&bed, "a", 4), "");
    say(&bed, "10.0.0.1 a\n", 1000); /* the same again */
    bed.now_ms += 1000;
    ck_assert_str_eq(found(&bed, "a", 4), "10.0.0.1");
    say(&bed, "", 1000);
    bed.now_ms += 1000;
    ck_assert_str_eq(found(&bed, "a", 4), "");
    bed_close(&bed);
}
END_TEST

/* Lists of thousands of blocked names are common; what is too much is not known. */
START_TEST(bounded)
{
    struct bed bed = bed_open();
    char *text = memory_new(HOSTS_BYTES_MAX + 100);
    struct buffer out = buffer_over(text, HOSTS_BYTES_MAX + 100);
    for (unsigned i = 0; i <= HOSTS_NAMES_MAX; i++)
        buffer_format(&out, "10.0.0.1 n%u\n", i);
    write_file(&bed, text, out.length, 1000);
    begin(&bed);
    ck_assert_str_eq(found(&bed, "n0", 4), "10.0.0.1");
    ck_assert_str_eq(found(&bed, "n65535", 4), "10.0.0.1");
    ck_assert_str_eq(found(&bed, "n65536", 4), "");
    out.length = 0;
    buffer_text(&out, "10.0.0.1 first\n#");
    memset(text + out.length, '-', HOSTS_BYTES_MAX);
    memcpy(text + HOSTS_BYTES_MAX - 16, "\n10.0.0.2 cut.short\n", 20);
    write_file(&bed, text, HOSTS_BYTES_MAX + 4, 1001);
    bed.now_ms += 1000;
    ck_assert_str_eq(found(&bed, "first", 4), "10.0.0.1");
    ck_assert_str_eq(found(&bed, "cut.sh", 4), "");
    ck_assert_str_eq(found(&bed, "cut.short", 4), "");
    bed_close(&bed);
    free(text);
}
END_TEST

UNIT_MAIN("net/hosts", what_it_says, read_again_when_changed, not_always_there, bounded)
