/* sieve.c: datagrams that are dropped before we read them.
 *
 * To read a request and to tell its sender 503 costs a good part of what it would cost to serve it,
 * so a server that is asked for several times what it can do would do little but refuse. It may
 * drop instead (RFC 3261 21.5.4), and the system does that before a datagram costs us anything: by
 * a filter at the socket (classic BPF), which knows chance. Whoever sent it tries again after T1.
 *
 *     REGISTER, PUBLISH, MESSAGE ----------------------------> chance: dropped, or let in
 *     SUBSCRIBE sip:...@name (a dialog's goes to our Contact,
 *         which is an address) ------------------------------> chance
 *     all else (it may go on inside a dialog, or answer us),
 *         and what is too strange to tell -------------------> let in
 */
#include <assert.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>

#include "net/loop_internal.h"

enum {
    WHOLE = 1000,
    HEAD = 8,        /* of UDP: the filter sees it */
    LEAST = 128,     /* bytes: no request is shorter */
    USER_FIRST = 14, /* behind "SUBSCRIBE sip:" */
    USER_LAST = 96,  /* an '@' behind that is not looked for */
    STEPS_MAX = 512
};

struct sieve {
    unsigned short length;
    struct sock_filter steps[STEPS_MAX];
};

/* `yes` and `no`: how many of the next steps to pass over. */
static void step(struct sieve *sieve, unsigned code, uint32_t k, unsigned yes, unsigned no)
{
    assert(sieve->length < STEPS_MAX && yes < 256 && no < 256);
    sieve->steps[sieve->length++] =
        (struct sock_filter){(unsigned short)code, (unsigned char)yes, (unsigned char)no, k};
}

static void step_let_in(struct sieve *sieve)
{
    step(sieve, BPF_RET | BPF_K, UINT32_MAX, 0, 0);
}

enum { CHANCE_STEPS = 4 };

static void step_chance(struct sieve *sieve, unsigned thousandths)
{
    const uint32_t bound = (uint32_t)((uint64_t)UINT32_MAX * thousandths / WHOLE);
    step(sieve, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_RANDOM), 0, 0);
    step(sieve, BPF_JMP | BPF_JGE | BPF_K, bound, 1, 0);
    step(sieve, BPF_RET | BPF_K, 0, 0, 0);
    step_let_in(sieve);
}

static uint32_t word(const char *method)
{
    const unsigned char *text = (const unsigned char *)method;
    return (uint32_t)text[0] << 24 | (uint32_t)text[1] << 16 | (uint32_t)text[2] << 8 | text[3];
}

static void step_method(struct sieve *sieve, unsigned thousandths)
{
    step(sieve, BPF_LD | BPF_W | BPF_LEN, 0, 0, 0);
    step(sieve, BPF_JMP | BPF_JGE | BPF_K, HEAD + LEAST, 1, 0);
    step_let_in(sieve);
    step(sieve, BPF_LD | BPF_W | BPF_ABS, HEAD, 0, 0);
    step(sieve, BPF_JMP | BPF_JEQ | BPF_K, word("REGISTER"), 4, 0);
    step(sieve, BPF_JMP | BPF_JEQ | BPF_K, word("PUBLISH"), 3, 0);
    step(sieve, BPF_JMP | BPF_JEQ | BPF_K, word("MESSAGE"), 2, 0);
    step(sieve, BPF_JMP | BPF_JEQ | BPF_K, word("SUBSCRIBE"), 1 + CHANCE_STEPS, 0);
    step_let_in(sieve);
    step_chance(sieve, thousandths);
}

/* Goes on with the place of the '@' of the Request-URI in X; lets in what has none. */
static void step_find_host(struct sieve *sieve)
{
    enum { EACH = 4 };
    for (uint32_t i = USER_FIRST; i < USER_LAST; i++) {
        step(sieve, BPF_LD | BPF_B | BPF_ABS, HEAD + i, 0, 0);
        step(sieve, BPF_JMP | BPF_JEQ | BPF_K, '@', 0, 2);
        step(sieve, BPF_LDX | BPF_W | BPF_IMM, HEAD + i, 0, 0);
        step(sieve, BPF_JMP | BPF_JA, (USER_LAST - 1 - i) * EACH + 1, 0, 0);
    }
    step_let_in(sieve);
}

/* Lets in what goes to an address: "@192.0.2.1" or "@[2001:db8::1]". */
static void step_address(struct sieve *sieve)
{
    step(sieve, BPF_LD | BPF_B | BPF_IND, 1, 0, 0);
    step(sieve, BPF_JMP | BPF_JEQ | BPF_K, '[', 2, 0);
    step(sieve, BPF_JMP | BPF_JGT | BPF_K, '9', 2, 0);
    step(sieve, BPF_JMP | BPF_JGE | BPF_K, '0', 0, 1);
    step_let_in(sieve);
}

static void socket_filter(int fd, unsigned thousandths)
{
    struct sieve sieve = {0};
    int nothing = 0;
    step_method(&sieve, thousandths);
    step_find_host(&sieve);
    step_address(&sieve);
    step_chance(&sieve, thousandths);
    const struct sock_fprog program = {sieve.length, sieve.steps};
    if (thousandths > 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
    else
        (void)setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &nothing, sizeof(nothing));
}

/* What the system has dropped since the last look. */
static void count_unread(struct listener *listener)
{
    uint32_t memory[SK_MEMINFO_VARS] = {0};
    socklen_t size = sizeof(memory);
    if (getsockopt(listener->fd, SOL_SOCKET, SO_MEMINFO, memory, &size) != 0)
        return;
    uint32_t dropped = memory[SK_MEMINFO_DROPS];
    metrics_add(listener->loop->metrics, METRIC_datagrams_unread, dropped - listener->dropped);
    listener->dropped = dropped;
}

void sieve_set(struct loop *loop, unsigned thousandths)
{
    assert(thousandths < WHOLE);
    for (size_t i = 0; i < loop->listener_count; i++) {
        if (loop->listeners[i]->protocol != NET_UDP)
            continue;
        count_unread(loop->listeners[i]);
        socket_filter(loop->listeners[i]->fd, thousandths);
    }
}
