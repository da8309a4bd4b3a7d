/* repeats.c: POSTs that may be sent twice (Idempotency-Key, draft-ietf-httpapi-idempotency-key).
 *
 *     key of the same caller and path: new      -> it runs, its answer is kept
 *                                      running  -> 409
 *                                      answered -> the same answer; another body: 422
 *
 * What is kept is bounded by number, size and age, and the oldest gives way: who repeats that one
 * has it done again. A token is shown once:
 * of its making only the key is kept, and who repeats it is told so (409). An answer of the
 * server's own failure (5xx) is not kept: it may be tried again. A call that the reactor did not
 * answer in time keeps its key until it has ended. */
#include <openssl/evp.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/table.h"
#include "web/web_internal.h"

enum { KEPT_MS = 600000, REPEATS_MAX = 1000, REPEATS_MAX_BYTES = 8 << 20, KEY_MAX = 255 };

struct web_repeat {
    unsigned char key[WEB_DIGEST_BYTES], body[WEB_DIGEST_BYTES];
    UT_hash_handle hh;
    struct web_repeat *doomed; /* the next of those that are to be freed */
    bool running;
    bool secret; /* the answer was for once */
    uint64_t until_ms;
    unsigned status;
    const char *type;
    char *text, *location; /* NULL: none */
    size_t length;
};

static void digest_of(const struct bytes *parts, size_t count,
                      unsigned char digest[WEB_DIGEST_BYTES])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_DigestInit_ex(context, EVP_sha256(), NULL);
    for (size_t i = 0; i < count; i++) {
        EVP_DigestUpdate(context, &parts[i].length, sizeof(parts[i].length));
        EVP_DigestUpdate(context, parts[i].at != NULL ? parts[i].at : "", parts[i].length);
    }
    EVP_DigestFinal_ex(context, digest, NULL);
    EVP_MD_CTX_free(context);
}

static void repeats_free_all(struct web_repeat *repeat)
{
    while (repeat != NULL) {
        struct web_repeat *next = repeat->doomed;
        free(repeat->text);
        free(repeat->location);
        free(repeat);
        repeat = next;
    }
}

/* Out of the table, before others that are to be freed. */
static struct web_repeat *take_out(struct web *web, struct web_repeat *repeat,
                                   struct web_repeat *others)
{
    HASH_DEL(web->repeats, repeat);
    web->repeat_bytes -= repeat->length;
    repeat->doomed = others;
    return repeat;
}

static bool has_room(const struct web *web)
{
    return HASH_COUNT(web->repeats) <= REPEATS_MAX && web->repeat_bytes <= REPEATS_MAX_BYTES;
}

/* Those that run stay: they are not more than there are calls. */
static void make_room(struct web *web)
{
    uint64_t now_ms = web_now_ms();
    struct web_repeat *repeat, *next, *doomed = NULL; /* the oldest first: so the table is walked */
    HASH_ITER(hh, web->repeats, repeat, next)
    {
        bool early = repeat->until_ms > now_ms;
        if (early && has_room(web))
            break;
        if (repeat->running)
            continue;
        web->counts[WEB_COUNT_REPEATS_FORGOTTEN] += early;
        doomed = take_out(web, repeat, doomed);
    }
    repeats_free_all(doomed);
}

static void add(struct web_call *call, const unsigned char *key, const unsigned char *body)
{
    struct web *web = call->web;
    struct web_repeat *repeat = memory_new(sizeof(*repeat));
    memcpy(repeat->key, key, WEB_DIGEST_BYTES);
    memcpy(repeat->body, body, WEB_DIGEST_BYTES);
    repeat->running = true;
    repeat->until_ms = web_now_ms() + KEPT_MS;
    TABLE_ADD(web->repeats, repeat->key, WEB_DIGEST_BYTES, web->seed, repeat);
    call->repeat = repeat;
    make_room(web);
}

static void answer_again(struct web_call *call, const struct web_repeat *repeat,
                         const unsigned char *body)
{
    if (memcmp(repeat->body, body, WEB_DIGEST_BYTES) != 0) {
        web_problem(call, 422, "idempotency-key", "Idempotency-Key",
                    "this key came with another body before; take a new key for a new request");
    } else if (repeat->running) {
        web_problem(call, 409, "running", "Idempotency-Key",
                    "the request with this key is still being answered; ask again in a second");
        web_answer_field(call, "Retry-After", BYTES("1"));
    } else if (repeat->secret) {
        web_problem(call, 409, "shown-once", "Idempotency-Key",
                    "the token of this key was made, and shown once; when that answer was lost, "
                    "revoke the token (GET /api/v1/tokens lists it) and make another with a new "
                    "key");
    } else {
        web_answer_text(call, repeat->status, repeat->type,
                        bytes_from(repeat->text, repeat->length));
        if (repeat->location != NULL)
            web_answer_field(call, "Location", bytes_of(repeat->location));
        web_answer_field(call, "Idempotency-Replayed", BYTES("true"));
    }
}

bool web_repeats_begin(struct web_call *call)
{
    struct bytes given = web_field(call, "Idempotency-Key");
    unsigned char key[WEB_DIGEST_BYTES], body[WEB_DIGEST_BYTES];
    struct web *web = call->web;
    struct web_repeat *repeat;
    if (call->method != WEB_POST || bytes_empty(given))
        return true;
    if (given.length > KEY_MAX) {
        web_problem(call, 400, "idempotency-key", "Idempotency-Key",
                    "the key must not be longer than %d characters", KEY_MAX);
        return false;
    }
    const struct bytes parts[] = {call->who, call->target, given}, content = web_content(call);
    digest_of(parts, 3, key);
    digest_of(&content, 1, body);
    web_lock(web);
    make_room(web);
    TABLE_FIND(web->repeats, key, WEB_DIGEST_BYTES, web->seed, repeat);
    if (repeat == NULL)
        add(call, key, body);
    else
        answer_again(call, repeat, body);
    web_unlock(web);
    return repeat == NULL;
}

static bool is_for_once(const struct web_call *call)
{
    return call->endpoint->area == WEB_TOKENS && call->status == 201;
}

static void keep(struct web_call *call, struct web_repeat *repeat, struct bytes text)
{
    const struct web_pair *location = pairs_find(&call->more, BYTES("Location"));
    repeat->running = false;
    repeat->secret = is_for_once(call);
    if (repeat->secret)
        return;
    repeat->status = call->status;
    repeat->type = call->type;
    repeat->text = memory_copy(text);
    repeat->length = text.length;
    if (location != NULL)
        repeat->location = memory_copy(location->value);
    call->web->repeat_bytes += text.length;
}

void web_repeats_settle(struct web_call *call)
{
    struct web *web = call->web;
    if (call->repeat == NULL)
        return;
    bool good = call->status != 0 && call->status < 500;
    struct bytes text = good ? answer_text(call) : BYTES("");
    web_lock(web);
    if (good)
        keep(call, call->repeat, text);
    else
        repeats_free_all(take_out(web, call->repeat, NULL));
    call->repeat = NULL;
    make_room(web);
    web_unlock(web);
}

void web_repeats_free(struct web *web)
{
    struct web_repeat *repeat, *next, *doomed = NULL;
    HASH_ITER(hh, web->repeats, repeat, next)
    {
        doomed = take_out(web, repeat, doomed);
    }
    repeats_free_all(doomed);
}
