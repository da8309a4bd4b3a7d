/* curl.c: a thread that makes the tries.
 *
 *     take letters -> let libcurl work -> give back what has ended -> wait for either
 *          ^                                                             |
 *          +-------------------------------------------------------------+
 *
 * libcurl's multi interface carries all of them on this one thread; curl_multi_wakeup, which any
 * thread may call, is the mailbox's bell. The thread touches nothing but its letters.
 *
 * Names are resolved by a thread of libcurl's each, which may hang for as long as a DNS server is
 * silent. Nobody waits for it: a transfer that ends before it lets it run out by itself. */
#include <assert.h>
#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <utlist.h>

#include "base/memory.h"
#include "http/curl_internal.h"
#include "http/place.h"

enum { POLL_MS = 60000, STATUS_LEAST = 100, CLOSE_MOST_S = 5 };

/* A try under way. */
struct transfer {
    struct transfer *prev, *next;
    struct http_try *try;
    CURL *easy;
    struct curl_slist *fields;
};

struct curl_thread {
    struct mailbox *box;
    CURLM *multi;
    pthread_t thread;
    struct letter stop;
    struct transfer *transfers;
    bool stopping; /* the thread's own */
};

static void ring(void *context)
{
    const struct curl_thread *thread = context;
    (void)curl_multi_wakeup(thread->multi);
}

/* One transfer. */

/* Keeps what fits and drops the rest: the status is what counts. */
static size_t take_body(char *data, size_t size, size_t count, void *context)
{
    struct http_try *try = context;
    size_t length = size * count, room = try->answer_max_bytes - try->answer_length;
    size_t kept = length < room ? length : room;
    if (kept > 0) {
        try->answer = memory_resize(try->answer, try->answer_length + kept);
        memcpy(try->answer + try->answer_length, data, kept);
        try->answer_length += kept;
    }
    return kept == length ? length : 0;
}

/* Whatever the name led to: the last address that is tried counts. */
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct http_try *try = context;
    (void)purpose;
    try->barred = place_of_address(&address->addr) != PLACE_ELSEWHERE;
    if (try->barred)
        return CURL_SOCKET_BAD;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* A connection that another try opened, which might go there, may be used again. */
static int judge_connection(void *context, char *there, char *here, int its_port, int our_port)
{
    struct http_try *try = context;
    (void)here, (void)its_port, (void)our_port;
    try->barred = place_of_host(bytes_of(there)) != PLACE_ELSEWHERE;
    return try->barred ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

static bool set_bars(const struct transfer *transfer)
{
    CURL *easy = transfer->easy;
    struct http_try *try = transfer->try;
    return !try->elsewhere ||
           (curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK &&
            curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, (void *)try) == CURLE_OK &&
            curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, judge_connection) == CURLE_OK &&
            curl_easy_setopt(easy, CURLOPT_PREREQDATA, (void *)try) == CURLE_OK);
}

/* False when libcurl does not know an option, or has no memory. */
static bool set_request(const struct transfer *transfer)
{
    CURL *easy = transfer->easy;
    const struct http_try *try = transfer->try;
    const char *body = try->body.at != NULL ? try->body.at : "";
    return curl_easy_setopt(easy, CURLOPT_URL, try->url) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_POST, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)try->body.length) ==
               CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->fields) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_USERAGENT, "Herald/" HERALD_VERSION) == CURLE_OK;
}

/* What is configured is what is connected to: no redirects, no proxy of the environment. */
static bool set_manners(const struct transfer *transfer)
{
    CURL *easy = transfer->easy;
    struct http_try *try = transfer->try;
    if (try->ca_file != NULL && curl_easy_setopt(easy, CURLOPT_CAINFO, try->ca_file) != CURLE_OK)
        return false;
    return curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)try->timeout_ms) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, (void *)try) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PRIVATE, (void *)transfer) == CURLE_OK;
}

/* "Expect:" asks for no 100 Continue, which would cost a round trip. */
static struct curl_slist *list_fields(const struct http_try *try)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    for (size_t i = 0; i < try->field_count && list != NULL; i++) {
        struct curl_slist *longer = curl_slist_append(list, try->fields[i]);
        if (longer == NULL)
            curl_slist_free_all(list);
        list = longer;
    }
    return list;
}

static void transfer_free(struct curl_thread *thread, struct transfer *transfer)
{
    DL_DELETE(thread->transfers, transfer);
    if (transfer->easy != NULL) {
        (void)curl_multi_remove_handle(thread->multi, transfer->easy);
        curl_easy_cleanup(transfer->easy);
    }
    curl_slist_free_all(transfer->fields);
    free(transfer);
}

