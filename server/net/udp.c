/* udp.c: datagrams, many at a time.
 *
 * In: recvmmsg(2) fills a slab of slots, each large enough for any datagram, so that nothing is
 * ever cut or copied; a slot's pages are touched only when a datagram is that long, and slots are
 * set off against each other by some cache lines, since equal distances of a power of two would
 * share the same few cache sets. Out: datagrams are copied one behind the other into the listener's
 * batch, which leaves with one sendmmsg(2) at the end of the turn, or sooner when it is full.
 *
 * Why not libuv's own UDP: it sends each datagram by itself (one system call and one request object
 * each), and its batched reading (UV_UDP_RECVMMSG) reads twenty at most at distances of 64 KiB.
 * With uv_poll both directions are one system call for up to some dozens of messages, and less
 * code.
 *
 * When the system takes no more, the batch is the bounded queue: it leaves when the socket is
 * writable, and what does not fit any more is lost, as on any full network; SIP sends it again. */
#include "net/loop_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "base/memory.h"
#include "net/stun.h"

enum {
    SLOTS = 32,
    CONTROL_BYTES = 64, /* a time stamp */
    SLOT_BYTES = 65536 + 13 * 64,
    ROUNDS = 4, /* of receiving in one turn, then others have theirs */
    BATCH_SEND = 64,
    BATCH_MAX = 256,
    BATCH_BYTES = 256 * 1024,
    LATE_MAX_MS = 3600 * 1000 /* what is more comes of the clock */
};

struct control {
    _Alignas(struct cmsghdr) char bytes[CONTROL_BYTES];
};

struct udp_slab {
    struct mmsghdr heads[SLOTS];
    struct control controls[SLOTS];
    struct iovec parts[SLOTS];
    struct sockaddr_in6 from[SLOTS];
    char *bytes;
};

struct batch {
    unsigned first, count; /* those before `first` have left */
    size_t used;
    struct mmsghdr heads[BATCH_MAX];
    struct iovec parts[BATCH_MAX];
    struct sockaddr_in6 to[BATCH_MAX];
    char bytes[BATCH_BYTES];
};

struct udp_slab *udp_slab_new(void)
{
    struct udp_slab *slab = memory_new(sizeof(*slab) + (size_t)SLOTS * SLOT_BYTES);
    slab->bytes = (char *)(slab + 1);
    for (unsigned i = 0; i < SLOTS; i++) {
        slab->parts[i].iov_base = slab->bytes + (size_t)i * SLOT_BYTES;
        slab->parts[i].iov_len = SLOT_BYTES;
        slab->heads[i].msg_hdr.msg_iov = &slab->parts[i];
        slab->heads[i].msg_hdr.msg_iovlen = 1;
        slab->heads[i].msg_hdr.msg_name = &slab->from[i];
        slab->heads[i].msg_hdr.msg_namelen = sizeof(slab->from[i]);
        slab->heads[i].msg_hdr.msg_control = slab->controls[i].bytes;
        slab->heads[i].msg_hdr.msg_controllen = CONTROL_BYTES;
    }
    return slab;
}

/* Line ends before a start line are ignored (RFC 3261 7.5); what consists of them, or of the zero
 * bytes that some phones send to keep a NAT open, is no message at all. */
static struct bytes datagram_message(struct bytes raw)
{
    size_t at = 0;
    while (at < raw.length && (raw.at[at] == '\r' || raw.at[at] == '\n' || raw.at[at] == '\0'))
        at++;
    return bytes_skip(raw, at);
}

/* Both clocks are the system's; when it is set meanwhile the answer is wrong once. */
unsigned udp_late_ms(const struct msghdr *datagram)
{
    struct timespec came, now;
    const struct cmsghdr *stamp = CMSG_FIRSTHDR(datagram);
    if (stamp == NULL || stamp->cmsg_level != SOL_SOCKET || stamp->cmsg_type != SO_TIMESTAMPNS ||
        stamp->cmsg_len < CMSG_LEN(sizeof(came)))
        return 0;
    memcpy(&came, CMSG_DATA(stamp), sizeof(came));
    (void)clock_gettime(CLOCK_REALTIME, &now); /* no system call on Linux */
    int64_t late_ms = ((int64_t)now.tv_sec - came.tv_sec) * 1000 +
                      ((int64_t)now.tv_nsec - came.tv_nsec) / 1000000;
    return late_ms > 0 && late_ms < LATE_MAX_MS ? (unsigned)late_ms : 0;
}

static bool udp_put(struct listener *listener, const struct net_address *remote, struct bytes head,
                    struct bytes body);

/* A keep-alive of RFC 5626 4.4.2, or somebody's idea of one. */
static void stun_take(struct listener *listener, const struct net_address *from, struct bytes raw)
{
    struct metrics *metrics = listener->loop->metrics;
    char answer[STUN_ANSWER_MAX];
    size_t length = stun_answer(raw, from, answer);
    metrics_count(metrics, length > 0 ? METRIC_stun_answered : METRIC_stun_dropped);
    if (length > 0)
        (void)udp_put(listener, from, bytes_from(answer, length), BYTES(""));
}

