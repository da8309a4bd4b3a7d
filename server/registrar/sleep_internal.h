/* sleep_internal.h: devices that sleep and can be woken by a push (RFC 8599). */
#ifndef REGISTRAR_SLEEP_INTERNAL_H
#define REGISTRAR_SLEEP_INTERNAL_H

#include "registrar/binding_internal.h"
#include "sip/message.h"

struct contacts;

/* The pn- parameters of a Contact's URI; empty when there are none. `asks`: there is a pn-provider,
 * perhaps without a value (RFC 8599 4.1.5). */
struct pn_parameters sleep_read(const struct sip_uri *uri);

/* True when what the parameters name can be woken: they are whole, and there is a gateway. */
bool sleep_is_served(const struct registrar_settings *settings, const struct pn_parameters *pn);

/* True when this binding's device can be woken by us: nothing stands between it and us. */
bool sleep_wakes(const struct registrar *registrar, const struct binding *binding);

/* True when it can, and there is no sign that it is awake: no connection of it lives, nor did it
 * register just now. */
bool sleep_is_asleep(const struct registrar *registrar, const struct binding *binding);

/* When the device of a binding has to be woken to refresh it (wall clock, RFC 8599 5.5);
 * UINT64_MAX: never, or it has been. And that: tells who watches of those whose time has come. */
uint64_t sleep_fades_ms(const struct registrar *registrar, const struct binding *binding);
void sleep_tell_fading(struct record *record);

/* 555 when a Contact wants to be woken by a service that we do not know (RFC 8599 5.6.1), and
 * nobody on the way does. */
struct verdict sleep_judge(const struct registrar_settings *settings,
                           const struct sip_message *request, struct contacts *contacts);

/* The Feature-Caps of the 200 (RFC 8599 5.4), one a service. */
void sleep_write_features(const struct registrar *registrar, struct buffer *out);

#endif
