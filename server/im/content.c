/* content.c: what kind of message this is. */
#include "im/content.h"

struct content content_read(const struct im_settings *settings, const struct sip_message *message)
{
    (void)settings;
    (void)message;
    return (struct content){0};
}

uint64_t content_expires_ms(const struct sip_message *message, uint64_t arrived_ms)
{
    (void)message;
    (void)arrived_ms;
    return UINT64_MAX;
}
