/* im.h: instant messages (RFC 3428): MESSAGE goes to every registered contact of its user. */
#ifndef IM_IM_H
#define IM_IM_H

#include "front/front.h"
#include "proxy/proxy.h"

struct im;

/* Registers MESSAGE with the front end. */
struct im *im_new(struct front *front, struct proxy *proxy);
void im_free(struct im **im);

#endif
