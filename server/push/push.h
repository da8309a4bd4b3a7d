/* push.h: waking devices that sleep (RFC 8599): for each an HTTP POST to the gateway of its push
 * service, a small JSON object that says which device and why, and never what for:
 *
 *     {"provider":"apns","prid":"...","param":"...","aor":"alice@example.org",
 *      "instance":"urn:uuid:...","reason":"message"}
 *
 * The gateway does what the service wants (RFC 8599 5.1 leaves that open). A device is pushed once,
 * and again when it has come since, or after a pause. Who waits for devices is told when one cannot
 * be woken; that one came, the registrar tells. */
#ifndef PUSH_PUSH_H
#define PUSH_PUSH_H

#include "http/http.h"
#include "registrar/registrar.h"

struct push;

enum { PUSH_GATEWAYS_MAX = 16 };

struct push_gateway {
    const char *provider; /* value of pn-provider */
    const char *url;      /* http_url_is_good */
    const char *param;    /* of pn-param, when it is for that alone; NULL: any */
    const char *header;   /* "Authorization: Bearer ...", for the gateway; NULL: none */
};

struct push_settings {
    unsigned pause_s; /* between two pushes to a device that did not come; default 10 */
    bool notify;      /* news of subscriptions are worth one; default true */
    const struct push_gateway *gateways; /* outlive their use; the first that fits is taken */
    size_t gateway_count;
};
struct push_settings push_settings_default(void);

/* All of it outlives the push. */
struct push_parts {
    struct world *world;
    struct http *http;
    const struct registrar *registrar;
    struct log *log;
    struct metrics *metrics;
};

struct push *push_new(const struct push_parts *parts, const struct push_settings *settings);
void push_free(struct push **push);
void push_reload(struct push *push, const struct push_settings *settings);

enum push_reason {
    PUSH_MESSAGE, /* a message waits (RFC 3428) */
    PUSH_NOTIFY,  /* a subscription of the device has news */
    PUSH_CALL,    /* an INVITE */
    PUSH_REQUEST, /* another request */
    PUSH_REFRESH  /* its registration ends soon (RFC 8599 5.5) */
};

/* Wakes the devices of a user that are asleep; `instance` not NULL: that one (empty: those that say
 * none). Returns how many may come: pushed now, or a moment ago. */
unsigned push_wake(struct push *push, struct bytes aor, const struct bytes *instance,
                   enum push_reason reason);
/* The same of devices that did not answer: also by those whose connection seems to be there, for
 * the system of a phone keeps it while the program sleeps. */
unsigned push_wake_silent(struct push *push, struct bytes aor, const struct bytes *instance,
                          enum push_reason reason);
/* The same for one that is known. */
unsigned push_wake_sleeper(struct push *push, struct bytes aor,
                           const struct registrar_sleeper *sleeper, enum push_reason reason);

/* A device registered: when it sleeps again, it may be pushed at once. */
void push_device_came(struct push *push, struct bytes aor, const struct front_device *device);

/* Has `failed` called when the gateway did not take a push for a device of the user's. At start-up,
 * once. */
typedef void (*push_failed_fn)(void *context, struct bytes aor, struct bytes instance);
void push_watch_failed(struct push *push, push_failed_fn failed, void *context);

#endif
