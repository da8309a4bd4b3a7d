/* news.c: who wants to know what becomes of messages. */
#include "message_internal.h"

void im_watch_news(struct im *im, void (*tell)(void *context, const struct im_news *news),
                   void *context)
{
    assert(tell != NULL && im->engine->tell == NULL);
    im->engine->tell = tell;
    im->engine->tell_context = context;
}

static bool is_news(const struct message *message, const struct delivery *delivery)
{
    bool out = delivery != NULL && delivery->device->whom == STORE_TO_PEER;
    return message->kind != STORE_NOTICE && !message->carbon &&
           (message->kind != STORE_SENT || delivery == NULL || out);
}

static void tell(const struct message *message, struct im_news news)
{
    const struct engine *engine = message->inbox->im->engine;
    news.serial = message->serial;
    news.owner = message->inbox->aor;
    news.peer = message->peer;
    news.sent = message->kind == STORE_SENT;
    if (engine->tell != NULL)
        engine->tell(engine->tell_context, &news);
}

void news_tell(const struct message *message, enum im_fate fate, const struct delivery *delivery)
{
    if (!is_news(message, delivery))
        return;
    bool device = delivery != NULL && delivery->device->whom != STORE_TO_PEER;
    tell(message,
         (struct im_news){.fate = fate, .device = device ? delivery->device->name : BYTES("")});
}

void news_tell_failed(const struct message *message, unsigned status)
{
    if (is_news(message, NULL))
        tell(message, (struct im_news){.fate = IM_FAILED, .status = status});
}
