/* memory_test.c: allocation that ends the process rather than fail. */
#include "base/memory.h"

#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

/* The sanitizers would end the process themselves; the failure is ours to see. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "allocator_may_return_null=1";
}

START_TEST(new_memory_is_zeroed_and_grows)
{
    unsigned char *memory = memory_new(100);
    for (int i = 0; i < 100; i++)
        ck_assert_uint_eq(memory[i], 0);
    memset(memory, 7, 100);
    memory = memory_resize(memory, 10000);
    for (int i = 0; i < 100; i++)
        ck_assert_uint_eq(memory[i], 7);
    free(memory);
}
END_TEST

START_TEST(nothing_is_still_an_allocation)
{
    void *none = memory_new(0);
    ck_assert_ptr_nonnull(none);
    none = memory_resize(none, 0);
    ck_assert_ptr_nonnull(none);
    free(none);
}
END_TEST

START_TEST(a_copy_has_a_nul_behind_it)
{
    char *copy = memory_copy(BYTES("a\0b")), *empty = memory_copy(bytes_of(NULL));
    ck_assert_mem_eq(copy, "a\0b", 4);
    ck_assert_str_eq(empty, "");
    free(copy);
    free(empty);
}
END_TEST

/* What a child process that runs out of memory says on its standard error, and how it ended. */
static int run_out(bool resize, char *text, size_t size)
{
    int ends[2], status = 0;
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        void *memory = resize ? memory_resize(NULL, SIZE_MAX / 4) : memory_new(SIZE_MAX / 4);
        _exit(memory != NULL ? 1 : 0);
    }
    close(ends[1]);
    size_t length = 0;
    for (ssize_t got; (got = read(ends[0], text + length, size - 1 - length)) > 0;)
        length += (size_t)got;
    text[length] = '\0';
    close(ends[0]);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return status;
}

START_TEST(without_memory_the_process_says_so_and_ends)
{
    static char text[65536];
    for (int resize = 0; resize < 2; resize++) {
        int status = run_out(resize != 0, text, sizeof(text));
        ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
        ck_assert_ptr_nonnull(strstr(text, "herald: out of memory (4611686018427387903 bytes"));
    }
}
END_TEST

UNIT_MAIN("memory", new_memory_is_zeroed_and_grows, nothing_is_still_an_allocation,
          a_copy_has_a_nul_behind_it, without_memory_the_process_says_so_and_ends)
