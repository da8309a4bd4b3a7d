/* hosts_internal.h: the system's file of hosts, kept until it changes. */
#ifndef NET_HOSTS_INTERNAL_H
#define NET_HOSTS_INTERNAL_H

#include "base/log.h"
#include "net/address.h"

enum {
    HOSTS_BYTES_MAX = 4 << 20, /* of the file; what lies behind is not known */
    HOSTS_NAMES_MAX = 65536,
};

struct hosts;

/* Nothing is read before the first question. The path is borrowed. */
struct hosts *hosts_new(const char *path, struct log *log);
void hosts_free(struct hosts **hosts);

/* The addresses of a family (4 or 6) that the file gives a name (in lower case), in its order,
 * at most `most`; how many. A file that changed is read again; that is looked at once a second. */
unsigned hosts_find(struct hosts *hosts, uint64_t now_ms, struct bytes name, unsigned char family,
                    struct net_address *addresses, unsigned most);

#endif
