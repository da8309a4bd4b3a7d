/* curl_dns_test.c: names that nobody resolves. The resolver is the test's own and hangs for as long
 * as the test wants; so is what becomes of a try. */
#include <netdb.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "http/curl_internal.h"
#include "unit.h"

static sem_t asked, go_on, tried;
static atomic_bool hangs; /* the answer to a try, too */
static struct http_try *last;

/* libcurl's threads call this one. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *req,
                struct addrinfo **pai)
{
    (void)service;
    (void)req;
    (void)pai;
    if (strstr(name, "silent") == NULL)
        return EAI_NONAME;
    sem_post(&asked);
    sem_wait(&go_on);
    return EAI_AGAIN;
}

void http_tried(struct http_try *try)
{
    last = try;
    sem_post(&tried);
    if (atomic_load(&hangs))
        sem_wait(&go_on);
}

static struct curl_thread *open_thread(void)
{
    char why[128] = "";
    ck_assert_int_eq(sem_init(&asked, 0, 0), 0);
    ck_assert_int_eq(sem_init(&go_on, 0, 0), 0);
    ck_assert_int_eq(sem_init(&tried, 0, 0), 0);
    struct curl_thread *thread = curl_thread_open(why, sizeof(why));
    ck_assert_msg(thread != NULL, "%s", why);
    return thread;
}

static struct http_try make_try(const char *url, unsigned timeout_ms)
{
    return (struct http_try){
        .url = url, .body = BYTES(""), .timeout_ms = timeout_ms, .answer_max_bytes = 16};
}

/* Its try is over after its time, and others go on meanwhile. */
START_TEST(a_silent_server_holds_up_nobody)
{
    struct curl_thread *thread = open_thread();
    struct http_try silent = make_try("http://silent.example/", 50);
    struct http_try other = make_try("http://other.example/", 60000);
    curl_thread_send(thread, &silent);
    sem_wait(&asked);
    sem_wait(&tried);
    ck_assert_ptr_eq(last, &silent);
    ck_assert_uint_eq(silent.status, 0);
    curl_thread_send(thread, &other);
    sem_wait(&tried);
    ck_assert_ptr_eq(last, &other);
    ck_assert(curl_thread_close(&thread));
    sem_post(&go_on);
}
END_TEST

/* The end of the server does not wait for it. */
START_TEST(the_end_while_one_is_silent)
{
    struct curl_thread *thread = open_thread();
    struct http_try silent = make_try("http://silent.example/", 600000);
    curl_thread_send(thread, &silent);
    sem_wait(&asked);
    ck_assert(curl_thread_close(&thread));
    ck_assert_ptr_null(thread);
    ck_assert_int_ne(sem_trywait(&tried), 0);
    sem_post(&go_on);
}
END_TEST

/* Whatever hangs, the end comes. */
START_TEST(the_end_of_a_thread_that_hangs)
{
    static struct http_try other;
    struct curl_thread *thread = open_thread();
    other = make_try("http://other.example/", 60000);
    atomic_store(&hangs, true);
    curl_thread_send(thread, &other);
    sem_wait(&tried);
    ck_assert(!curl_thread_close(&thread));
    ck_assert_ptr_null(thread);
}
END_TEST

UNIT_MAIN("curl_dns", a_silent_server_holds_up_nobody, the_end_while_one_is_silent,
          the_end_of_a_thread_that_hangs)
