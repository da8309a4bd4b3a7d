/* im.h: instant messages (RFC 3428): MESSAGE, and OPTIONS for a user, go to every registered
 * contact. Nobody registered: 480. */
#ifndef IM_IM_H
#define IM_IM_H

#include "front/front.h"
#include "proxy/proxy.h"
#include "registrar/registrar.h"

struct im;

/* Registers MESSAGE, and OPTIONS for a user, with the front end. */
struct im *im_new(struct front *front, struct registrar *registrar, struct proxy *proxy);
void im_free(struct im **im);

#endif
