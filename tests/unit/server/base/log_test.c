/* log_test.c: one line an event, whatever is in it. */
#include "base/log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

static void read_file(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
}

static void make_path(char *path)
{
    int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    close(file);
}

START_TEST(a_peer_cannot_forge_a_line)
{
    char path[] = "/tmp/herald-log-XXXXXX", text[4096];
    make_path(path);
    struct log *log = log_open(path, LOG_INFO);
    log_write(log, LOG_WARNING, "front", "from=%s", "a\r\n2026 error\x1b[0m\\");
    log_write(log, LOG_DEBUG, "front", "not wanted");
    log_close(&log);
    ck_assert_ptr_null(log);
    read_file(path, text, sizeof(text));
    ck_assert_ptr_nonnull(
        strstr(text, "Z warning front: from=a\\x0d\\x0a2026 error\\x1b[0m\\x5c\n"));
    ck_assert_ptr_null(strstr(text, "not wanted"));
    ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
    unlink(path);
}
END_TEST

START_TEST(a_long_line_is_cut_and_ends)
{
    char path[] = "/tmp/herald-log-XXXXXX", text[8192], big[5000];
    make_path(path);
    memset(big, 'x', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    struct log *log = log_open(path, LOG_INFO);
    log_write(log, LOG_INFO, "net", "%s", big);
    log_close(&log);
    read_file(path, text, sizeof(text));
    ck_assert_uint_le(strlen(text), 1024);
    ck_assert_str_eq(text + strlen(text) - 4, "...\n");
    unlink(path);
}
END_TEST

START_TEST(reopening_follows_a_rotation)
{
    char path[] = "/tmp/herald-log-XXXXXX", moved[64], text[4096];
    make_path(path);
    snprintf(moved, sizeof(moved), "%s.1", path);
    struct log *log = log_open(path, LOG_INFO);
    log_write(log, LOG_INFO, "x", "before");
    ck_assert_int_eq(rename(path, moved), 0);
    log_write(log, LOG_INFO, "x", "between");
    ck_assert_int_eq(log_reopen(log), ERR_NONE);
    log_write(log, LOG_INFO, "x", "after");
    log_close(&log);
    read_file(moved, text, sizeof(text));
    ck_assert(strstr(text, "before") && strstr(text, "between") && !strstr(text, "after"));
    read_file(path, text, sizeof(text));
    ck_assert(strstr(text, "after") && !strstr(text, "before"));
    unlink(path);
    unlink(moved);
}
END_TEST

START_TEST(the_level_can_change_and_no_log_is_fine)
{
    char path[] = "/tmp/herald-log-XXXXXX";
    make_path(path);
    struct log *log = log_open(path, LOG_ERROR);
    ck_assert(!log_wants(log, LOG_WARNING));
    log_set_level(log, LOG_DEBUG);
    ck_assert(log_wants(log, LOG_DEBUG));
    log_close(&log);
    unlink(path);
    log_write(NULL, LOG_ERROR, "x", "nowhere");
    ck_assert(!log_wants(NULL, LOG_ERROR));
    ck_assert_ptr_null(log_open("/nonexistent/folder/herald.log", LOG_INFO));
}
END_TEST

UNIT_MAIN("log", a_peer_cannot_forge_a_line, a_long_line_is_cut_and_ends,
          reopening_follows_a_rotation, the_level_can_change_and_no_log_is_fine)
