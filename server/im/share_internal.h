/* share_internal.h: how many of the stored messages that nobody has taken are of one peer. */
#ifndef IM_SHARE_INTERNAL_H
#define IM_SHARE_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

struct inbox;

struct share_sum {
    size_t count, bytes;
};

void share_add(struct inbox *inbox, uint64_t peer_key, size_t size);
void share_remove(struct inbox *inbox, uint64_t peer_key, size_t size);
struct share_sum share_of(struct inbox *inbox, uint64_t peer_key);

#endif