static void fail(struct curl_thread *thread, struct transfer *transfer, const char *why)
{
    struct http_try *try = transfer->try;
    (void)snprintf(try->why, sizeof(try->why), "%s", why);
    try->status = 0;
    transfer_free(thread, transfer);
    http_tried(try);
}

static const char *why_not(const struct http_try *try, CURLcode result)
{
    if (try->barred)
        return "it leads to this host or its link, where this must not go";
    return result != CURLE_OK ? curl_easy_strerror(result) : "the answer has no status";
}

static void begin(struct curl_thread *thread, struct http_try *try)
{
    struct transfer *transfer = memory_new(sizeof(*transfer));
    transfer->try = try;
    DL_APPEND(thread->transfers, transfer);
    transfer->fields = list_fields(try);
    transfer->easy = curl_easy_init();
    if (transfer->fields == NULL || transfer->easy == NULL || !set_request(transfer) ||
        !set_manners(transfer) || !set_bars(transfer) ||
        curl_multi_add_handle(thread->multi, transfer->easy) != CURLM_OK)
        fail(thread, transfer, "libcurl does not take the request");
}

/* An answer that was longer than we keep is one all the same. */
static void finish(struct curl_thread *thread, struct transfer *transfer, CURLcode result)
{
    struct http_try *try = transfer->try;
    long status = 0;
    curl_off_t wait_s = 0;
    (void)curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &wait_s);
    if (status < STATUS_LEAST || (result != CURLE_OK && result != CURLE_WRITE_ERROR)) {
        fail(thread, transfer, why_not(try, result));
        return;
    }
    try->barred = false;
    try->status = (unsigned)status;
    try->retry_after_s = wait_s <= 0               ? 0
                         : wait_s > UINT32_MAX / 2 ? UINT32_MAX / 2
                                                   : (unsigned)wait_s;
    transfer_free(thread, transfer);
    http_tried(try);
}

/* The thread. */

static void take_letters(struct curl_thread *thread)
{
    struct letter *letter = mailbox_take(thread->box);
    while (letter != NULL) {
        struct letter *next = letter->next;
        if (letter == &thread->stop)
            thread->stopping = true;
        else if (!thread->stopping)
            begin(thread, (struct http_try *)(void *)letter);
        letter = next;
    }
}

static void give_back(struct curl_thread *thread)
{
    const CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(thread->multi, &left)) != NULL) {
        char *transfer = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode result = message->data.result;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        finish(thread, (struct transfer *)(void *)transfer, result);
    }
}

static void *run(void *context)
{
    struct curl_thread *thread = context;
    for (;;) {
        int running;
        take_letters(thread);
        if (thread->stopping)
            break;
        (void)curl_multi_perform(thread->multi, &running);
        give_back(thread);
        (void)curl_multi_poll(thread->multi, NULL, 0, POLL_MS, NULL);
    }
    while (thread->transfers != NULL)
        transfer_free(thread, thread->transfers);
    return NULL;
}

/* Signals are the reactor's. */
static int start(struct curl_thread *thread)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&thread->thread, NULL, run, thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

static void release(struct curl_thread *thread)
{
    mailbox_free(&thread->box);
    if (thread->multi != NULL)
        (void)curl_multi_cleanup(thread->multi);
    curl_global_cleanup();
    free(thread);
}

struct curl_thread *curl_thread_open(char *why, size_t why_size)
{
    assert(why != NULL);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        (void)snprintf(why, why_size, "libcurl cannot be used");
        return NULL;
    }
    struct curl_thread *thread = memory_new(sizeof(*thread));
    thread->box = mailbox_new(ring, thread);
    thread->multi = curl_multi_init();
    int error = thread->multi != NULL ? start(thread) : ENOMEM;
    if (error == 0)
        return thread;
    (void)snprintf(why, why_size, "cannot start a thread: %s: raise the limit of processes",
                   strerror(error));
    release(thread);
    return NULL;
}

static bool join(struct curl_thread *thread)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += CLOSE_MOST_S;
    return pthread_clockjoin_np(thread->thread, NULL, CLOCK_MONOTONIC, &until) == 0;
}

bool curl_thread_close(struct curl_thread **thread)
{
    struct curl_thread *old = *thread;
    if (old == NULL)
        return true;
    *thread = NULL;
    mailbox_post(old->box, &old->stop);
    if (!join(old)) {
        (void)pthread_detach(old->thread);
        return false;
    }
    release(old);
    return true;
}

void curl_thread_send(struct curl_thread *thread, struct http_try *try)
{
    mailbox_post(thread->box, &try->letter);
}