static void datagram_hand(struct listener *listener, const struct net_flow *flow,
                          struct msghdr *head, struct bytes raw)
{
    struct loop *loop = listener->loop;
    if (stun_is(raw)) {
        stun_take(listener, &flow->remote, raw);
        return;
    }
    raw = datagram_message(raw);
    if (raw.length == 0)
        return;
    metrics_count(loop->metrics, METRIC_messages_received);
    loop->datagram = head;
    if (loop->handler.message != NULL)
        loop->handler.message(loop->handler.context, flow, raw);
    loop->datagram = NULL;
}

static void datagram_take(struct listener *listener, struct udp_slab *slab, unsigned slot)
{
    struct bytes raw = {slab->parts[slot].iov_base, slab->heads[slot].msg_len};
    struct net_flow flow = {NET_UDP, listener->address, socket_address(&slab->from[slot]), 0};
    struct msghdr *head = &slab->heads[slot].msg_hdr;
    head->msg_namelen = sizeof(slab->from[slot]);
    if (flow.remote.family != 0 && flow.remote.port != 0)
        datagram_hand(listener, &flow, head, raw);
    head->msg_controllen = CONTROL_BYTES;
}

static void udp_receive(struct listener *listener)
{
    struct loop *loop = listener->loop;
    for (unsigned round = 0; round < ROUNDS; round++) {
        int got = recvmmsg(listener->fd, loop->slab->heads, SLOTS, MSG_DONTWAIT, NULL);
        if (got <= 0)
            return; /* nothing there, or an error of one datagram: the next event tells */
        loop_now(loop);
        for (int i = 0; i < got; i++)
            datagram_take(listener, loop->slab, (unsigned)i);
        if (got < SLOTS)
            return;
    }
}

static void batch_clear(struct batch *batch)
{
    batch->first = batch->count = 0;
    batch->used = 0;
}

static void listener_block(struct listener *listener, bool blocked)
{
    if (listener->blocked == blocked)
        return;
    listener->blocked = blocked;
    listener_watch(listener, blocked ? UV_READABLE | UV_WRITABLE : UV_READABLE);
}

/* Takes what sendmmsg said; false: no more can be sent now. */
static bool batch_sent(struct listener *listener, int sent)
{
    struct batch *batch = listener->batch;
    if (sent > 0) {
        batch->first += (unsigned)sent;
        return true;
    }
    if (errno == EINTR)
        return true;
    if (errno == EAGAIN)
        return false;
    /* the fault is of the first one alone: no route, a filter, no memory */
    metrics_count(listener->loop->metrics, METRIC_send_failures);
    batch->first++;
    return true;
}

void udp_flush(struct listener *listener)
{
    struct batch *batch = listener->batch;
    if (batch == NULL || batch->count == 0)
        return;
    while (batch->first < batch->count) {
        int sent = sendmmsg(listener->fd, batch->heads + batch->first, batch->count - batch->first,
                            MSG_DONTWAIT);
        if (!batch_sent(listener, sent)) {
            listener_block(listener, true);
            return;
        }
    }
    batch_clear(batch);
    listener_block(listener, false);
}

static bool batch_fits(const struct batch *batch, size_t length)
{
    return batch->count < BATCH_MAX && BATCH_BYTES - batch->used >= length;
}

static void batch_add(struct batch *batch, const struct net_address *remote, struct bytes head,
                      struct bytes body)
{
    unsigned i = batch->count++;
    char *at = batch->bytes + batch->used;
    memcpy(at, head.at, head.length);
    if (body.length > 0)
        memcpy(at + head.length, body.at, body.length);
    batch->used += head.length + body.length;
    batch->parts[i] = (struct iovec){at, head.length + body.length};
    batch->heads[i].msg_hdr =
        (struct msghdr){.msg_name = &batch->to[i], .msg_iov = &batch->parts[i], .msg_iovlen = 1};
    batch->heads[i].msg_hdr.msg_namelen = socket_system_address(remote, &batch->to[i]);
}

/* Puts a datagram into the batch; false: it is lost on the way, as datagrams may be. */
static bool udp_put(struct listener *listener, const struct net_address *remote, struct bytes head,
                    struct bytes body)
{
    size_t length = head.length + body.length;
    if (listener->batch == NULL)
        listener->batch = memory_new(sizeof(*listener->batch));
    if (!listener->blocked &&
        (listener->batch->count >= BATCH_SEND || !batch_fits(listener->batch, length)))
        udp_flush(listener);
    if (!batch_fits(listener->batch, length)) {
        metrics_count(listener->loop->metrics, METRIC_send_failures);
        return false;
    }
    batch_add(listener->batch, remote, head, body);
    return true;
}

enum err udp_send(struct listener *listener, const struct net_address *remote, struct bytes head,
                  struct bytes body)
{
    assert(listener->protocol == NET_UDP && head.length > 0);
    if (head.length > NET_DATAGRAM_MAX || body.length > NET_DATAGRAM_MAX - head.length ||
        remote->family != listener->address.family)
        return ERR_IO;
    if (udp_put(listener, remote, head, body))
        metrics_count(listener->loop->metrics, METRIC_messages_sent);
    return ERR_NONE;
}

void udp_ready(uv_poll_t *poll, int status, int events)
{
    struct listener *listener = poll->data;
    if (status < 0) {
        /* libuv stops at an error that waits at the socket: take it and go on */
        (void)socket_error(listener->fd);
        listener->blocked = false;
        listener_watch(listener, UV_READABLE);
        return;
    }
    if (events & UV_WRITABLE)
        udp_flush(listener);
    if (events & UV_READABLE)
        udp_receive(listener);
}
