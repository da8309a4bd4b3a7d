/* nonce_test.c: nonces that are known again (RFC 7616 3.3). */
#include "sip/nonce.h"

#include "unit.h"

enum { NOW_MS = 1000000000 };

struct bench {
    struct digest_engine *engine;
    struct nonces nonces;
    char text[NONCE_LENGTH];
};

static void bench_init(struct bench *bench, const char *secret)
{
    bench->engine = digest_engine_new();
    nonces_init(&bench->nonces, bench->engine, bytes_of(secret), 7, 300);
}

static void bench_release(struct bench *bench)
{
    nonces_release(&bench->nonces);
    digest_engine_free(&bench->engine);
}

static struct bytes make(struct bench *bench, const char *realm, uint64_t time_ms)
{
    struct buffer out = buffer_over(bench->text, sizeof(bench->text));
    nonces_write(&bench->nonces, bytes_of(realm), time_ms, &out);
    ck_assert(!out.overflow && out.length == NONCE_LENGTH);
    return buffer_bytes(&out);
}

#define KNOWS(bench, realm, nonce, now_ms) \
    nonces_know(&(bench)->nonces, BYTES(realm), nonce, now_ms)

START_TEST(rfc7616_3_3_a_nonce_is_of_a_realm_and_a_time)
{
    struct bench bench;
    bench_init(&bench, "secret");
    struct bytes nonce = make(&bench, "example.org", NOW_MS);
    ck_assert(KNOWS(&bench, "example.org", nonce, NOW_MS));
    ck_assert_uint_eq(nonce_time_ms(nonce), NOW_MS);
    ck_assert(KNOWS(&bench, "example.org", nonce, NOW_MS + 300000));
    ck_assert(!KNOWS(&bench, "example.org", nonce, NOW_MS + 300001));
    ck_assert(KNOWS(&bench, "example.org", nonce, NOW_MS - NONCE_FUTURE_MS));
    ck_assert(!KNOWS(&bench, "example.org", nonce, NOW_MS - NONCE_FUTURE_MS - 1));
    ck_assert(!KNOWS(&bench, "example.net", nonce, NOW_MS));
    bench_release(&bench);
}
END_TEST

START_TEST(another_secret_makes_other_nonces)
{
    struct bench ours, theirs;
    bench_init(&ours, "secret");
    bench_init(&theirs, "another");
    ck_assert(!KNOWS(&ours, "example.org", make(&theirs, "example.org", NOW_MS), NOW_MS));
    bench_release(&ours);
    bench_release(&theirs);
}
END_TEST

START_TEST(a_renewed_secret_knows_nothing_of_before)
{
    struct bench bench, again;
    char before[NONCE_LENGTH];
    bench_init(&bench, "secret");
    bench_init(&again, "secret");
    struct bytes old = bytes_from(before, sizeof(before));
    memcpy(before, make(&bench, "example.org", NOW_MS).at, sizeof(before));
    for (int i = 0; i < 2; i++) {
        nonces_renew(&bench.nonces);
        ck_assert(!KNOWS(&bench, "example.org", old, NOW_MS));
        memcpy(before, make(&bench, "example.org", NOW_MS).at, sizeof(before));
        ck_assert(KNOWS(&bench, "example.org", old, NOW_MS));
        ck_assert(!KNOWS(&again, "example.org", old, NOW_MS));
    }
    bench_release(&bench);
    bench_release(&again);
}
END_TEST

START_TEST(each_character_counts)
{
    struct bench bench;
    char text[NONCE_LENGTH];
    bench_init(&bench, "secret");
    make(&bench, "example.org", NOW_MS);
    for (size_t i = 0; i < sizeof(text); i++) {
        memcpy(text, bench.text, sizeof(text));
        text[i] = text[i] == '0' ? '2' : '0';
        ck_assert(!KNOWS(&bench, "example.org", bytes_from(text, sizeof(text)), NOW_MS));
        text[i] = 'G';
        ck_assert(!KNOWS(&bench, "example.org", bytes_from(text, sizeof(text)), NOW_MS));
    }
    ck_assert(!KNOWS(&bench, "example.org", bytes_from(bench.text, NONCE_LENGTH - 1), NOW_MS));
    ck_assert(!KNOWS(&bench, "example.org", BYTES(""), NOW_MS));
    bench_release(&bench);
}
END_TEST

UNIT_MAIN("sip/nonce", rfc7616_3_3_a_nonce_is_of_a_realm_and_a_time,
          another_secret_makes_other_nonces, a_renewed_secret_knows_nothing_of_before,
          each_character_counts)
