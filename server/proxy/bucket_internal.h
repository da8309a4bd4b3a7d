/* bucket_internal.h: requests that wait for a device to wake (RFC 8599). */
#ifndef PROXY_BUCKET_INTERNAL_H
#define PROXY_BUCKET_INTERNAL_H

#include "proxy/proxy_internal.h"

/* bucket.c: keeps a request for which nobody is there, when a device can be woken; false: it cannot
 * wait. How it goes on then: */
struct holding {
    enum plan_manner manner;
    bool no_cancel;
    bool joins; /* devices that are woken may join it */
    uint64_t loop_key;
};
bool bucket_hold(struct proxy *proxy, struct front_request *request, const struct holding *holding);
void bucket_end_all(struct proxy *proxy);

#endif
