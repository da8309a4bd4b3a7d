/* share.c: how many of the messages that wait for a user, and that nobody has, are of one peer.
 *
 * As long as fewer wait altogether than one peer may have, nobody asks. The first who asks has them
 * counted; from then on the counts are kept, until nothing is owed any more. */
#include "message_internal.h"
#include "share_internal.h"

struct share {
    UT_hash_handle hh;
    uint64_t peer_key;
    struct share_sum sum;
};

static struct share *find(const struct inbox *inbox, uint64_t peer_key)
{
    struct share *found;
    HASH_FIND_BYHASHVALUE(hh, inbox->shares, &peer_key, sizeof(peer_key), (unsigned)peer_key,
                          found); /* it is a keyed hash itself */
    return found;
}

static void add(struct inbox *inbox, uint64_t peer_key, size_t size)
{
    struct share *share = find(inbox, peer_key);
    if (share == NULL) {
        share = memory_new(sizeof(*share));
        share->peer_key = peer_key;
        HASH_ADD_BYHASHVALUE(hh, inbox->shares, peer_key, sizeof(peer_key), (unsigned)peer_key,
                             share);
    }
    share->sum.count++;
    share->sum.bytes += size;
}

void share_add(struct inbox *inbox, uint64_t peer_key, size_t size)
{
    if (inbox->shares != NULL)
        add(inbox, peer_key, size);
}

void share_remove(struct inbox *inbox, uint64_t peer_key, size_t size)
{
    struct share *share = find(inbox, peer_key);
    if (share == NULL)
        return;
    assert(share->sum.count > 0 && share->sum.bytes >= size);
    share->sum.bytes -= size;
    if (--share->sum.count > 0)
        return;
    HASH_DELETE(hh, inbox->shares, share);
    free(share);
}

struct share_sum share_of(struct inbox *inbox, uint64_t peer_key)
{
    const struct message *message;
    if (inbox->shares == NULL) {
        DL_FOREACH(inbox->messages, message)
        {
            if (message->burdens)
                add(inbox, message->peer_key, message->size);
        }
    }
    const struct share *share = find(inbox, peer_key);
    return share != NULL ? share->sum : (struct share_sum){0, 0};
}
