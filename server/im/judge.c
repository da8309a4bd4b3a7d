/* judge.c: may this MESSAGE be taken? */
#include <stdlib.h>

#include "im_internal.h"

struct judge {
    struct front *front;
};

struct judge *judge_new(struct front *front)
{
    struct judge *judge = memory_new(sizeof(*judge));
    judge->front = front;
    return judge;
}

void judge_free(struct judge **judge)
{
    free(*judge);
    *judge = NULL;
}

enum judgement judge_message(struct judge *judge, const struct im_settings *settings,
                             struct front_request *request, const struct content *content)
{
    (void)judge;
    (void)settings;
    (void)request;
    (void)content;
    return JUDGE_PASS;
}

bool judge_consents(const struct judge *judge, const struct im_settings *settings,
                    const struct policy_watcher *sender, struct bytes receiver)
{
    (void)judge;
    (void)settings;
    (void)sender;
    (void)receiver;
    return false;
}
